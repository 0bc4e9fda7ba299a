"""Readers of schedules: rows become values for the resolver, one truth for every caller."""

import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from accounts.domain import roles
from accounts.models import User, UserStatus
from core.domain.phrase import Phrase
from schedules.domain import model
from schedules.models import LayerVersion, Override, OverrideKind, OverrideSeries, Schedule
from schedules.queries import changes
from schedules.queries.windows import restriction_value

Change = Override | OverrideSeries


@dataclass(frozen=True, slots=True)
class OnCallNow:
    """One person on call and why."""

    user: User
    because: model.Because

    @property
    def reason(self) -> str:
        """ "layer Week", "override: Replace a person"."""
        if self.because.type == model.Source.LAYER:
            return Phrase("layer {name}", name=self.because.name)
        kind = str(OverrideKind(self.because.name).label)
        if self.because.type == model.Source.SERIES:
            return Phrase("weekly override: {kind}", kind=Phrase(kind))
        return Phrase("override: {kind}", kind=Phrase(kind))


def live() -> QuerySet[Schedule]:
    return Schedule.objects.filter(archived_at=None)


def visible_to(user: User, now: datetime) -> QuerySet[Schedule]:
    """Live schedules that a person may see; one with the role of a user sees those he is on."""
    if roles.may(user.role, roles.Ability.VIEW_SCHEDULE):
        return live()
    return live().filter(pk__in=with_person(user, now)) if user.is_active else live().none()


def with_person(user: User, now: datetime) -> set[int]:
    """Schedules in whose rotations or overrides, running or to come, the person stands."""
    versions = LayerVersion.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now))
    found = {
        schedule
        for schedule, slots in versions.values_list("layer__schedule_id", "slots")
        if any(user.pk in slot for slot in slots)
    }
    either = Q(user=user) | Q(replaces=user)
    named = Override.objects.filter(either, cancelled_at=None, end__gt=now)
    series = OverrideSeries.objects.filter(either, Q(ended_at=None) | Q(ended_at__gt=now))
    return found.union(*(rows.values_list("schedule_id", flat=True) for rows in (named, series)))


@dataclass(frozen=True, slots=True)
class Rules:
    """Schedules as values of the resolver, with the rows and people they were made from."""

    values: dict[int, model.Schedule]
    versions: dict[int, list[LayerVersion]]
    overrides: dict[int, list[Override]]
    series: dict[int, list[OverrideSeries]]
    people: dict[int, User]


def load(
    schedule_ids: Iterable[int], *, start: datetime, end: datetime
) -> dict[int, model.Schedule]:
    """Schedules as values of the resolver, with the overrides that touch [start, end)."""
    return read(schedule_ids, start=start, end=end).values


def read(schedule_ids: Iterable[int], *, start: datetime, end: datetime) -> Rules:
    """Four queries for any number of schedules; series that come back appear as overrides.

    An archived schedule still answers: an incident may run on a policy version that names it.
    """
    ids = set(schedule_ids)
    versions: dict[int, list[LayerVersion]] = {pk: [] for pk in ids}
    overrides: dict[int, list[Override]] = {pk: [] for pk in ids}
    rows = LayerVersion.objects.filter(layer__schedule__in=ids).select_related("layer")
    for version in rows.order_by("layer__position", "layer_id", "id"):
        versions[version.layer.schedule_id].append(version)
    touching = Override.objects.filter(cancelled_at=None, end__gt=start, start__lt=end)
    for override in touching.filter(schedule__in=ids):
        overrides[override.schedule_id].append(override)
    series = changes.series_between(ids, start, end)
    mentioned = _mentioned(versions, overrides, series)
    people = User.objects.in_bulk(mentioned)
    inactive = frozenset(user for user in mentioned if not _may_be_paged(people.get(user)))
    coming = {pk: changes.expanded(rows, start, end) for pk, rows in series.items()}
    values = {
        pk: _value(pk, versions[pk], overrides[pk], coming.get(pk, ()), inactive) for pk in ids
    }
    return Rules(values, versions, overrides, series, people)


def _mentioned(
    versions: dict[int, list[LayerVersion]], *planned: Mapping[int, Iterable[Change]]
) -> set[int]:
    found = {
        user for rows in versions.values() for row in rows for slot in row.slots for user in slot
    }
    for kind in planned:
        named = ((row.user_id, row.replaces_id) for rows in kind.values() for row in rows)
        found |= {user for pair in named for user in pair if user}
    return found


def _value(
    pk: int,
    versions: list[LayerVersion],
    overrides: list[Override],
    coming: Iterable[model.Override],
    inactive: frozenset[int],
) -> model.Schedule:
    return model.Schedule(
        id=pk,
        zone=zoneinfo.ZoneInfo(versions[-1].time_zone if versions else "UTC"),
        layers=tuple(_layer(version) for version in versions),
        overrides=(*map(override_value, overrides), *coming),
        inactive=inactive,
    )


def _may_be_paged(user: User | None) -> bool:
    return user is not None and user.status != UserStatus.DISABLED


def _layer(version: LayerVersion) -> model.Layer:
    """Each version with the priority it had: a new priority changes nothing of the past."""
    return model.Layer(
        id=version.layer_id,
        name=version.layer.name,
        priority=version.priority,
        position=version.layer.position,
        versions=(version_value(version),),
    )


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


def users_of(schedule: Schedule) -> list[str]:
    """Names of what pages whoever is on call in it; asked upwards, through wiring."""
    return list(import_string(settings.SCHEDULE_USERS)(schedule.pk))


def unused(user: User, now: datetime) -> list[Schedule]:
    """Schedules that nobody takes turns in and no policy asks: nothing depends on them."""
    versions = LayerVersion.objects.filter(layer__schedule=OuterRef("pk"), layer__removed_at=None)
    holds = versions.filter(Q(valid_to=None) | Q(valid_to__gt=now))
    return [row for row in visible_to(user, now).filter(~Exists(holds))[:50] if not users_of(row)]


def current_overrides(schedule: Schedule, now: datetime) -> QuerySet[Override]:
    """Overrides that are running or to come."""
    rows = schedule.overrides.filter(Q(end__gt=now), cancelled_at=None)
    return rows.select_related("user", "replaces").order_by("start")
