"""Round robin: whose turn it is among the members of a team, and who was passed over why. Pure.

The order is that of the people's primary keys, and the turn goes to the first who can take it
behind whoever had it last. Somebody who is away misses the turn and does not owe it; whoever
joins or leaves moves nobody else. Where all who could take it have only ways that are not set up,
one of them has it all the same: a turn that may stay unheard is better than none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.domain.phrase import Phrase, joined, mark

NAMED = 3


class Absence(StrEnum):
    """Why somebody cannot take a turn, as the reason says it of them."""

    DISABLED = mark("is disabled")
    NO_TEAM_PAGES = mark("is not paged with the team")
    AWAY = mark("is away")
    UNREACHABLE = mark("cannot be reached")
    MUTE = mark("has only ways that are not set up here")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the ring; `absence` None: can take the turn."""

    id: int
    name: str
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is (None: nobody's), and whom it passed over on the way."""

    member: Member | None
    passed: tuple[Member, ...] = ()


def next_turn(members: Sequence[Member], last: int) -> Turn:
    """The turn after `last` (the primary key of whoever had it; 0: nobody yet)."""
    ring = sorted(members, key=lambda member: (member.id <= last, member.id))
    able = None if any(member.absence is None for member in ring) else Absence.MUTE
    for place, member in enumerate(ring):
        if member.absence is able:
            return Turn(replace(member, absence=None), tuple(ring[:place]))
    return Turn(None, tuple(ring))


def in_words(turn: Turn) -> Phrase:
    """ "in turn; Ana is away, Ben cannot be reached"."""
    passed = turn.passed
    said = [joined(" ", [one.name, Phrase(str(one.absence))]) for one in passed[:NAMED]]
    if len(passed) > NAMED:
        said.append(Phrase("{count} more cannot either", count=len(passed) - NAMED))
    return joined("; ", [Phrase("in turn"), joined(", ", said)] if said else [Phrase("in turn")])
