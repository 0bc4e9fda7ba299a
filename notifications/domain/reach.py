"""How sure we are that a person can be woken: proven, never proven, or not at all. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from notifications.domain.words import Channel


class Reach(StrEnum):
    """PROVEN: a provider has accepted something for one of the ways that are switched on."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Way:
    """A contact method as far as this matters."""

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
