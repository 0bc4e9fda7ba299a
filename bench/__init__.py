"""`make bench`: the product measured from outside, through real processes and sockets."""
