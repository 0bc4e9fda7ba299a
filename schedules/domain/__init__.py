"""Who is on call, as pure arithmetic on wall clocks: no Django, no clock, no stored position."""
