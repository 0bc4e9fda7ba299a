"""Overrides that come back each week: their occurrences, computed and never stored.

The wall clock of the series' zone decides (D1), as for the windows of a layer (D4).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schedules.domain.model import Override, Restriction, Source
from schedules.domain.walltime import in_utc, resolve, to_local

_DAY = timedelta(days=1)
# Where a zone crosses the date line, or a fold spans midnight, a later date may have begun.
_AHEAD = 2


class Occurrence(NamedTuple):
    """One coming back, named by the local date on which it starts; the times are UTC."""

    day: date
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Series:
    """A weekly window in which an override holds; the template's own times mean nothing.

    It has occurrences on the dates from `first_day` to `last_day` (None: for ever) but the
    skipped ones. Before `since`, when somebody made it, and from `until` on nothing holds: no
    change of a series touches the past.
    """

    template: Override
    window: Restriction
    zone: ZoneInfo
    first_day: date
    last_day: date | None
    skipped: frozenset[date]
    since: datetime
    until: datetime | None


def occurrences(series: Series, start: datetime, end: datetime) -> Iterator[Occurrence]:
    """Yield the occurrences that touch `[start, end)` in the order of their dates, uncut.

    One that is lost in a gap of the clock, or on a day that does not exist, is left out.
    Neighbours may overlap where a window is longer than a day.
    """
    start, end = in_utc(start), in_utc(end)
    low = to_local(start, series.zone).date() - (series.window.longest + 1) * _DAY
    high = to_local(end, series.zone).date() + _AHEAD * _DAY
    day = max(series.first_day, low)
    last = high if series.last_day is None else min(series.last_day, high)
    while day <= last:
        found = occurrence(series, day)
        if found is not None and found.start < end and found.end > start:
            yield found
        day += _DAY


def occurrence(series: Series, day: date) -> Occurrence | None:
    """Return the occurrence that starts on a local date, or None."""
    within = series.first_day <= day and (series.last_day is None or day <= series.last_day)
    if not within or day in series.skipped or not series.window.starts_on(day):
        return None
    opens = max(resolve(series.window.opens(day), series.zone), in_utc(series.since))
    closes = resolve(series.window.closes(day), series.zone)
    if series.until is not None:
        closes = min(closes, in_utc(series.until))
    return Occurrence(day, opens, closes) if opens < closes else None


def overrides(series: Series, start: datetime, end: datetime) -> Iterator[Override]:
    """Yield the occurrences as overrides, which carry the id of the series and say so."""
    for one in occurrences(series, start, end):
        yield replace(series.template, start=one.start, end=one.end, source=Source.SERIES)
