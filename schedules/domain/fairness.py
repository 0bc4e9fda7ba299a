"""How heavy duty was on whom: on call, at night, at weekends, on holidays. Pure, to the second.

Nights are 22:00 to 07:00 on the clocks of the person; weekends and holidays are days of the
schedule's zone. Time in which somebody is on call in several schedules counts once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schedules.domain.model import Restriction, UserId
from schedules.domain.walltime import resolve
from schedules.domain.windows import Interval, open_windows, united

NIGHT = Restriction(frozenset(range(7)), time(22), time(7))
WEEKEND = Restriction(frozenset({5}), time(0), time(0), end_day=0)
DAY = timedelta(days=1)
NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Duty:
    """A person was or will be on call in `[start, end)` in a schedule."""

    user: UserId
    schedule: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """The zone and the holidays of a schedule."""

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Load:
    """`doubled`: time on call in more than one schedule at once, which `total` counts once."""

    total: timedelta = NOTHING
    nights: timedelta = NOTHING
    weekends: timedelta = NOTHING
    holidays: timedelta = NOTHING
    doubled: timedelta = NOTHING


@dataclass(frozen=True, slots=True)
class Sums:
    """The check: what the spans add up to is what the people add up to, plus what was doubled."""

    spans: timedelta
    people: timedelta
    doubled: timedelta

    @property
    def balanced(self) -> bool:
        return self.spans == self.people + self.doubled


def loads(
    duties: Iterable[Duty],
    zones: Mapping[UserId, ZoneInfo],
    places: Mapping[int, Place],
    start: datetime,
    end: datetime,
) -> dict[UserId, Load]:
    """Weigh the duty of each person within `[start, end)`. Every person needs a zone."""
    by_person: dict[UserId, dict[int, list[Interval]]] = defaultdict(lambda: defaultdict(list))
    for one in duties:
        opens, closes = max(one.start, start), min(one.end, end)
        if opens < closes:
            by_person[one.user][one.schedule].append((opens, closes))
    nights = {
        zone: open_windows((NIGHT,), zone, start, end)
        for zone in {zones[user] for user in by_person}
    }
    days = {schedule: _days(place, start, end) for schedule, place in places.items()}
    return {user: _load(found, nights[zones[user]], days) for user, found in by_person.items()}


def sums(duties: Iterable[Duty], found: Mapping[UserId, Load]) -> Sums:
    """Reconcile: `duties` are those of the period, each already cut to it."""
    return Sums(
        sum((one.end - one.start for one in duties), NOTHING),
        sum((one.total for one in found.values()), NOTHING),
        sum((one.doubled for one in found.values()), NOTHING),
    )


def common(some: list[Interval], others: list[Interval]) -> list[Interval]:
    """What two ordered lists of disjoint intervals share."""
    found, first = [], 0
    for start, end in some:
        while first < len(others) and others[first][1] <= start:
            first += 1
        at = first
        while at < len(others) and others[at][0] < end:
            found.append((max(start, others[at][0]), min(end, others[at][1])))
            at += 1
    return found


def length(intervals: Iterable[Interval]) -> timedelta:
    return sum((end - start for start, end in intervals), NOTHING)


def holds(intervals: Iterable[Interval], at: datetime) -> bool:
    return any(start <= at < end for start, end in intervals)


def is_night(at: datetime, zone: ZoneInfo) -> bool:
    """Say whether people who live in `zone` sleep then."""
    return holds(open_windows((NIGHT,), zone, at, at + timedelta(seconds=1)), at)


@dataclass(frozen=True, slots=True)
class _Days:
    weekends: list[Interval]
    holidays: list[Interval]


def _days(place: Place, start: datetime, end: datetime) -> _Days:
    free = [
        (_midnight(day, place.zone), _midnight(day + DAY, place.zone)) for day in place.holidays
    ]
    return _Days(open_windows((WEEKEND,), place.zone, start, end), united(free))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, time()), zone)


def _load(
    found: Mapping[int, list[Interval]], nights: list[Interval], days: Mapping[int, _Days]
) -> Load:
    everything = [one for periods in found.values() for one in periods]
    total = united(everything)
    weekends: list[Interval] = []
    holidays: list[Interval] = []
    for schedule, periods in found.items():
        here = united(periods)
        weekends += common(here, days[schedule].weekends)
        holidays += common(here, days[schedule].holidays)
    return Load(
        total=length(total),
        nights=length(common(total, nights)),
        weekends=length(united(weekends)),
        holidays=length(united(holidays)),
        doubled=length(everything) - length(total),
    )
