"""When the clocks of a zone change, as instants."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.domain.walltime import in_utc, to_local

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """At `at` the clocks of `zone` jump by `step` (positive: forward, an hour is missing)."""

    zone: ZoneInfo
    at: datetime
    step: timedelta


@lru_cache(maxsize=256)
def clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[ClockChange, ...]:
    """Return the changes of the offset in `[start, end)`, in order.

    Looks once a day: two changes within 24 hours that cancel each other out are not seen.
    """
    found = []
    at, end = in_utc(start), in_utc(end)
    offset = _offset(at, zone)
    while at < end:
        following = min(at + _DAY, end)
        later = _offset(following, zone)
        if later != offset:
            change = _first_second_of(later, at, following, zone)
            if change < end:
                found.append(ClockChange(zone, change, later - offset))
        at, offset = following, later
    return tuple(found)


def _first_second_of(offset: timedelta, low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if _offset(middle, zone) == offset:
            high = middle
        else:
            low = middle
    return high


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return to_local(at, zone).utcoffset() or timedelta()
