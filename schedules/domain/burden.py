"""How much a shift asks of a person who serves already: double duty, and long runs without rest."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from schedules.domain.model import Schedule, UserId
from schedules.domain.resolver import spans
from schedules.domain.windows import Interval, united

LONG_RUN = timedelta(hours=24)


def duty(schedule: Schedule, user: UserId, start: datetime, end: datetime) -> list[Interval]:
    """Return when a person is on call within `[start, end)`, in order, neighbours merged."""
    found = spans(schedule, start, end)
    return united([(one.start, one.end) for one in found if user in one.users])


def common(intervals: Iterable[Interval], start: datetime, end: datetime) -> list[Interval]:
    """Return what of `intervals` lies within `[start, end)`."""
    cut = [(max(low, start), min(high, end)) for low, high in intervals]
    return [(low, high) for low, high in cut if low < high]


def run_around(intervals: Iterable[Interval], start: datetime, end: datetime) -> Interval:
    """Return the unbroken duty that `[start, end)` becomes part of when it is added."""
    whole = united([*intervals, (start, end)])
    return next((low, high) for low, high in whole if low <= start and end <= high)


def long_run(intervals: Iterable[Interval], start: datetime, end: datetime) -> timedelta | None:
    """Return the length of that run if it is longer than LONG_RUN, and than the shift itself."""
    low, high = run_around(intervals, start, end)
    length = high - low
    return length if length > LONG_RUN and length > end - start else None
