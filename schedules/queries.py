"""Readers of schedules: rows become values for the resolver, one truth for every caller."""

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import User, UserStatus
from schedules.domain import model, resolver
from schedules.models import Layer, LayerVersion, Override, Schedule

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
NEXT_HORIZON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class OnCallNow:
    """One person on call and why."""

    user: User
    because: model.Because

    @property
    def reason(self) -> str:
        return f"on call: {self.because.type} {self.because.name}".strip()


def live() -> QuerySet[Schedule]:
    return Schedule.objects.filter(archived_at=None)


def on_call(schedule_ids: Iterable[int], at: datetime) -> dict[int, list[OnCallNow]]:
    """Who is on call in each schedule at `at`; an empty list is a gap. A few queries in all."""
    loaded = load(schedule_ids, start=at, end=at + timedelta(seconds=1))
    answers = {pk: resolver.on_call(schedule, at) for pk, schedule in loaded.items()}
    people = User.objects.in_bulk({entry.user for found in answers.values() for entry in found})
    return {
        pk: [OnCallNow(people[entry.user], entry.because) for entry in found]
        for pk, found in answers.items()
    }


def load(
    schedule_ids: Iterable[int], *, start: datetime, end: datetime
) -> dict[int, model.Schedule]:
    """Schedules as values of the resolver, with the overrides that touch [start, end)."""
    overrides = Override.objects.filter(cancelled_at=None, end__gt=start, start__lt=end)
    rows = live().filter(pk__in=set(schedule_ids))
    rows = rows.prefetch_related(
        Prefetch("overrides", queryset=overrides, to_attr="touching"),
        "layers__versions",
    )
    inactive = frozenset(
        User.objects.filter(status=UserStatus.DISABLED).values_list("pk", flat=True)
    )
    return {row.pk: as_value(row, row.touching, inactive) for row in rows}  # type: ignore[attr-defined]


def as_value(
    row: Schedule, overrides: Iterable[Override], inactive: frozenset[int]
) -> model.Schedule:
    return model.Schedule(
        id=row.pk,
        zone=zoneinfo.ZoneInfo(row.time_zone),
        layers=tuple(value for layer in row.layers.all() for value in _layers(layer)),
        overrides=tuple(override_value(override) for override in overrides),
        inactive=inactive,
    )


def _layers(row: Layer) -> list[model.Layer]:
    """Each version with the priority it had: a new priority changes nothing of the past."""
    return [
        model.Layer(
            id=row.pk,
            name=row.name,
            priority=version.priority,
            position=row.position,
            versions=(version_value(version),),
        )
        for version in row.versions.all()
    ]


def version_value(row: LayerVersion) -> model.LayerVersion:
    """A version row as the resolver's value."""
    return model.LayerVersion(
        id=row.pk,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        zone=zoneinfo.ZoneInfo(row.time_zone),
        rotation=model.Rotation(
            unit=model.Unit(row.unit),
            every=row.every,
            anchor=datetime.fromisoformat(row.anchor),
            slots=tuple(tuple(slot) for slot in row.slots),
            first_index=row.first_index,
            phase=model.Phase(row.phase),
            shift_length_minutes=row.shift_length_minutes,
        ),
        restrictions=tuple(restriction_value(item) for item in row.restrictions),
        end=datetime.fromisoformat(row.end) if row.end else None,
    )


def restriction_value(item: dict) -> model.Restriction:
    end_day = item.get("endDay")
    return model.Restriction(
        days=frozenset(DAYS.index(day) for day in item["days"]),
        start=time.fromisoformat(item["start"]),
        end=time.fromisoformat(item["end"]),
        end_day=None if end_day is None else DAYS.index(end_day),
    )


def override_value(row: Override) -> model.Override:
    """An override row, saved or not, as the resolver's value."""
    return model.Override(
        id=row.pk or 0,
        kind=model.OverrideKind(row.kind),
        user=row.user_id,
        replaces=row.replaces_id,
        start=row.start,
        end=row.end,
        created_at=row.created_at,
    )


def current_overrides(schedule: Schedule, now: datetime) -> QuerySet[Override]:
    """Overrides that are running or to come."""
    rows = schedule.overrides.filter(Q(end__gt=now), cancelled_at=None)
    return rows.select_related("user", "replaces").order_by("start")
