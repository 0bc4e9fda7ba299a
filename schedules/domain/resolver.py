"""Who is on call: the one function behind engine, preview, calendar feeds, API and reports.

Pure: the same schedule and instant give the same answer, and no position is stored. Instants are
aware and come back in UTC; a naive one raises ValueError. Intervals are half-open (D2).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from schedules.domain.layers import users_at
from schedules.domain.model import OnCall, Override, Schedule, Span, UserId, users_of
from schedules.domain.stack import from_layer, in_force, in_order, levels, rank, settle
from schedules.domain.sweep import answers
from schedules.domain.walltime import WALL_MAX, in_utc
from schedules.domain.windows import Interval, united, without

SHIFT_SEARCH = timedelta(days=400)

_LAST = WALL_MAX.replace(tzinfo=UTC) - timedelta(days=2)
_FIRST_STEP = timedelta(days=2)
_GROWTH = 4


def on_call(schedule: Schedule, at: datetime) -> tuple[OnCall, ...]:
    """Return who is on call at an instant, in order; empty is a gap (D5)."""
    at = in_utc(at)
    overrides = in_order(in_force(schedule.overrides, at))
    by_level = (
        tuple(one for layer in level for one in from_layer(layer, users_at(layer, at)))
        for level in levels(schedule.layers)
    )
    return settle(by_level, overrides, schedule.inactive)


def spans(schedule: Schedule, start: datetime, end: datetime) -> list[Span]:
    """Return the answers over `[start, end)`, gaps included, without seams.

    Neighbours differ in people or in the reason. Cutting the period elsewhere changes nothing but
    the outer edges. An empty period has no spans.
    """
    start, end = in_utc(start), min(in_utc(end), _LAST)
    if start >= end:
        return []
    found = list(answers(schedule, start, end))
    ends = [at for at, _ in found[1:]] + [end]
    return [Span(at, until, who) for (at, who), until in zip(found, ends, strict=True)]


def gaps(schedule: Schedule, start: datetime, end: datetime) -> list[Interval]:
    """Return the periods within `[start, end)` in which nobody is on call."""
    return [(one.start, one.end) for one in spans(schedule, start, end) if not one.on_call]


def shift_of(
    schedule: Schedule, user: UserId, at: datetime
) -> tuple[datetime | None, datetime | None] | None:
    """Return the unbroken period around `at` in which `user` is on call, whatever the reason.

    None if the user is not on call at `at`. An end that lies further away than SHIFT_SEARCH is
    None: there is none to show, rather than a made-up one.
    """
    at = in_utc(at)
    if user not in users_of(on_call(schedule, at)):
        return None
    before = _last(schedule, at - SHIFT_SEARCH, at, lambda one: user not in one.users)
    after = _first(schedule, at, at + SHIFT_SEARCH, lambda one: user not in one.users)
    return before.end if before else None, after.start if after else None


def next_change(schedule: Schedule, at: datetime, horizon: timedelta) -> Span | None:
    """Return the next span with other people than at `at`, or None within `horizon`.

    It ends where the people change again, at the latest at the horizon. Its reasons are those of
    its start.
    """
    at = in_utc(at)
    limit = at + horizon
    now = set(users_of(on_call(schedule, at)))
    changed = _first(schedule, at, limit, lambda one: set(one.users) != now)
    if changed is None:
        return None
    people = set(changed.users)
    over = _first(schedule, changed.start, limit, lambda one: set(one.users) != people)
    return Span(changed.start, over.start if over else limit, changed.on_call)


class WarningCode(StrEnum):
    """What is odd about an override that somebody is about to save."""

    NOT_ON_CALL = "not_on_call"
    CREATES_GAP = "creates_gap"
    INACTIVE = "inactive"


@dataclass(frozen=True)
class OverrideWarning:
    """An oddity and the periods in which it holds; `entire` means all through the override."""

    code: WarningCode
    intervals: tuple[Interval, ...]
    entire: bool


def override_warnings(schedule: Schedule, override: Override) -> list[OverrideWarning]:
    """Return what the author should confirm before `override` is saved.

    NOT_ON_CALL: the person to be taken off is not on call then, so nothing happens.
    CREATES_GAP: nobody is on call with it, and somebody is without it.
    INACTIVE: the person to come on call is disabled and will not be.
    `override` may be among the schedule's overrides already.
    """
    own = (override.source, override.id)
    others = tuple(one for one in schedule.overrides if (one.source, one.id) != own)
    found = {
        WarningCode.NOT_ON_CALL: _ineffective(schedule, override, others),
        WarningCode.CREATES_GAP: _new_gaps(schedule, override, others),
        WarningCode.INACTIVE: _inactive(schedule, override),
    }
    whole = [(in_utc(override.start), in_utc(override.end))]
    return [
        OverrideWarning(code, tuple(intervals), entire=intervals == whole)
        for code, intervals in found.items()
        if intervals
    ]


def _ineffective(
    schedule: Schedule, override: Override, others: tuple[Override, ...]
) -> list[Interval]:
    """Return when the person to be taken off is not there to be taken off."""
    if override.outgoing is None:
        return []
    earlier = tuple(one for one in others if rank(one) < rank(override))
    # A disabled person who is replaced does hold a place in the layer (D5).
    inactive = schedule.inactive - {override.outgoing}
    before = replace(schedule, overrides=earlier, inactive=inactive)
    found = spans(before, override.start, override.end)
    return united([(one.start, one.end) for one in found if override.outgoing not in one.users])


def _new_gaps(
    schedule: Schedule, override: Override, others: tuple[Override, ...]
) -> list[Interval]:
    known = gaps(replace(schedule, overrides=others), override.start, override.end)
    changed = replace(schedule, overrides=(*others, override))
    return without(gaps(changed, override.start, override.end), known)


def _inactive(schedule: Schedule, override: Override) -> list[Interval]:
    if override.incoming not in schedule.inactive:
        return []
    return [(in_utc(override.start), in_utc(override.end))]


def _first(
    schedule: Schedule, start: datetime, end: datetime, wanted: Callable[[Span], bool]
) -> Span | None:
    """Return the first wanted span in `[start, end)`, looking further in growing steps."""
    step = _FIRST_STEP
    while start < end:
        until = min(end, start + step)
        found = next(filter(wanted, spans(schedule, start, until)), None)
        if found is not None:
            return found
        start, step = until, step * _GROWTH
    return None


def _last(
    schedule: Schedule, start: datetime, end: datetime, wanted: Callable[[Span], bool]
) -> Span | None:
    """Return the last wanted span in `[start, end)`, looking back in growing steps."""
    step = _FIRST_STEP
    while start < end:
        since = max(start, end - step)
        found = next(filter(wanted, reversed(spans(schedule, since, end))), None)
        if found is not None:
            return found
        end, step = since, step * _GROWTH
    return None
