"""What a change would mean: who is on call instead of whom, from when, and where nobody is.

Compares two schedules over a period. Nothing is stored and no order of people counts: two answers
are the same when the same people are on call.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schedules.domain.model import Schedule, Span, UserId
from schedules.domain.resolver import spans
from schedules.domain.windows import Interval, united, without

HORIZON = timedelta(days=365)

People = frozenset[UserId]


@dataclass(frozen=True, slots=True)
class Difference:
    """`after` instead of `before` through all of [start, end)."""

    start: datetime
    end: datetime
    before: People
    after: People


@dataclass(frozen=True, slots=True)
class Line:
    """All differences between the same people: how many, from when on, how long together."""

    before: People
    after: People
    first: datetime
    shifts: int
    total: timedelta


@dataclass(frozen=True, slots=True)
class Preview:
    """`new_gaps`: nobody after, somebody before. `ended_gaps`: the other way round."""

    start: datetime
    end: datetime
    differences: tuple[Difference, ...]
    new_gaps: tuple[Interval, ...]
    ended_gaps: tuple[Interval, ...]
    gaps: tuple[Interval, ...]

    @property
    def lines(self) -> list[Line]:
        """Return what changes, the earliest first."""
        grouped: dict[tuple[People, People], list[Difference]] = {}
        for one in self.differences:
            grouped.setdefault((one.before, one.after), []).append(one)
        return [
            Line(
                before,
                after,
                found[0].start,
                len(found),
                sum((one.end - one.start for one in found), timedelta()),
            )
            for (before, after), found in grouped.items()
        ]


def compare(before: Schedule, after: Schedule, start: datetime, end: datetime) -> Preview:
    """Return what differs in `[start, end)`; one sweep over each schedule."""
    old, new = spans(before, start, end), spans(after, start, end)
    known, gaps = _gaps(old), _gaps(new)
    return Preview(
        start,
        end,
        tuple(_differences(old, new)),
        tuple(without(gaps, known)),
        tuple(without(known, gaps)),
        tuple(gaps),
    )


def new_gaps(before: Schedule, after: Schedule, start: datetime, end: datetime) -> list[Interval]:
    """Return when nobody is on call after a change, but somebody was before it."""
    gaps = _gaps(spans(after, start, end))
    return without(gaps, _gaps(spans(before, start, end))) if gaps else []


def twice_named(schedule: Schedule, start: datetime, end: datetime) -> dict[UserId, datetime]:
    """Return who is named by two layers of one priority at the same time, and since when.

    Such a person is on call once all the same; a second one was meant, most likely.
    """
    found: dict[UserId, datetime] = {}
    levels: dict[int, list[Schedule]] = {}
    for layer in schedule.layers:
        alone = Schedule(schedule.id, schedule.zone, (layer,))
        levels.setdefault(layer.priority, []).append(alone)
    for rows in levels.values():
        for index, one in enumerate(rows[:-1]):
            for other in rows[index + 1 :]:
                if _people(one) & _people(other):
                    _note_shared(one, other, start, end, found)
    return found


def _note_shared(
    one: Schedule,
    other: Schedule,
    start: datetime,
    end: datetime,
    found: dict[UserId, datetime],
) -> None:
    for at, _, ours, theirs in _side_by_side(spans(one, start, end), spans(other, start, end)):
        for user in ours & theirs:
            found[user] = min(at, found.get(user, at))


def _people(schedule: Schedule) -> People:
    return frozenset(
        user
        for layer in schedule.layers
        for version in layer.versions
        for slot in version.rotation.slots
        for user in slot
    )


def _differences(old: Sequence[Span], new: Sequence[Span]) -> list[Difference]:
    """Neighbours that differ in the same way are one difference."""
    found: list[Difference] = []
    for start, end, before, after in _side_by_side(old, new):
        if before == after:
            continue
        last = found[-1] if found else None
        if last and (last.end, last.before, last.after) == (start, before, after):
            found[-1] = Difference(last.start, end, before, after)
        else:
            found.append(Difference(start, end, before, after))
    return found


def _side_by_side(
    old: Sequence[Span], new: Sequence[Span]
) -> Iterator[tuple[datetime, datetime, People, People]]:
    """Yield both answers of each stretch in which neither changes; both tile the same period."""
    left = right = 0
    while left < len(old) and right < len(new):
        one, other = old[left], new[right]
        end = min(one.end, other.end)
        yield max(one.start, other.start), end, frozenset(one.users), frozenset(other.users)
        left += one.end == end
        right += other.end == end


def _gaps(answers: Sequence[Span]) -> list[Interval]:
    return united([(one.start, one.end) for one in answers if not one.on_call])
