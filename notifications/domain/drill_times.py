"""When a monthly test page is due: by the person's own clocks, through every clock change. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LAST_WEEK = -1
WEEKS = (1, 2, 3, 4, LAST_WEEK)
LATEST_DAY = 31
DAYS_A_WEEK = 7
# A server that was away lets one pass rather than ring at an hour that nobody chose.
LATE = timedelta(hours=2)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST_WEEK: "last"}


class Rhythm(StrEnum):
    """DAY: on the n-th of the month, in shorter ones the last; WEEKDAY: say second Tuesday."""

    DAY = "DAY"
    WEEKDAY = "WEEKDAY"


@dataclass(frozen=True, slots=True)
class Monthly:
    """`number`: 1 to 31 of DAY; 1 to 4 or -1 (last) of WEEKDAY. `weekday`: 0 is Monday."""

    rhythm: Rhythm
    number: int
    weekday: int
    at: time

    def problem(self) -> str:
        """Why there is no such day; "" when there is."""
        if self.rhythm is Rhythm.DAY and not 1 <= self.number <= LATEST_DAY:
            return f"Choose a day from 1 to {LATEST_DAY}"
        if self.rhythm is Rhythm.WEEKDAY and self.number not in WEEKS:
            return "Choose the first to fourth week, or the last"
        return "" if 0 <= self.weekday < DAYS_A_WEEK else "Choose a weekday"

    @property
    def words(self) -> str:
        """ "the first Tuesday of the month at 10:00"."""
        if self.rhythm is Rhythm.DAY:
            return f"day {self.number} of the month at {self.at:%H:%M}"
        week = f"{_ORDINALS[self.number]} {_WEEKDAYS[self.weekday]}"
        return f"the {week} of the month at {self.at:%H:%M}"


SUGGESTED = Monthly(Rhythm.WEEKDAY, 1, 1, time(10))


def day_in(plan: Monthly, year: int, month: int) -> date:
    """The day of the plan in a month."""
    first_weekday, days = monthrange(year, month)
    if plan.rhythm is Rhythm.DAY:
        return date(year, month, min(plan.number, days))
    first = 1 + (plan.weekday - first_weekday) % DAYS_A_WEEK
    if plan.number == LAST_WEEK:
        return date(year, month, first + (days - first) // DAYS_A_WEEK * DAYS_A_WEEK)
    return date(year, month, first + (plan.number - 1) * DAYS_A_WEEK)


def next_after(plan: Monthly, after: datetime, zone: ZoneInfo) -> datetime:
    """The first time of the plan that comes after an instant, in UTC.

    A clock time that is skipped counts as the moment after the skip, one that comes twice as its
    first.
    """
    day = after.astimezone(zone).date().replace(day=1)
    while True:
        found = datetime.combine(day_in(plan, day.year, day.month), plan.at, zone).astimezone(UTC)
        if found > after:
            return found
        day = (day + timedelta(days=LATEST_DAY)).replace(day=1)
