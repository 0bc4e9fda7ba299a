"""Duty of people who are away: where the two meet, and who could serve instead."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schedules.domain.model import LayerVersion, Schedule, Span, UserId
from schedules.domain.walltime import resolve
from schedules.domain.windows import Interval, united

SURROUNDING = timedelta(days=15)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Conflict:
    """`user` is on call in `[start, end)` and away all through it."""

    user: UserId
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Cover:
    """Somebody who is free in the time of a conflict.

    `duty`: time on call in the 15 days before and after it. `back_to_back`: the person serves
    right before or right after.
    """

    user: UserId
    duty: timedelta
    back_to_back: bool


def period(
    first: date,
    last: date,
    zone: ZoneInfo,
    opens: time | None = None,
    closes: time | None = None,
) -> Interval:
    """Return the time from the start of `first`, or `opens`, to the end of `last`, or `closes`.

    Days and clock times are those of `zone`. `last` is at most the year 9998.
    """
    end = datetime.combine(last, closes) if closes else datetime.combine(last + _DAY, time())
    return resolve(datetime.combine(first, opens or time()), zone), resolve(end, zone)


def duties(spans: Iterable[Span]) -> dict[UserId, list[Interval]]:
    """Return when each person of the spans is on call, without seams, in order."""
    found: dict[UserId, list[Interval]] = {}
    for span in spans:
        for user in span.users:
            found.setdefault(user, []).append((span.start, span.end))
    return {user: united(intervals) for user, intervals in found.items()}


def conflicts(spans: Iterable[Span], away: Mapping[UserId, Sequence[Interval]]) -> list[Conflict]:
    """Return all duty of people who are away, the earliest first.

    One conflict per unbroken duty and unbroken absence. `away` need not be in order and may
    overlap.
    """
    found = [
        Conflict(user, start, end)
        for user, intervals in duties(spans).items()
        for start, end in common(intervals, united(list(away.get(user, ()))))
    ]
    return sorted(found, key=lambda one: (one.start, one.end, one.user))


def covers(
    conflict: Conflict,
    spans: Iterable[Span],
    candidates: Iterable[UserId],
    away: Mapping[UserId, Sequence[Interval]],
) -> list[Cover]:
    """Return who of the candidates is neither on call nor away in the time of the conflict.

    Whoever does not serve right before or after comes first, then whoever serves least in the
    surrounding days. `spans` should reach SURROUNDING beyond the conflict on both sides.
    """
    start, end = conflict.start, conflict.end
    served = duties(spans)
    found = []
    for user in sorted(set(candidates) - {conflict.user}):
        own = served.get(user, [])
        if _meets(own, start, end) or _meets(away.get(user, ()), start, end):
            continue
        touches = any(closes == start or opens == end for opens, closes in own)
        around = common(own, [(start - SURROUNDING, end + SURROUNDING)])
        found.append(Cover(user, _sum(around), touches))
    return sorted(found, key=lambda one: (one.back_to_back, one.duty, one.user))


def candidates(schedule: Schedule, start: datetime, end: datetime) -> set[UserId]:
    """Return everybody who takes turns by a rule in force within `[start, end)`, if active."""
    people = {
        user
        for layer in schedule.layers
        for version in layer.versions
        if _in_force(version, start, end)
        for slot in version.rotation.slots
        for user in slot
    }
    return people - schedule.inactive


def named(schedule: Schedule) -> set[UserId]:
    """Return everybody whom a rule or an override may bring on call."""
    people = {
        user
        for layer in schedule.layers
        for version in layer.versions
        for slot in version.rotation.slots
        for user in slot
    }
    return people | {one.incoming for one in schedule.overrides if one.incoming is not None}


def common(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """Return where two lists, each in order and without overlaps, have time in common."""
    return list(_common(one, other))


def _common(one: Sequence[Interval], other: Sequence[Interval]) -> Iterator[Interval]:
    left, right = 0, 0
    while left < len(one) and right < len(other):
        start = max(one[left][0], other[right][0])
        end = min(one[left][1], other[right][1])
        if start < end:
            yield start, end
        if one[left][1] <= other[right][1]:
            left += 1
        else:
            right += 1


def _meets(intervals: Iterable[Interval], start: datetime, end: datetime) -> bool:
    return any(opens < end and closes > start for opens, closes in intervals)


def _sum(intervals: Iterable[Interval]) -> timedelta:
    return sum((end - start for start, end in intervals), timedelta())


def _in_force(version: LayerVersion, start: datetime, end: datetime) -> bool:
    begun = version.valid_from is None or version.valid_from < end
    return begun and (version.valid_to is None or version.valid_to > start)
