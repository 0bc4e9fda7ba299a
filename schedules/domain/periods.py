"""Periods that people ask figures of: whole days, in some zone. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from schedules.domain.walltime import resolve

LONGEST = timedelta(days=400)
DAY = timedelta(days=1)
MONTHS_OF_QUARTER = 3
EARLIEST, LATEST = 1970, 2200


class Preset(StrEnum):
    FOUR_WEEKS = "4w"
    LAST_QUARTER = "last-quarter"
    QUARTER = "quarter"
    NEXT_QUARTER = "next-quarter"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Any `[start, end)`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """All days from `first` to `last`, both counted, on the clocks of `zone`."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        return _midnight(self.last + DAY, self.zone)

    @property
    def years(self) -> range:
        """Years of the days it touches in any zone."""
        return range((self.first - DAY).year, (self.last + DAY).year + 1)


def named(preset: Preset, today: date, zone: ZoneInfo) -> Period:
    """The four weeks before today, or a quarter of the calendar."""
    if preset is Preset.FOUR_WEEKS:
        return Period(today - 28 * DAY, today - DAY, zone)
    ahead = {Preset.LAST_QUARTER: -1, Preset.QUARTER: 0, Preset.NEXT_QUARTER: 1}[preset]
    return Period(_quarter(today, ahead), _quarter(today, ahead + 1) - DAY, zone)


def between(first: date, last: date, zone: ZoneInfo) -> Period:
    """Raises ValueError when it ends before it begins or lasts too long."""
    if last < first:
        raise ValueError("the period ends before it begins")
    if last - first > LONGEST:
        raise ValueError(f"at most {LONGEST.days} days")
    return Period(first, last, zone)


def asked(preset: str, first: str, last: str, today: date, zone: ZoneInfo) -> Period:
    """What an address asks for: a preset, else two dates as text, else the last four weeks.

    Raises ValueError for what is none of them.
    """
    if preset:
        if preset not in set(Preset):
            raise ValueError(f"the period is one of {', '.join(Preset)}")
        return named(Preset(preset), today, zone)
    if first or last:
        return between(_date(first), _date(last), zone)
    return named(Preset.FOUR_WEEKS, today, zone)


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as error:
        raise ValueError("give the first and the last day, like 2026-03-01") from error
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(f"years from {EARLIEST} to {LATEST}")
    return day


def _quarter(day: date, ahead: int) -> date:
    """The first day of the quarter `ahead` of the one in which `day` lies."""
    number = day.year * 4 + (day.month - 1) // MONTHS_OF_QUARTER + ahead
    return date(number // 4, number % 4 * MONTHS_OF_QUARTER + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, datetime.min.time()), zone)
