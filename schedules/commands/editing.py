"""Writers of schedules. Rules are versioned: an edit closes one version and opens the next."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import Role, User, check_time_zone
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.commands import trail
from schedules.commands.ledger import begin_record
from schedules.domain import edit
from schedules.domain.walltime import in_utc
from schedules.models import (
    Layer,
    LayerVersion,
    RotationPhase,
    RotationUnit,
    Schedule,
)

MAX_SLOTS = 200
MAX_LAYERS = 30
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """The rules of a layer. `anchor` and `end` are wall-clock times of the schedule's zone."""

    unit: str
    anchor: datetime
    slots: Sequence[Sequence[int]]
    every: int = 1
    phase: str = RotationPhase.CALENDAR
    shift_length_minutes: int | None = None
    restrictions: Sequence[dict[str, Any]] = field(default_factory=tuple)
    end: datetime | None = None
    priority: int = 0


def create_schedule(
    *, name: str, time_zone: str, by: Actor, now: datetime, description: str = ""
) -> Schedule:
    """Raises ValidationFailed (unknown zone, no name) or Conflict (name taken)."""
    _check_zone(time_zone)
    clean = _name(name)
    try:
        with transaction.atomic():
            schedule = Schedule.objects.create(
                name=clean, time_zone=time_zone, description=description.strip()
            )
            begin_record(schedule, now=now)
            trail.record("schedule.created", schedule, by=by, now=now)
    except IntegrityError as error:
        raise Conflict(f"A schedule named “{clean}” exists already", field="name") from error
    return schedule


def update_schedule(
    schedule: Schedule,
    *,
    by: Actor,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
    time_zone: str | None = None,
) -> Schedule:
    """A new zone opens new versions of all layers at `now`: hand-offs move, the past does not."""
    if name is not None:
        schedule.name = _name(name)
    if description is not None:
        schedule.description = description.strip()
    moved = time_zone is not None and time_zone != schedule.time_zone
    if moved and time_zone:
        _check_zone(time_zone)
        schedule.time_zone = time_zone
    try:
        with transaction.atomic():
            schedule.save(update_fields=["name", "description", "time_zone"])
            if moved:
                _move_layers(schedule, now)
            trail.record("schedule.updated", schedule, by=by, now=now)
    except IntegrityError as error:
        raise Conflict(f"A schedule named “{name}” exists already", field="name") from error
    return schedule


def archive_schedule(schedule: Schedule, *, by: Actor, now: datetime) -> None:
    """Raises Conflict while an escalation policy pages whoever is on call in it."""
    with transaction.atomic():
        Schedule.objects.select_for_update().get(pk=schedule.pk)
        if users := queries.users_of(schedule):
            verb = "uses" if len(users) == 1 else "use"
            raise Conflict(f"{', '.join(users)} {verb} this schedule; change that first")
        schedule.archived_at = now
        schedule.save(update_fields=["archived_at"])
        trail.record("schedule.archived", schedule, by=by, now=now)


def add_layer(
    schedule: Schedule,
    spec: LayerSpec,
    *,
    name: str,
    by: Actor,
    now: datetime,
    effective_from: datetime | None = None,
) -> Layer:
    """A layer whose first version holds from `effective_from` (None: from its anchor on)."""
    _check(spec)
    count = schedule.layers.filter(removed_at=None).count()
    if count >= MAX_LAYERS:
        raise ValidationFailed(f"At most {MAX_LAYERS} layers", field="layers")
    with transaction.atomic():
        layer = Layer.objects.create(schedule=schedule, name=_name(name), position=count)
        row = _row(layer, spec, schedule.time_zone)
        row.valid_from = effective_from
        row.save()
        trail.record(
            "schedule.layer_added", schedule, by=by, now=now, changes={"layer": layer.name}
        )
    return layer


def edit_layer(
    layer: Layer,
    spec: LayerSpec,
    *,
    by: Actor,
    now: datetime,
    name: str | None = None,
    effective_from: datetime | None = None,
    restart: bool = False,
) -> LayerVersion:
    """A new version from `effective_from` (None: now); the person on call keeps the pager.

    With `restart` the rotation begins anew at its anchor. Raises ValidationFailed for a cut that
    lies before the version in force.
    """
    _check(spec)
    cut = effective_from or now
    with transaction.atomic():
        layer = Layer.objects.select_for_update().select_related("schedule").get(pk=layer.pk)
        if name is not None:
            layer.name = _name(name)
            layer.save(update_fields=["name"])
        old = layer.versions.filter(valid_to=None).first()
        if old is None:
            raise Conflict("The layer was removed meanwhile")
        new = _successor(old, spec, layer.schedule.time_zone, cut, restart=restart)
        trail.record("schedule.layer_edited", layer.schedule, by=by, now=now)
    return new


def remove_layer(layer: Layer, *, by: Actor, now: datetime) -> None:
    """Ends the layer now; what it said in the past stays."""
    with transaction.atomic():
        # One that is to end later, and one that is to begin later, end now as well.
        layer.versions.filter(Q(valid_to=None) | Q(valid_to__gt=now)).update(valid_to=now)
        layer.removed_at = now
        layer.save(update_fields=["removed_at"])
        trail.record("schedule.layer_removed", layer.schedule, by=by, now=now)


def usual_phase(unit: str, restrictions: Sequence[dict[str, Any]]) -> str:
    """A daily rota with windows counts active days, so that nobody is starved (section 2)."""
    daily = unit == RotationUnit.DAY and restrictions
    return RotationPhase.ACTIVE if daily else RotationPhase.CALENDAR


def check_not_past(user: User, instant: datetime | None, *, now: datetime, field: str) -> None:
    """Correcting the record is for admins: others plan ahead (schedule semantics, section 5).

    A form knows the minute only, so the minute that has begun counts as now.
    Raises ValidationFailed.
    """
    if instant and instant < now - MINUTE and user.role != Role.ADMIN:
        raise ValidationFailed("Only an admin may change the past", field=field, reason="past")


def _check(spec: LayerSpec) -> None:
    if spec.unit not in RotationUnit.values:
        raise ValidationFailed("unit is hour, day, week or month", field="rotation.unit")
    if spec.phase not in RotationPhase.values:
        raise ValidationFailed("phase is calendar or active", field="rotation.phase")
    if not spec.slots or len(spec.slots) > MAX_SLOTS:
        raise ValidationFailed(
            f"A rotation has 1 to {MAX_SLOTS} slots", field="rotation.slots", reason="required"
        )
    if spec.end is not None and spec.end <= spec.anchor:
        raise ValidationFailed("The end lies before the anchor", field="end")
    try:
        queries.version_value(_row(Layer(), spec, "UTC"))
    except (ValueError, KeyError, TypeError) as error:
        raise ValidationFailed(f"These rules do not work: {error}", field="rotation") from error


def _row(layer: Layer, spec: LayerSpec, time_zone: str) -> LayerVersion:
    return LayerVersion(
        layer=layer,
        time_zone=time_zone,
        unit=spec.unit,
        every=spec.every,
        anchor=_wall(spec.anchor),
        phase=spec.phase,
        shift_length_minutes=spec.shift_length_minutes,
        slots=[list(slot) for slot in spec.slots],
        restrictions=list(spec.restrictions),
        end=_wall(spec.end) if spec.end else "",
        priority=spec.priority,
    )


def _wall(value: datetime) -> str:
    return value.isoformat(timespec="minutes")


def _successor(
    old: LayerVersion, spec: LayerSpec, time_zone: str, cut: datetime, *, restart: bool
) -> LayerVersion:
    draft = _row(old.layer, spec, time_zone)
    wanted = queries.version_value(draft)
    divide = edit.restarted if restart else edit.successor
    try:
        closed, opened = divide(
            queries.version_value(old),
            wanted.rotation,
            cut,
            zone=wanted.zone,
            restrictions=wanted.restrictions,
        )
    except ValueError as error:
        begins = old.valid_from and old.valid_from.isoformat(timespec="minutes")
        message = f"Newer rules of this layer begin at {begins}; choose a time from then on"
        raise ValidationFailed(message, field="effectiveFrom") from error
    old.valid_to = closed.valid_to
    old.save(update_fields=["valid_to"])
    draft.valid_from = opened.valid_from
    draft.anchor = _wall(opened.rotation.anchor)
    draft.first_index = opened.rotation.first_index
    draft.save()
    return draft


def _move_layers(schedule: Schedule, now: datetime) -> None:
    zone = zoneinfo.ZoneInfo(schedule.time_zone)
    rows = LayerVersion.objects.select_for_update().filter(layer__schedule=schedule, valid_to=None)
    for old in rows:
        value = queries.version_value(old)
        begun = value.valid_from is None or value.valid_from <= in_utc(now)
        cut = now if begun and value.valid_from else value.valid_from or now
        closed, opened = edit.successor(value, replace(value.rotation), cut, zone=zone)
        LayerVersion.objects.filter(pk=old.pk).update(valid_to=closed.valid_to)
        old.pk = None
        old.valid_from, old.valid_to = opened.valid_from, None
        old.time_zone = schedule.time_zone
        old.anchor = _wall(opened.rotation.anchor)
        old.first_index = opened.rotation.first_index
        old.save()


def _check_zone(name: str) -> None:
    try:
        check_time_zone(name)
    except Exception as error:
        message = f"“{name[:64]}” is not a known time zone; use a name like Europe/Berlin"
        raise ValidationFailed(message, field="timeZone") from error


def _name(value: str) -> str:
    clean = " ".join(value.split())
    if not clean:
        raise ValidationFailed("Name is required", field="name", reason="required")
    return clean[:120]
