"""Whether a policy always reaches somebody, and not always the same one. Pure; from spans."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from schedules.domain.guard import Found, Kind, Look, holes_found, person_found
from schedules.domain.windows import Interval, united

People = frozenset[int]
# Who is meant from when on, in order; what is before the first is nobody.
Timeline = Sequence[tuple[datetime, People]]

SEVERAL = 2


def policy_findings(steps: Sequence[Sequence[Timeline]], look: Look) -> list[Found]:
    """`steps`: for each step the timelines of its targets over the look.

    REACHES_NOBODY: no target of any step means anybody. SINGLE_POINT: there are several steps,
    and whichever of them page somebody page the same one person.
    """
    nobody: list[Interval] = []
    alone: dict[int, list[Interval]] = {}
    for start, end, everyone in pieces([line for step in steps for line in step], look):
        if not everyone:
            nobody.append((start, end))
        elif len(everyone) == 1 and len(steps) >= SEVERAL:
            alone.setdefault(next(iter(everyone)), []).append((start, end))
    found = holes_found(Kind.REACHES_NOBODY, united(nobody), look)
    for user, intervals in alone.items():
        found += person_found(Kind.SINGLE_POINT, user, united(intervals), look)
    return found


def pieces(
    timelines: Sequence[Timeline], look: Look
) -> Iterator[tuple[datetime, datetime, People]]:
    """Everybody who is meant by any timeline, piece by piece through the whole look."""
    changes = sorted(_changes(timelines, look), key=lambda one: one[0])
    meant: list[People] = [frozenset()] * len(timelines)
    at = look.start
    for when, line, people in changes:
        if when > at:
            yield at, when, frozenset().union(*meant)
            at = when
        meant[line] = people
    if at < look.end:
        yield at, look.end, frozenset().union(*meant)


def _changes(timelines: Sequence[Timeline], look: Look) -> Iterable[tuple[datetime, int, People]]:
    for line, changes in enumerate(timelines):
        for when, people in changes:
            if when < look.end:
                yield max(when, look.start), line, people
