"""How sure we are that a person can be woken: proven, never proven, or not at all. Pure.

A way that nobody has verified is used all the same: a page that may get lost is better than none.
It is only not counted upon: whoever has no other is named wherever coverage is looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from notifications.domain.words import Channel


class Reach(StrEnum):
    """PROVEN: a code came back, or a message was seen to arrive, on a way that is switched on.

    MUTE: ways are switched on, and nothing leaves by any: their channels are not set up here.
    """

    PROVEN = "proven"
    UNPROVEN = "unproven"
    MUTE = "mute"
    NONE = "none"


DEAF = frozenset({Reach.MUTE, Reach.NONE})


@dataclass(frozen=True, slots=True)
class Way:
    """A contact method as far as this matters; `proven`: verified, or seen to work;
    `served`: messages leave by its channel."""

    channel: str
    enabled: bool
    proven: bool
    served: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one person; `lacking`: of MUTE, the channels that somebody has to set up."""

    reach: Reach
    lacking: tuple[str, ...] = ()

    @property
    def is_deaf(self) -> bool:
        return self.reach in DEAF


NOTHING = Known(Reach.NONE)


def reach_of(ways: Iterable[Way]) -> Known:
    """What is known of one person. The bell reaches nobody."""
    usable = [way for way in ways if way.enabled and way.channel != Channel.IN_APP]
    if not usable:
        return NOTHING
    served = [way for way in usable if way.served]
    if not served:
        return Known(Reach.MUTE, tuple(dict.fromkeys(way.channel for way in usable)))
    return Known(Reach.PROVEN if any(way.proven for way in served) else Reach.UNPROVEN)
