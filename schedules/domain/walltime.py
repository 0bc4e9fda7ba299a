"""Wall-clock time and instants: the one rule (D1) by which every boundary of a schedule is found.

Python's own reading of a missing local time (either fold) is not the rule, and arithmetic between
aware times of one zone is wall arithmetic; so nothing else in this package converts a wall time.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

# "For ever" typed as 9999-12-31 must neither crash nor come round: wall times stop here.
WALL_MIN = datetime(1, 1, 3)  # noqa: DTZ001 - a wall time
WALL_MAX = datetime(9990, 1, 1)  # noqa: DTZ001 - a wall time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH = EPOCH.replace(tzinfo=None)
_SECOND = timedelta(seconds=1)
# A zone that crosses the date line skips a whole day.
_LONGEST_GAP = timedelta(hours=25)
_NO_OFFSET = timedelta(0)


class Unit(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


STEP = {
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: timedelta(days=1),
    Unit.WEEK: timedelta(weeks=1),
}


@lru_cache(maxsize=32768)
def resolve(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the earliest instant (UTC) at which the wall clock in `zone` shows `local` or later.

    A missing time is the end of the gap, a repeated time its first occurrence, and a day that does
    not exist the first instant of the next. Never decreasing in `local`.
    Raises ValueError if `local` carries a zone of its own.
    """
    if local.tzinfo is not None:
        raise ValueError("a wall time has no zone of its own")
    local = min(max(local, WALL_MIN), WALL_MAX)
    # Of a repeated time this is the first, of a missing time the offset before the gap.
    offset = _offset(local, zone)
    first = EPOCH + (local - _WALL_EPOCH - offset)
    # A missing time lies just before a change of the offset; hardly any time does.
    if _offset(local + _LONGEST_GAP, zone) == offset:
        return first
    return first if _shows(first, zone) <= local else _end_of_gap(local, first, zone)


def to_local(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant as an aware time in `zone`, with the offset of that very instant."""
    return in_utc(instant).astimezone(zone)


def in_utc(instant: datetime) -> datetime:
    """Return an aware time in UTC, where comparing and subtracting mean real time.

    Raises ValueError for a naive time: guessing its zone would be silently wrong.
    """
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a wall clock shows at an instant, and whether it has shown that before (a fold)."""

    instant: datetime
    zone: ZoneInfo
    wall: datetime
    repeated: bool

    def reached(self, local: datetime) -> bool:
        """Say whether `resolve(local)` lies at or before this instant, mostly without solving.

        Outside the second pass of a fold the wall now shows its latest time so far. Inside it,
        later times may have been shown already, so the boundary itself is asked.
        """
        if local <= self.wall:
            return True
        return self.repeated and resolve(local, self.zone) <= self.instant


@lru_cache(maxsize=2048)
def read_clock(instant: datetime, zone: ZoneInfo) -> Reading:
    """Read the wall clock of `zone` at `instant`."""
    shown = to_local(instant, zone)
    return Reading(in_utc(instant), zone, shown.replace(tzinfo=None, fold=0), shown.fold == 1)


def add(anchor: datetime, unit: Unit, count: int) -> datetime:
    """Return the wall time `count` units after `anchor` (before it if negative).

    Hours, days and weeks are added to the reading of the wall. Months keep the day number of
    `anchor`, clamped to the last day of a shorter month. Stops at WALL_MAX and WALL_MIN.
    """
    try:
        moved = add_months(anchor, count) if unit == Unit.MONTH else anchor + STEP[unit] * count
    except OverflowError:
        return WALL_MAX if count > 0 else WALL_MIN
    return moved if WALL_MIN <= moved <= WALL_MAX else min(max(moved, WALL_MIN), WALL_MAX)


def add_months(anchor: datetime, count: int) -> datetime:
    """Return `anchor` moved by `count` months, its day clamped to the length of that month."""
    years, month = divmod(anchor.month - 1 + count, 12)
    year = anchor.year + years
    if not WALL_MIN.year <= year <= WALL_MAX.year:
        raise OverflowError("beyond the calendar")
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


def units_between(anchor: datetime, wall: datetime, unit: Unit) -> int:
    """Return the largest n with `add(anchor, unit, n) <= wall`, negative before the anchor."""
    if unit != Unit.MONTH:
        return (wall - anchor) // STEP[unit]
    months = (wall.year - anchor.year) * 12 + wall.month - anchor.month
    return months if add_months(anchor, months) <= wall else months - 1


def _offset(local: datetime, zone: ZoneInfo) -> timedelta:
    return zone.utcoffset(local) or _NO_OFFSET


def _shows(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _end_of_gap(local: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Halve the time up to `high` down to the second in which the clock jumps over `local`."""
    high = high.replace(microsecond=0) + (_SECOND if high.microsecond else _NO_OFFSET)
    low = high - _LONGEST_GAP
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if _shows(middle, zone) >= local:
            high = middle
        else:
            low = middle
    return high
