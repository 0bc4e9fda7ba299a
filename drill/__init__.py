"""`make drill`: the product is broken from outside while events flow, and nothing may be lost."""
