"""Round robin: whose turn it is among the members of a team, and who was passed over why. Pure.

The order is that of the people's primary keys, and the turn goes to the first who can take it
behind whoever had it last. Somebody who is away misses the turn and does not owe it; whoever
joins or leaves moves nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

NAMED = 3


class Absence(StrEnum):
    """Why somebody cannot take a turn, as the reason says it of them."""

    DISABLED = "is disabled"
    NO_TEAM_PAGES = "is not paged with the team"
    AWAY = "is away"
    UNREACHABLE = "cannot be reached"


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
    for place, member in enumerate(ring):
        if member.absence is None:
            return Turn(member, tuple(ring[:place]))
    return Turn(None, tuple(ring))


def in_words(turn: Turn) -> str:
    """ "in turn; Ana is away, Ben cannot be reached"."""
    passed = turn.passed
    said = [f"{member.name} {member.absence}" for member in passed[:NAMED]]
    if len(passed) > NAMED:
        said.append(f"{len(passed) - NAMED} more cannot either")
    return "; ".join(["in turn", ", ".join(said)] if said else ["in turn"])
