"""Restriction windows (D4): is one open at an instant, and when are they open in a period."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.domain.model import Restriction
from schedules.domain.walltime import Reading, resolve, to_local

Interval = tuple[datetime, datetime]

_DAY = timedelta(days=1)
# In the second pass of a fold that spans midnight, a window of "tomorrow" may have begun.
_AHEAD_IN_FOLD = 2


def is_open(restrictions: tuple[Restriction, ...], reading: Reading) -> bool:
    """Say whether any window is open; a window lost in a gap of the clock never is."""
    return any(_is_one_open(one, reading) for one in restrictions)


def open_windows(
    restrictions: tuple[Restriction, ...], zone: ZoneInfo, start: datetime, end: datetime
) -> list[Interval]:
    """Return the united windows that touch `[start, end)`, in UTC and in order."""
    found: list[Interval] = []
    for one in restrictions:
        found.extend(_occurrences(one, zone, start, end))
    return united(found)


def united(intervals: list[Interval]) -> list[Interval]:
    """Merge intervals that overlap or touch."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def without(intervals: list[Interval], taken: list[Interval]) -> list[Interval]:
    """Return what is left of ordered `intervals` when ordered `taken` is cut out."""
    left: list[Interval] = []
    for start, end in intervals:
        at = start
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if at < low:
                left.append((at, low))
            at = high
        if at < end:
            left.append((at, end))
    return left


def touches_wall(restrictions: tuple[Restriction, ...], start: datetime, end: datetime) -> bool:
    """Say whether a window meets the wall period `[start, end)`, by the calendar alone.

    Clock changes are left out on purpose: an answer for a date must not depend on how many of
    them lie before it.
    """
    end = min(end, start + timedelta(days=7))
    return any(
        one.opens(day) < end and one.closes(day) > start
        for one in restrictions
        for day in _days(one, start - one.longest * _DAY, end)
    )


def _is_one_open(one: Restriction, reading: Reading) -> bool:
    last = reading.wall + _AHEAD_IN_FOLD * _DAY if reading.repeated else reading.wall
    for day in _days(one, reading.wall - one.longest * _DAY, last):
        if reading.reached(one.opens(day)) and not reading.reached(one.closes(day)):
            return True
    return False


def _occurrences(
    one: Restriction, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[Interval]:
    first = to_local(start, zone).replace(tzinfo=None) - (one.longest + 1) * _DAY
    last = to_local(end, zone).replace(tzinfo=None) + _AHEAD_IN_FOLD * _DAY
    for day in _days(one, first, last):
        opens, closes = resolve(one.opens(day), zone), resolve(one.closes(day), zone)
        if opens < closes and opens < end and closes > start:
            yield opens, closes


def _days(one: Restriction, first: datetime, last: datetime) -> Iterator[date]:
    day, end = first.date(), last.date()
    while day <= end:
        if one.starts_on(day):
            yield day
        day += _DAY
