"""Shifts as people live them: one unbroken period of one person, whatever the reasons in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from schedules.domain import resolver
from schedules.domain.model import Schedule, UserId
from schedules.domain.walltime import in_utc

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Shift:
    """`user` is on call through all of `[start, end)`, and neither before nor after.

    `cut_start`: it began before `start`, further back than anybody looks; `cut_end`: it goes on
    after `end`, where looking stopped.
    """

    user: UserId
    start: datetime
    end: datetime
    cut_start: bool = False
    cut_end: bool = False


def shifts(schedule: Schedule, start: datetime, end: datetime) -> list[Shift]:
    """Return the shifts that touch `[start, end)`, each with its real start, in order of start.

    A shift that has begun before `start` is followed back as far as `resolver.SHIFT_SEARCH`; one
    that goes on after `end` is cut there. Computed from the answers of the resolver alone.
    """
    found = [_followed(schedule, one) for one in runs(schedule, start, end)]
    return sorted(found, key=attrgetter("start", "user"))


def runs(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Shift]:
    """Yield the parts of shifts within `[start, end)`, in order of their ends."""
    start, end = in_utc(start), in_utc(end)
    before = {one.user for one in resolver.on_call(schedule, start - SECOND)}
    running: dict[UserId, datetime] = {}
    for span in resolver.spans(schedule, start, end):
        there = set(span.users)
        for user in [user for user in running if user not in there]:
            since = running.pop(user)
            yield Shift(user, since, span.start, since == start and user in before)
        for user in span.users:
            running.setdefault(user, span.start)
    after = {one.user for one in resolver.on_call(schedule, end)} if running else set()
    for user, since in running.items():
        yield Shift(user, since, end, since == start and user in before, user in after)


def _followed(schedule: Schedule, part: Shift) -> Shift:
    """The shift with its real start, when it was on before."""
    if not part.cut_start:
        return part
    begun, _ = resolver.shift_of(schedule, part.user, part.start) or (None, None)
    return replace(part, start=begun or part.start, cut_start=begun is None)
