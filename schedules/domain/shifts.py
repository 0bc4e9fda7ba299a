"""Shifts as people live them: one unbroken period of one person, whatever the reasons in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from schedules.domain import resolver
from schedules.domain.model import Schedule, UserId
from schedules.domain.walltime import in_utc


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
    found = list(_runs(schedule, in_utc(start), in_utc(end)))
    return sorted(found, key=attrgetter("start", "user"))


def _runs(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Shift]:
    running: dict[UserId, datetime] = {}
    for span in resolver.spans(schedule, start, end):
        there = set(span.users)
        for user in [user for user in running if user not in there]:
            yield _shift(schedule, user, running.pop(user), span.start, start)
        for user in span.users:
            running.setdefault(user, span.start)
    further = {one.user for one in resolver.on_call(schedule, end)} if running else set()
    for user, since in running.items():
        yield _shift(schedule, user, since, end, start, cut_end=user in further)


def _shift(
    schedule: Schedule,
    user: UserId,
    since: datetime,
    until: datetime,
    edge: datetime,
    *,
    cut_end: bool = False,
) -> Shift:
    """The shift with its real start, when it was on already at the edge of the period."""
    if since > edge:
        return Shift(user, since, until, cut_end=cut_end)
    begun, _ = resolver.shift_of(schedule, user, edge) or (since, None)
    return Shift(user, begun or since, until, cut_start=begun is None, cut_end=cut_end)
