"""What a person's own duty is: on call now and until when, or the next shift."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from schedules import queries
from schedules.coverage import rules_around
from schedules.domain import model, resolver
from schedules.domain.shifts import runs
from schedules.models import HandoffNote, Schedule

AHEAD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Duty:
    """On call now: `until` None has no end in sight; `following` are on call after it."""

    schedule: Schedule
    until: datetime | None
    following: list[User]
    notes: list[HandoffNote]


@dataclass(frozen=True, slots=True)
class Coming:
    """The next shift in one schedule; it ends later than `end` when that is None."""

    schedule: Schedule
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class MyDuty:
    now: list[Duty]
    coming: list[Coming]


def duty_of(user: User, now: datetime) -> MyDuty:
    """Few queries, whatever the number of schedules; what ends or begins first comes first."""
    schedules = list(queries.live().filter(pk__in=queries.with_person(user, now)))
    rules = rules_around([row.pk for row in schedules], now)
    mine: list[tuple[Schedule, datetime, datetime | None]] = []
    coming: list[Coming] = []
    for schedule in schedules:
        value = rules.values[schedule.pk]
        around = resolver.shift_of(value, user.pk, now)
        if around is None:
            coming += _next(schedule, value, user, now)
        else:
            mine.append((schedule, around[0] or now, around[1]))
    notes = queries.notes_for([(schedule.pk, start) for schedule, start, _ in mine], rules)
    duties = []
    for schedule, _, end in mine:
        after = resolver.on_call(rules.values[schedule.pk], end) if end else ()
        people = [rules.people[one.user] for one in after]
        duties.append(Duty(schedule, end, people, notes[schedule.pk]))
    far = now + AHEAD * 10
    duties.sort(key=lambda one: one.until or far)
    return MyDuty(duties, sorted(coming, key=lambda one: one.start))


def _next(schedule: Schedule, value: model.Schedule, user: User, now: datetime) -> list[Coming]:
    parts = (one for one in runs(value, now, now + AHEAD) if one.user == user.pk)
    first = min(parts, key=lambda one: one.start, default=None)
    return [Coming(schedule, first.start, None if first.cut_end else first.end)] if first else []
