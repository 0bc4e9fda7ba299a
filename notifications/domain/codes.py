"""Codes that prove an address: what they look like, how long and how often they may be tried. Pure.

Six digits and five tries: whoever guesses is right once in 200,000 codes, and codes are rationed.
"""

from datetime import datetime, timedelta
from enum import StrEnum

DIGITS = 6
TRIES = 5
LIFETIME = timedelta(minutes=10)


class Verdict(StrEnum):
    """What a typed code turned out to be."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"  # too old, tried too often, for another address, or never sent


def written(number: int) -> str:
    """The code of a number below 10 ** DIGITS."""
    return f"{number:0{DIGITS}d}"


def typed(text: str) -> str:
    """What a person typed, without the gaps that phones and people put in between."""
    return "".join(text.split()).replace("-", "")


def still_good(*, expires_at: datetime, tries_left: int, same_address: bool, now: datetime) -> bool:
    """Whether a code may be tried at all."""
    return same_address and tries_left > 0 and now < expires_at
