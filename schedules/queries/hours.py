"""Support hours as values that can say when they are open."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from schedules.domain.hours import SupportHours as Hours
from schedules.models import SupportHours
from schedules.queries.holidays import days_of
from schedules.queries.windows import restriction_value

# Holidays are looked up for so many years before and after now.
YEARS_AROUND = 2


def support_hours() -> QuerySet[SupportHours]:
    """Those that can be chosen, by name."""
    return SupportHours.objects.filter(archived_at=None).select_related("holidays")


def hours_of(pks: Iterable[int], now: datetime) -> dict[int, Hours]:
    """Primary key -> its value, archived ones too; one query for all, none without keys."""
    wanted = set(pks)
    if not wanted:
        return {}
    rows = SupportHours.objects.filter(pk__in=wanted).select_related("holidays")
    return {row.pk: hours_value(row, now) for row in rows}


def hours_value(row: SupportHours, now: datetime) -> Hours:
    """The value of a row; its holidays are those of the years around `now`."""
    years = range(now.year - YEARS_AROUND, now.year + YEARS_AROUND + 1)
    return Hours(
        zone=ZoneInfo(row.time_zone),
        windows=tuple(restriction_value(item) for item in row.windows),
        holidays=frozenset(days_of(row.holidays, years)) if row.holidays else frozenset(),
    )


def users_of_hours(pk: int) -> list[str]:
    """What goes by these hours, as words: while there is anything, they cannot be deleted."""
    paths: tuple[str, ...] = settings.SUPPORT_HOURS_USERS
    return [name for path in paths for name in import_string(path)(pk)]
