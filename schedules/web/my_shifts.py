"""A person's own coming shifts, to be given away, and those of others, to take in return."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from schedules import queries
from schedules.domain.resolver import spans
from schedules.models import Schedule
from schedules.queries import Rules

AHEAD = timedelta(days=60)
QUARTER = timedelta(minutes=15)
LISTED = 20


@dataclass(frozen=True, slots=True)
class MyShift:
    """One unbroken turn of a person; `running` is the rest of one that has begun."""

    schedule: Schedule
    user: User
    start: datetime
    end: datetime
    running: bool = False

    @property
    def key(self) -> str:
        """Names person and times in a form."""
        return f"{self.user.public_id}|{self.start.isoformat()}|{self.end.isoformat()}"


def own_shifts(user: User, now: datetime) -> list[MyShift]:
    """What the person serves in the next weeks, on any schedule, the next one first."""
    rows = list(queries.live().filter(pk__in=queries.with_person(user, now)))
    rules = queries.read([row.pk for row in rows], start=now, end=now + AHEAD)
    found = [one for row in rows for one in _turns(row, rules, [user], now)]
    return sorted(found, key=lambda one: (one.start, one.schedule.pk))[:LISTED]


def shifts_of_others(schedule: Schedule, user: User, now: datetime) -> list[MyShift]:
    """What other people of a schedule serve, whole turns that have not begun."""
    rules = queries.read([schedule.pk], start=now, end=now + AHEAD)
    others = [one for pk, one in rules.people.items() if pk != user.pk]
    found = [one for one in _turns(schedule, rules, others, now) if not one.running]
    return sorted(found, key=lambda one: (one.user.name, one.start))[: LISTED * 6]


def _turns(
    schedule: Schedule, rules: Rules, people: Iterable[User], now: datetime
) -> Iterable[MyShift]:
    """Cut where the reason changes, so that a cover is a turn of its own."""
    wanted = {user.pk: user for user in people}
    since: dict[tuple[int, object], datetime] = {}
    whole = spans(rules.values[schedule.pk], now, now + AHEAD)
    for span, following in zip(whole, [*whole[1:], None], strict=True):
        there = {(one.user, one.because) for one in span.on_call if one.user in wanted}
        after = {(one.user, one.because) for one in following.on_call} if following else set()
        for turn in there:
            begun = since.setdefault(turn, span.start)
            if turn not in after:
                del since[turn]
                running = begun == now
                start = _soon(now) if running else begun
                if start < span.end:
                    yield MyShift(schedule, wanted[turn[0]], start, span.end, running)


def _soon(now: datetime) -> datetime:
    """A time that has not passed when the form is sent: a request is about what is to come."""
    past = timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
    return now - past + 2 * QUARTER
