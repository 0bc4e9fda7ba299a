"""Who carried how much: duty on record, duty as planned, and the pages that came with it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User
from notifications import queries as notifications
from schedules.domain import fairness, resolver
from schedules.domain.fairness import Duty, Load, Place, Sums
from schedules.domain.periods import Period, Stretch
from schedules.domain.windows import Interval, united
from schedules.models import LedgerMark, LedgerSpan, Schedule
from schedules.queries.holidays import days_of
from schedules.queries.ledger import marks, running_of, standing
from schedules.queries.rules import read

# Deliveries about these wake people; news, tests and reminders do not.
PAGES = ("incident", "bundle")
MAX_SCHEDULES = 200


@dataclass(frozen=True, slots=True)
class Person:
    """`user` is None for somebody who was deleted; `pages` came while on call here."""

    name: str
    user: User | None
    load: Load
    pages: int
    night_pages: int


@dataclass(frozen=True, slots=True)
class Cover:
    """Of the known part of the period: somebody was or will be on call, or nobody.

    `known_from`: what was before it is on no record. `planned_from`: the record ends there.
    """

    schedule: Schedule
    known_from: datetime
    planned_from: datetime
    covered: timedelta
    nobody: timedelta


@dataclass(frozen=True, slots=True)
class Fairness:
    """People by load, the heaviest first, and the sums that must agree."""

    period: Period
    people: list[Person]
    sums: Sums
    covers: list[Cover]

    @property
    def record_begins(self) -> datetime | None:
        """The latest beginning of a record within the period; None: all of it is known."""
        late = [one.known_from for one in self.covers if one.known_from > self.period.start]
        return max(late, default=None)

    @property
    def planned_from(self) -> datetime | None:
        """Where the plan begins that makes up the rest of the period; None: all is on record."""
        found = [one.planned_from for one in self.covers if one.planned_from < self.period.end]
        return min(found, default=None)


def fairness_of(schedules: Sequence[Schedule], period: Period, now: datetime) -> Fairness:
    """A handful of queries, whatever the number of schedules (at most MAX_SCHEDULES)."""
    known = marks(one.pk for one in schedules)
    duties, people = _recorded(schedules, known, period)
    planned, expected = _planned(schedules, known, period, now)
    duties, people = duties + planned, people | expected
    zones = {one.user: _zone(people[one.user]) for one in duties}
    found = fairness.loads(duties, zones, _places(schedules, period), period.start, period.end)
    pages = _pages(duties, people, period, now)
    rows = [
        Person(_name(people[user]), _user(people[user]), load, *pages.get(user, (0, 0)))
        for user, load in found.items()
    ]
    rows.sort(key=lambda one: (-one.load.total, one.name))
    covers = [_cover(one, known.get(one.pk), duties, period, now) for one in schedules]
    return Fairness(period, rows, fairness.sums(duties, found), covers)


def carried(schedule: Schedule, stretch: Stretch, now: datetime) -> dict[int, timedelta]:
    """Time on call of each person who is still there, on record and as planned."""
    known = marks([schedule.pk])
    duties = _recorded([schedule], known, stretch)[0]
    duties += _planned([schedule], known, stretch, now)[0]
    served: dict[int, list[Interval]] = defaultdict(list)
    for one in duties:
        served[one.user].append((one.start, one.end))
    return {user: fairness.length(united(periods)) for user, periods in served.items() if user > 0}


# A person, or the name of one who was deleted.
Someone = User | str
Found = tuple[list[Duty], dict[int, Someone]]


def _recorded(
    schedules: Sequence[Schedule], known: Mapping[int, LedgerMark], period: Period | Stretch
) -> Found:
    """What is written, and what was still going on when it was written last."""
    names: dict[str, int] = {}
    people: dict[int, Someone] = {}
    duties: list[Duty] = []

    def add(user: User | None, name: str, schedule: int, start: datetime, end: datetime) -> None:
        key = user.pk if user else -names.setdefault(name, len(names) + 1)
        people[key] = user or name
        start, end = max(start, period.start), min(end, period.end)
        if start < end:
            duties.append(Duty(key, schedule, start, end))

    ids = [one.pk for one in schedules]
    rows: Iterable[LedgerSpan] = standing(ids, period.start, period.end).select_related("user")
    for row in rows:
        add(row.user, row.user_name, row.schedule_id, row.start, row.end)
    alive = User.objects.in_bulk(
        {item["user"] for mark in known.values() for item in mark.open_spans}
    )
    for mark in known.values():
        for one, item in zip(running_of(mark), mark.open_spans, strict=True):
            user = alive.get(one.user)
            add(user, item["who"], mark.schedule_id, one.since, mark.recorded_until)
    return duties, people


def _planned(
    schedules: Sequence[Schedule],
    known: Mapping[int, LedgerMark],
    period: Period | Stretch,
    now: datetime,
) -> Found:
    begins = {one.pk: _planned_from(known.get(one.pk), period, now) for one in schedules}
    ahead = {pk: at for pk, at in begins.items() if at < period.end}
    if not ahead:
        return [], {}
    rules = read(ahead, start=min(ahead.values()), end=period.end)
    duties = [
        Duty(one.user, pk, span.start, span.end)
        for pk, at in ahead.items()
        for span in resolver.spans(rules.values[pk], at, period.end)
        for one in span.on_call
    ]
    return duties, {one.user: rules.people[one.user] for one in duties}


def _planned_from(mark: LedgerMark | None, period: Period | Stretch, now: datetime) -> datetime:
    return max(period.start, mark.recorded_until if mark else now)


def _cover(
    schedule: Schedule,
    mark: LedgerMark | None,
    duties: Iterable[Duty],
    period: Period,
    now: datetime,
) -> Cover:
    planned_from = _planned_from(mark, period, now)
    known_from = max(period.start, mark.began_at if mark else now)
    known_from = min(known_from, period.end)
    periods = united([(one.start, one.end) for one in duties if one.schedule == schedule.pk])
    covered = fairness.length(periods)
    nobody = period.end - known_from - covered
    return Cover(schedule, known_from, min(planned_from, period.end), covered, nobody)


def _places(schedules: Iterable[Schedule], period: Period) -> dict[int, Place]:
    days: dict[int, frozenset] = {}
    places = {}
    for one in schedules:
        calendar = one.holidays
        if calendar and calendar.pk not in days:
            days[calendar.pk] = frozenset(days_of(calendar, period.years))
        free = days[calendar.pk] if calendar else frozenset()
        places[one.pk] = Place(ZoneInfo(one.time_zone), free)
    return places


def _pages(
    duties: Iterable[Duty], people: Mapping[int, Someone], period: Period, now: datetime
) -> dict[int, tuple[int, int]]:
    """Pages that a provider accepted, written while the person was on call here; and at night."""
    if period.start >= now:
        return {}
    served: dict[int, list[Interval]] = defaultdict(list)
    for one in duties:
        served[one.user].append((one.start, one.end))
    on_call = {user: united(periods) for user, periods in served.items()}
    every: Counter[int] = Counter()
    nightly: Counter[int] = Counter()
    for user, asked, sent in notifications.pages_sent(PAGES, on_call, period.start, period.end):
        if fairness.holds(on_call[user], asked):
            every[user] += 1
            nightly[user] += fairness.is_night(sent, _zone(people[user]))
    return {user: (count, nightly[user]) for user, count in every.items()}


def _zone(someone: Someone) -> ZoneInfo:
    return someone.zone if isinstance(someone, User) else ZoneInfo("UTC")


def _name(someone: Someone) -> str:
    return someone.name if isinstance(someone, User) else someone


def _user(someone: Someone) -> User | None:
    return someone if isinstance(someone, User) else None
