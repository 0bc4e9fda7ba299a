"""Which notices of shifts are due: soon, begun, over. Pure; told once is the command's business."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from schedules.domain import resolver
from schedules.domain.model import Schedule, UserId, users_of
from schedules.domain.shifts import SECOND, Shift, runs

LATE = timedelta(hours=1)
LOOK_BACK = timedelta(hours=24)
NOTES_BACK = timedelta(days=7)


class Kind(StrEnum):
    SOON = "SOON"
    START = "START"
    END = "END"


@dataclass(frozen=True)
class Notice:
    """`user` shall hear that a shift starts or ends `at` that instant.

    `late`: too late to be told as if it were news.
    """

    kind: Kind
    user: UserId
    at: datetime
    late: bool = False


@dataclass(frozen=True)
class Facts:
    """What a notice tells beside that.

    `others` were on call before the start, or are after the end; nobody: a gap.
    `until`: the end of a shift that starts; None when there is none to be seen.
    """

    others: tuple[UserId, ...]
    until: datetime | None = None


def due(schedule: Schedule, lead: timedelta, now: datetime) -> list[Notice]:
    """Return the notices of one schedule that are due at `now`, the oldest first.

    A person who simply goes on hears nothing. That a shift starts soon is said from `lead` before
    it until it starts. Starts and ends are told for LOOK_BACK; after LATE they are `late`.
    """
    parts = runs(schedule, now - LOOK_BACK, now + lead + SECOND)
    found = [one for part in parts for one in _of(part, lead, now)]
    return sorted(found, key=attrgetter("at", "user"))


def facts(schedule: Schedule, notice: Notice) -> Facts:
    """Return what else there is to tell; the rules must reach as far as a shift is looked for."""
    if notice.kind == Kind.END:
        return Facts(users_of(resolver.on_call(schedule, notice.at)))
    before = users_of(resolver.on_call(schedule, notice.at - SECOND))
    _, until = resolver.shift_of(schedule, notice.user, notice.at) or (None, None)
    return Facts(before, until)


def _of(part: Shift, lead: timedelta, now: datetime) -> Iterator[Notice]:
    if not part.cut_start:
        if part.start <= now:
            yield Notice(Kind.START, part.user, part.start, late=now - part.start > LATE)
        elif part.start - lead <= now:
            yield Notice(Kind.SOON, part.user, part.start)
    if not part.cut_end and part.end <= now:
        yield Notice(Kind.END, part.user, part.end, late=now - part.end > LATE)


def notes_count_from(schedule: Schedule, turn: datetime) -> datetime:
    """Return since when notes are meant for whoever comes on call at `turn`.

    That is the beginning of the shift before it, of the longest where several end or go on.
    """
    before = users_of(resolver.on_call(schedule, turn - SECOND))
    return min(_begun(schedule, before, turn - SECOND), default=turn - NOTES_BACK)


def _begun(schedule: Schedule, users: Iterable[UserId], at: datetime) -> Iterator[datetime]:
    for user in users:
        start, _ = resolver.shift_of(schedule, user, at) or (None, None)
        yield start or at - resolver.SHIFT_SEARCH
