"""Who is on call at an instant, until when, why, and who is next: one answer for every door."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from schedules import queries
from schedules.domain import resolver
from schedules.domain.model import Because, OnCall, Source
from schedules.models import Schedule
from schedules.queries import Rules

LOOK_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Duty:
    """A person's unbroken shift around the instant; `because_id` is a public id.

    A start or end further away than `resolver.SHIFT_SEARCH` is None.
    """

    user: User
    start: datetime | None
    end: datetime | None
    because: Because
    because_id: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """`next_at` None: nothing changes within 60 days."""

    at: datetime
    duties: list[Duty]
    next_at: datetime | None
    next_users: list[User]

    @property
    def gap(self) -> bool:
        return not self.duties


@dataclass(frozen=True, slots=True)
class Served:
    """A person of a stretch and why."""

    user: User
    because: Because


@dataclass(frozen=True, slots=True)
class Stretch:
    """The same people for the same reasons through all of [start, end); nobody is a gap."""

    start: datetime
    end: datetime
    served: list[Served]

    @property
    def gap(self) -> bool:
        return not self.served


def coverage(schedule: Schedule, at: datetime) -> Coverage:
    """The answer for one schedule at `at`."""
    return coverage_at(rules_around([schedule.pk], at), schedule.pk, at)


def rules_around(schedule_ids: Iterable[int], at: datetime) -> Rules:
    """All that decides the answers around `at`, as far as a shift is looked for."""
    reach = resolver.SHIFT_SEARCH
    return queries.read(schedule_ids, start=at - reach, end=at + reach)


def coverage_at(rules: Rules, schedule_id: int, at: datetime) -> Coverage:
    """The answer at `at` for one of the schedules that were read."""
    value, people = rules.values[schedule_id], rules.people
    after = resolver.next_change(value, at, LOOK_AHEAD)
    duties = []
    for entry in resolver.on_call(value, at):
        start, end = resolver.shift_of(value, entry.user, at) or (None, None)
        because_id = _public_id(rules, schedule_id, entry.because)
        duties.append(Duty(people[entry.user], start, end, entry.because, because_id))
    later = [people[entry.user] for entry in after.on_call] if after else []
    return Coverage(at, duties, after.start if after else None, later)


def outlook(rules: Rules, schedule_id: int, start: datetime, end: datetime) -> list[Stretch]:
    """The answers over [start, end), gaps included."""
    return [
        Stretch(span.start, span.end, _served(rules, span.on_call))
        for span in resolver.spans(rules.values[schedule_id], start, end)
    ]


def _served(rules: Rules, on_call: tuple[OnCall, ...]) -> list[Served]:
    return [Served(rules.people[entry.user], entry.because) for entry in on_call]


def _public_id(rules: Rules, schedule_id: int, because: Because) -> str:
    if because.type == Source.LAYER:
        layers = (row.layer for row in rules.versions[schedule_id] if row.layer_id == because.id)
        return next((layer.public_id for layer in layers), "")
    single = because.type == Source.OVERRIDE
    rows = rules.overrides[schedule_id] if single else rules.series.get(schedule_id, [])
    return next((row.public_id for row in rows if row.pk == because.id), "")
