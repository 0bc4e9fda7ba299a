"""Vendors that stand on 127.0.0.1: they speak the wire format and fail when they are told to."""
