"""What to think of before a shift changes hands: no effect, a gap, double duty, time off, no rest.

Nothing here refuses; it is said before anybody saves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.models import User
from core.timetext import duration
from schedules import commands, queries
from schedules.domain import burden, model
from schedules.domain.resolver import WarningCode
from schedules.domain.windows import Interval, united, without
from schedules.models import Override, Schedule

REST = timedelta(days=8)


class Code(StrEnum):
    """The codes of the resolver, and those that need more than one schedule."""

    NOT_ON_CALL = WarningCode.NOT_ON_CALL
    CREATES_GAP = WarningCode.CREATES_GAP
    INACTIVE = WarningCode.INACTIVE
    OVERLAPS = "overlaps"
    ON_CALL_ALREADY = "on_call_already"
    AWAY = "away"
    LONG_RUN = "long_run"


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to think of, and when it holds."""

    code: Code
    text: str
    intervals: tuple[Interval, ...] = ()


def of_override(row: Override, now: datetime) -> list[Caution]:
    """What is odd about an override, saved or not."""
    found = [*_of_resolver(row), *_overlaps(row)]
    if row.user and model.OverrideKind(row.kind) != model.OverrideKind.REMOVE:
        found += of_taker(row.user, row.schedule, [(row.start, row.end)], now, besides=row)
    return found


def of_taker(
    user: User,
    schedule: Schedule,
    periods: Sequence[Interval],
    now: datetime,
    *,
    besides: Override | None = None,
    giving: Sequence[Interval] = (),
) -> list[Caution]:
    """What a person who takes these periods should know.

    `besides`: an override whose own effect is left out; `giving`: what is given in return.
    """
    serving = _duty(user, schedule, periods, now, besides)
    kept = without(serving, united(list(giving)))
    found = [*_double(user, kept, periods), *_away(user, periods)]
    runs = [burden.long_run(kept, start, end) for start, end in periods]
    if longest := max(filter(None, runs), default=None):
        text = f"With it {user} would be on call for {duration(longest)} without a break"
        found.append(Caution(Code.LONG_RUN, text))
    return found


def _of_resolver(row: Override) -> Iterable[Caution]:
    for warning in commands.warnings_of(row):
        yield Caution(
            Code(warning.code), _words(row, warning.code, warning.entire), warning.intervals
        )


def _words(row: Override, code: WarningCode, entire: bool) -> str:
    if code == WarningCode.CREATES_GAP:
        return "Nobody would be on call" + ("" if entire else " for a part of it")
    if code == WarningCode.INACTIVE:
        return f"{row.user} is disabled and will not be paged"
    when = "at all then" if entire else "all of that time"
    return f"{row.replaces or row.user} is not on call {when}; there the override does nothing"


def _overlaps(row: Override) -> Iterable[Caution]:
    """Other overrides that touch the same person or everybody, single ones and weekly ones."""
    value = queries.load([row.schedule_id], start=row.start, end=row.end)[row.schedule_id]
    own = (model.Source.OVERRIDE, row.pk)
    others = [one for one in value.overrides if (one.source, one.id) != own]
    if others:
        many = (
            f"{len(others)} other overrides hold" if len(others) > 1 else "Another override holds"
        )
        times = united([(one.start, one.end) for one in others])
        text = f"{many} then; later ones are applied on top of earlier ones"
        yield Caution(Code.OVERLAPS, text, tuple(burden.common(times, row.start, row.end)))


def _duty(
    user: User,
    schedule: Schedule,
    periods: Sequence[Interval],
    now: datetime,
    besides: Override | None,
) -> list[Interval]:
    """When the person serves around the periods, on any schedule."""
    start = min(low for low, _ in periods) - REST
    end = max(high for _, high in periods) + REST
    ids = queries.with_person(user, now) | {schedule.pk}
    found: list[Interval] = []
    for value in queries.load(ids, start=start, end=end).values():
        found += burden.duty(_without(value, besides), user.pk, start, end)
    return united(found)


def _without(value: model.Schedule, row: Override | None) -> model.Schedule:
    if row is None or row.pk is None:
        return value
    own = (model.Source.OVERRIDE, row.pk)
    kept = tuple(one for one in value.overrides if (one.source, one.id) != own)
    return replace(value, overrides=kept)


def _double(
    user: User, serving: Iterable[Interval], periods: Sequence[Interval]
) -> Iterable[Caution]:
    times = [one for low, high in periods for one in burden.common(serving, low, high)]
    if times:
        whole = united(times) == united(list(periods))
        text = f"{user} is on call already" + ("" if whole else " for a part of that time")
        yield Caution(Code.ON_CALL_ALREADY, text, tuple(times))


def _away(user: User, periods: Sequence[Interval]) -> Iterable[Caution]:
    times: list[Interval] = []
    for low, high in periods:
        away = queries.time_off([user.pk], start=low, end=high).get(user.pk, [])
        times += burden.common(away, low, high)
    if times:
        yield Caution(Code.AWAY, f"{user} has time off then", tuple(times))
