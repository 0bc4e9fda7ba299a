"""A preview in words: "From Mon 30 Mar, 09:00 Bob instead of Alice, 14 shifts"."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from schedules.commands import Outcome
from schedules.domain.overlap import Overlap, Standing
from schedules.domain.preview import HORIZON
from schedules.domain.windows import Interval
from schedules.web.gap import SHOWN, said


@dataclass(frozen=True, slots=True)
class ChangeLine:
    first: datetime
    text: str
    shifts: int
    total: timedelta


@dataclass(frozen=True, slots=True)
class Foretold:
    """What the form shows of a change; `more` lines and gaps are counted, not listed."""

    lines: list[ChangeLine]
    more: int
    shifts: int
    new_gaps: list[Interval]
    more_gaps: int
    uncovered: timedelta
    closed_gaps: int
    gaps: int
    twice: list[tuple[str, datetime]]
    overlaps: list[tuple[str, datetime]]
    united: bool
    days: int
    cut: bool


def foretold(outcome: Outcome) -> Foretold:
    found, people = outcome.preview, outcome.people
    lines = [
        ChangeLine(line.first, _instead(line.before, line.after, people), line.shifts, line.total)
        for line in found.lines
    ]
    gaps = list(found.new_gaps)
    return Foretold(
        lines=lines[:SHOWN],
        more=len(lines[SHOWN:]),
        shifts=len(found.differences),
        **said(gaps),
        closed_gaps=len(found.ended_gaps),
        gaps=len(found.gaps),
        twice=[(_name(people, user), since) for user, since in outcome.twice.items()],
        overlaps=[(_who_answers(one), one.since) for one in outcome.overlaps],
        united=any(one.standing == Standing.EQUAL for one in outcome.overlaps),
        **looked(outcome),
    )


def looked(outcome: Outcome) -> dict[str, int]:
    """How far ahead was looked: `days`, and whether that was `cut`."""
    span = outcome.preview.end - outcome.preview.start
    return {"days": span.days, "cut": span < HORIZON}


def _who_answers(one: Overlap) -> str:
    if one.standing == Standing.EQUAL:
        return f"{one.name} has the same priority ({one.priority}): both answer together"
    if one.standing == Standing.ABOVE:
        return f"{one.name} has the higher priority ({one.priority}): it answers, not this layer"
    return f"{one.name} has a lower priority ({one.priority}): this layer answers, not that one"


def _instead(before: Iterable[int], after: Iterable[int], people: dict[int, User]) -> str:
    coming, going = _names(after, people), _names(before, people)
    if not coming:
        return f"nobody instead of {going}"
    return f"{coming} instead of {going}" if going else f"{coming} where nobody was"


def _names(users: Iterable[int], people: dict[int, User]) -> str:
    return " and ".join(sorted(_name(people, user) for user in users))


def _name(people: dict[int, User], user: int) -> str:
    return people[user].name if user in people else "somebody"
