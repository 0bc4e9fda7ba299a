"""Recurring overrides that change nothing, because nobody is there to be taken off."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from schedules.domain import model
from schedules.domain.resolver import WarningCode, override_warnings
from schedules.domain.series import overrides
from schedules.models import OverrideSeries
from schedules.queries.changes import series_value
from schedules.queries.rules import load

SERIES_AHEAD = timedelta(days=90)
JUDGED = 14  # of the next times


def idle_times(row: OverrideSeries, value: model.Schedule, now: datetime) -> dict[datetime, bool]:
    """Those of its next times at which the person to be taken off is not on call, by beginning.

    True: at no moment of that time, so nothing changes. `value` reaches SERIES_AHEAD ahead.
    """
    return {
        one.start: odd.entire
        for one in _next(row, now)
        for odd in override_warnings(value, one)
        if odd.code == WarningCode.NOT_ON_CALL
    }


def idle_series(rows: Iterable[OverrideSeries], now: datetime) -> set[int]:
    """Keys of those rows of one schedule that change nothing at any of their next times."""
    mine = list(rows)
    if not mine:
        return set()
    schedule = mine[0].schedule_id
    value = load([schedule], start=now, end=now + SERIES_AHEAD)[schedule]
    return {row.pk for row in mine if _is_idle(row, value, now)}


def _is_idle(row: OverrideSeries, value: model.Schedule, now: datetime) -> bool:
    times, idle = _next(row, now), idle_times(row, value, now)
    return bool(times) and all(idle.get(one.start) for one in times)


def _next(row: OverrideSeries, now: datetime) -> list[model.Override]:
    return list(islice(overrides(series_value(row), now, now + SERIES_AHEAD), JUDGED))
