"""Readers of time off: who is away when, whose duty it meets, and who could serve instead."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import Membership, Role, Team, User, UserStatus
from schedules.domain import absence, resolver
from schedules.domain.absence import SURROUNDING, Conflict, common
from schedules.domain.model import Span, UserId
from schedules.domain.windows import Interval, united
from schedules.models import AbsenceCalendar, Schedule, TimeOff
from schedules.queries.rules import Rules, live, read, with_person

LOOK_AHEAD = timedelta(days=90)
EVERY = timedelta(hours=1)
FEW = 3


@dataclass(frozen=True, slots=True)
class Cover:
    """Somebody who is free; `hours` of duty in the days around it."""

    user: User
    hours: float
    back_to_back: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody is on call in `schedule` and away in [start, end); `covers`, the best one first."""

    schedule: Schedule
    user: User
    start: datetime
    end: datetime
    covers: list[Cover]


def live_time_off() -> QuerySet[TimeOff]:
    return TimeOff.objects.filter(cancelled_at=None)


def time_off(
    user_ids: Iterable[int], *, start: datetime, end: datetime
) -> dict[UserId, list[Interval]]:
    """When these people are away within reach of [start, end): in order, merged; one query."""
    rows = live_time_off().filter(user__in=set(user_ids), start__lt=end, end__gt=start)
    found: dict[UserId, list[Interval]] = {}
    for user, opens, closes in rows.values_list("user_id", "start", "end"):
        found.setdefault(user, []).append((opens, closes))
    return {user: united(intervals) for user, intervals in found.items()}


def time_off_of(user: User, now: datetime) -> list[TimeOff]:
    """A person's time off that runs or is to come, the next one first."""
    rows = live_time_off().filter(user=user, end__gt=now).select_related("calendar")
    return list(rows.order_by("start", "end", "id"))


def calendars_of(user: User) -> QuerySet[AbsenceCalendar]:
    return AbsenceCalendar.objects.filter(user=user)


def keeps_time_off_of(viewer: User, person: User) -> bool:
    """Whether `viewer` may see and change it: one's own, an admin's, a lead's of a team."""
    if viewer.pk == person.pk or viewer.is_admin:
        return True
    if not viewer.is_active:
        return False
    return Membership.objects.filter(user=person, team__lead=viewer).exists()


def people_kept_by(viewer: User) -> QuerySet[User]:
    """Everybody whose time off `viewer` may see and change."""
    if viewer.is_admin:
        return User.objects.all()
    led = Team.objects.filter(lead=viewer)
    return User.objects.filter(Q(pk=viewer.pk) | Q(memberships__team__in=led)).distinct()


def clashes(
    schedules: Collection[Schedule],
    *,
    start: datetime,
    end: datetime,
    absent: Mapping[UserId, list[Interval]] | None = None,
    rules: Rules | None = None,
) -> list[Clash]:
    """Duty in [start, end) of people who are away then; the earliest first.

    `absent`: only these people in these times; None: all time off. `rules`: those of the time
    and its surroundings, where they have been read already. Few queries for any number of
    schedules, and the answers over the period are computed only where somebody is away.
    """
    rows = {row.pk: row for row in schedules}
    rules = rules or read(rows, start=start - SURROUNDING, end=end + SURROUNDING)
    away = time_off(rules.people, start=start, end=end)
    wanted = away if absent is None else absent
    found = [
        clash
        for pk in rows
        for clash in _clashes(rows[pk], rules, wanted, away, start=start, end=end)
    ]
    return sorted(found, key=lambda one: (one.start, one.end, one.user.pk, one.schedule.pk))


def clashes_ahead(
    schedules: Collection[Schedule], now: datetime, rules: Rules | None = None
) -> list[Clash]:
    """Those of the next 90 days."""
    return clashes(schedules, start=now, end=now + LOOK_AHEAD, rules=rules)


def clashes_of(
    user: User, *, start: datetime, end: datetime, within: list[Interval] | None = None
) -> list[Clash]:
    """The person's own in all schedules, in all time off or only in `within`."""
    away = time_off([user.pk], start=start, end=end).get(user.pk, [])
    absent = away if within is None else common(away, united(within))
    if not absent:
        return []
    own = live().filter(pk__in=with_person(user, start)).select_related("team__lead")
    return clashes(list(own), start=start, end=end, absent={user.pk: absent})


def _clashes(
    schedule: Schedule,
    rules: Rules,
    wanted: Mapping[UserId, list[Interval]],
    away: Mapping[UserId, list[Interval]],
    *,
    start: datetime,
    end: datetime,
) -> list[Clash]:
    value = rules.values[schedule.pk]
    if wanted.keys().isdisjoint(absence.named(value)):
        return []
    around = resolver.spans(value, start - SURROUNDING, end + SURROUNDING)
    duty = resolver.spans(value, start, end)
    return [
        _clash(schedule, rules, conflict, around, away)
        for conflict in absence.conflicts(duty, wanted)
    ]


def _clash(
    schedule: Schedule,
    rules: Rules,
    conflict: Conflict,
    spans: list[Span],
    away: Mapping[UserId, list[Interval]],
) -> Clash:
    value = rules.values[schedule.pk]
    people = absence.candidates(value, conflict.start, conflict.end)
    free = absence.covers(conflict, spans, people, away)
    covers = [
        Cover(rules.people[one.user], one.duty / timedelta(hours=1), one.back_to_back)
        for one in free
        if rules.people[one.user].status == UserStatus.ACTIVE
    ]
    person = rules.people[conflict.user]
    return Clash(schedule, person, conflict.start, conflict.end, covers[:FEW])


def told_of_clash(schedule: Schedule, user: User) -> list[User]:
    """Who is told that the duty of `user` meets time off: the person, and the team's lead.

    A schedule without a team, or a team without a lead, is answered for by the admins.
    """
    lead = schedule.team.lead if schedule.team else None
    if lead is not None and lead.status != UserStatus.DISABLED:
        return [user] if lead.pk == user.pk else [user, lead]
    admins = User.objects.filter(role=Role.ADMIN, status=UserStatus.ACTIVE).exclude(pk=user.pk)
    return [user, *admins]


def untold(now: datetime) -> QuerySet[TimeOff]:
    """New time off whose duty was not looked for yet."""
    rows = TimeOff.objects.filter(told_at=None, cancelled_at=None)
    return rows.filter(end__gt=now).order_by("id")


def people_untold(now: datetime, *, limit: int) -> list[User]:
    """Whose new time off that is."""
    return list(User.objects.filter(pk__in=untold(now).values("user")).order_by("pk")[:limit])


def oldest_untold(now: datetime) -> int | None:
    return untold(now).values_list("pk", flat=True).first()


def calendars_due(
    now: datetime, every: timedelta = timedelta(hours=1)
) -> QuerySet[AbsenceCalendar]:
    """Calendars that wait to be read: never read, asked for, or read an hour ago."""
    stale = Q(checked_at=None) | Q(checked_at__lte=now - EVERY)
    rows = AbsenceCalendar.objects.filter(stale).exclude(user__status=UserStatus.DISABLED)
    return rows.order_by("checked_at", "id")


def oldest_calendar_due(now: datetime) -> int | None:
    return calendars_due(now).values_list("pk", flat=True).first()
