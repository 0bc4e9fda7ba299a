"""How sure we are that a person can be woken: proven, never proven, or not at all. Pure.

A way that nobody has verified is used all the same: a page that may get lost is better than none.
It is only not counted upon: whoever has no other is named wherever coverage is looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from notifications.domain.words import Channel


class Reach(StrEnum):
    """PROVEN: a code came back, or a message was seen to arrive, on a way that is switched on."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Way:
    """A contact method as far as this matters; `proven`: verified, or seen to work."""

    channel: str
    enabled: bool
    proven: bool


def reach_of(ways: Iterable[Way], *, has_mail: bool) -> Reach:
    """What is known of one person. The bell reaches nobody.

    `has_mail`: the account has an address, which counts as a way while no e-mail row says else.
    """
    rows = [way for way in ways if way.channel != Channel.IN_APP]
    usable = [way for way in rows if way.enabled]
    if any(way.proven for way in usable):
        return Reach.PROVEN
    implied = has_mail and all(way.channel != Channel.EMAIL for way in rows)
    return Reach.UNPROVEN if usable or implied else Reach.NONE
