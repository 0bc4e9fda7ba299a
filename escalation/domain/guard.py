"""Whether a policy always reaches somebody, and not always the same one. Pure; from spans."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from escalation.domain.conditions import ALWAYS, Case, Condition, refusal
from notifications.domain.words import Urgency
from schedules.domain.guard import Found, Kind, Look, holes_found, person_found
from schedules.domain.windows import Interval, united, without

People = frozenset[int]
# Who is meant from when on, in order; what is before the first is nobody.
Timeline = Sequence[tuple[datetime, People]]

SEVERAL = 2
OF_URGENCY = {
    Urgency.HIGH: Kind.NOBODY_HIGH,
    Urgency.MEDIUM: Kind.NOBODY_MEDIUM,
    Urgency.LOW: Kind.NOBODY_LOW,
}


@dataclass(frozen=True, slots=True)
class Rung:
    """A step: the timelines of its targets, when its support hours let it fire (None: always)."""

    lines: Sequence[Timeline]
    when: Condition = ALWAYS
    fires: Sequence[Interval] | None = None

    def masked(self, look: Look) -> list[Timeline]:
        if self.fires is None:
            return list(self.lines)
        shut = without([(look.start, look.end)], list(self.fires))
        return [_without(line, shut, look) for line in self.lines]


def rungs_findings(
    rungs: Sequence[Rung], look: Look, low: Sequence[Interval] | None = None
) -> list[Found]:
    """Those of `policy_findings`, and the urgencies for which nobody is reached at other times.

    An incident without a priority is looked at: monitoring sets none. `low`: when LOW is paged
    at all, None: always.
    """
    steps = [rung.masked(look) for rung in rungs]
    found = policy_findings(steps, look)
    if not any(rung.when.urgencies or rung.when.priorities for rung in rungs):
        return found
    for urgency, kind in OF_URGENCY.items():
        case = Case(urgency)
        own = [
            lines
            for rung, lines in zip(rungs, steps, strict=True)
            if not refusal(rung.when, case, look.now)
        ]
        holes = without(_nobody(own, look), _nobody(steps, look))
        if urgency is Urgency.LOW and low is not None:
            holes = without(holes, without([(look.start, look.end)], list(low)))
        found += holes_found(kind, united(holes), look)
    return found


def _nobody(steps: Sequence[Sequence[Timeline]], look: Look) -> list[Interval]:
    lines = [line for step in steps for line in step]
    return united([(start, end) for start, end, people in pieces(lines, look) if not people])


def _without(line: Timeline, shut: Sequence[Interval], look: Look) -> Timeline:
    """The timeline, and nobody while it is shut."""
    changes: list[tuple[datetime, People]] = []
    for start, end, people in pieces([line], look):
        inside = without([(start, end)], list(shut))
        edges = {start: frozenset[int](), **{high: frozenset[int]() for _, high in inside}}
        edges |= dict.fromkeys((low for low, _ in inside), people)
        changes += sorted(edges.items(), key=lambda change: change[0])
    return changes


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
