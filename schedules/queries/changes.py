"""Readers of planned changes: series of overrides as values, and as overrides that they become."""

import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from schedules.domain import model, series
from schedules.models import OverrideSeries, Schedule
from schedules.queries.windows import restriction_value

LONGEST_WINDOW = timedelta(days=9)  # a week, and a day for time zones at either end


def series_between(
    schedule_ids: Iterable[int], start: datetime, end: datetime
) -> dict[int, list[OverrideSeries]]:
    """Series that may hold somewhere in [start, end), by schedule; one query."""
    found: dict[int, list[OverrideSeries]] = {}
    rows = OverrideSeries.objects.filter(schedule__in=schedule_ids, created_at__lt=end)
    for row in rows.filter(_lasts_until(start)):
        found.setdefault(row.schedule_id, []).append(row)
    return found


def series_of(schedule: Schedule, now: datetime) -> QuerySet[OverrideSeries]:
    """Series that nobody has ended."""
    return schedule.series.filter(_lasts_until(now)).select_related("user", "replaces", "schedule")


def _lasts_until(at: datetime) -> Q:
    """Not over yet, as far as a database can tell."""
    not_over = Q(last_day=None) | Q(last_day__gte=at.date() - LONGEST_WINDOW)
    return not_over & (Q(ended_at=None) | Q(ended_at__gt=at))


def expanded(
    rows: Iterable[OverrideSeries], start: datetime, end: datetime
) -> list[model.Override]:
    """All occurrences that touch [start, end), as overrides of the resolver."""
    return [one for row in rows for one in series.overrides(series_value(row), start, end)]


def series_value(row: OverrideSeries) -> series.Series:
    """A series row, saved or not, as a value of the domain."""
    template = model.Override(
        id=row.pk or 0,
        kind=model.OverrideKind(row.kind),
        user=row.user_id,
        replaces=row.replaces_id,
        start=row.created_at,
        end=row.created_at,
        created_at=row.created_at,
    )
    return series.Series(
        template=template,
        window=restriction_value(window_of(row)),
        zone=zoneinfo.ZoneInfo(row.time_zone),
        first_day=row.first_day,
        last_day=row.last_day,
        skipped=frozenset(date.fromisoformat(day) for day in row.skipped),
        since=row.created_at,
        until=row.ended_at,
    )


def window_of(row: OverrideSeries) -> dict[str, object]:
    """The weekly window in the words of a layer's restriction."""
    return {"days": row.days, "start": row.start, "end": row.end, "endDay": row.end_day or None}
