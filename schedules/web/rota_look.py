"""What a new rota would say, before it is there: the first turns, everybody's share, the gaps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from schedules.commands import Outcome
from schedules.domain.resolver import spans
from schedules.domain.windows import Interval
from schedules.web.foretold import looked
from schedules.web.gap import SHOWN, said

FIRST = timedelta(days=28)
TURNS = 8


@dataclass(frozen=True, slots=True)
class Share:
    """How often the same people serve in the time that was looked at."""

    who: str
    shifts: int
    total: timedelta


@dataclass(frozen=True, slots=True)
class RotaLook:
    turns: list[tuple[datetime, datetime, str]]
    shares: list[Share]
    new_gaps: list[Interval]
    more_gaps: int
    uncovered: timedelta
    twice: list[tuple[str, datetime]]
    days: int
    cut: bool


def rota_look(outcome: Outcome) -> RotaLook:
    found, people = outcome.preview, outcome.people
    first = spans(outcome.after, found.start, min(found.end, found.start + FIRST))
    # Before the first hand-off nobody was promised anything.
    waits = bool(first) and not first[0].users
    gaps = [gap for gap in found.gaps if not (waits and gap[0] == found.start)]
    return RotaLook(
        turns=[(one.start, one.end, _names(one.users, people)) for one in first[waits:][:TURNS]],
        shares=[
            Share(_names(sorted(line.after), people), line.shifts, line.total)
            for line in found.lines
            if line.after
        ][: 4 * SHOWN],
        **said(gaps),
        twice=[(people[user].name, since) for user, since in outcome.twice.items()],
        **looked(outcome),
    )


def _names(users: tuple[int, ...] | list[int], people: dict[int, User]) -> str:
    return " and ".join(people[user].name for user in users if user in people)
