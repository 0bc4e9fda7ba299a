"""Support hours: when somebody works at all, in weekly windows on the wall less holidays.

Windows obey the same rule of the wall clock (D1, D4) as those of a layer. A holiday is closed from
midnight to midnight, whatever window runs into it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schedules.domain.model import Restriction
from schedules.domain.walltime import in_utc, resolve, to_local
from schedules.domain.windows import Interval, open_windows, without

# Nobody waits longer for a door to open; holidays are not known much further either.
FURTHEST = timedelta(days=400)
_STRIDE = timedelta(days=14)
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SupportHours:
    """Weekly windows on the clocks of `zone`; without windows it is never open."""

    zone: ZoneInfo
    windows: tuple[Restriction, ...]
    holidays: frozenset[date] = frozenset()

    def open_at(self, instant: datetime) -> bool:
        """Say whether it is open at that very instant."""
        return bool(self.spans(instant, instant + _INSTANT))

    def next_open(self, instant: datetime) -> datetime | None:
        """Return the first instant from `instant` on at which it is open, or None within FURTHEST.

        While it is open that is `instant` itself.
        """
        return next((start for start, _ in self._ahead(instant)), None)

    def next_close(self, instant: datetime) -> datetime | None:
        """Return when the window that is open at `instant`, or the next one, ends; None as above.

        Windows that touch are one: the end is when it is really closed.
        """
        ends: datetime | None = None
        for start, end in self._ahead(instant):
            if ends is not None and start > ends:
                return ends
            ends = end
        return ends if ends is not None and ends < in_utc(instant) + FURTHEST else None

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return how much real time of `[start, end)` was open; nothing if `end` is not later."""
        return sum((high - low for low, high in self.spans(start, end)), timedelta())

    def after(self, start: datetime, open_time: timedelta) -> datetime | None:
        """Return when `open_time` will have been open since `start`; None beyond FURTHEST.

        Real time: an hour that the clocks skip counts for nothing, one they repeat counts twice.
        """
        left = open_time
        if left <= timedelta():
            return in_utc(start)
        for low, high in self._ahead(start):
            if high - low >= left:
                return low + left
            left -= high - low
        return None

    def spans(self, start: datetime, end: datetime) -> list[Interval]:
        """Return when it is open within `[start, end)`: in UTC, in order, none touching another."""
        start, end = in_utc(start), in_utc(end)
        if end <= start:
            return []
        found = open_windows(self.windows, self.zone, start, end)
        clipped = [(max(low, start), min(high, end)) for low, high in found]
        return without(clipped, self._closed_days(start, end)) if self.holidays else clipped

    def _ahead(self, instant: datetime) -> Iterator[Interval]:
        """Spans from `instant` on, looked for a fortnight at a time; two strides may cut one."""
        at, last = in_utc(instant), in_utc(instant) + FURTHEST
        while at < last:
            upto = min(at + _STRIDE, last)
            yield from self.spans(at, upto)
            at = upto

    def _closed_days(self, start: datetime, end: datetime) -> list[Interval]:
        first, last = to_local(start, self.zone).date() - _DAY, to_local(end, self.zone).date()
        days = sorted(day for day in self.holidays if first <= day <= last + _DAY)
        return [(_midnight(day, self.zone), _midnight(day + _DAY, self.zone)) for day in days]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, time()), zone)
