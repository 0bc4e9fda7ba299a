"""Layers of a schedule. Rules are versioned: an edit closes one version and opens the next."""

import zoneinfo
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from core.actor import SYSTEM, Actor
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.commands import rebinding, revision, rules, trail
from schedules.commands.ledger import because, corrected
from schedules.commands.rules import LayerSpec
from schedules.domain import edit
from schedules.models import Layer, LayerVersion, Schedule

MAX_LAYERS = 30
REMOVED = "removed"


def add_layer(
    schedule: Schedule,
    spec: LayerSpec,
    *,
    name: str,
    by: Actor,
    now: datetime,
    effective_from: datetime | None = None,
    reason: str = "",
    confirm_gap: bool = False,
    seen: int | None = None,
) -> Layer:
    """A layer whose first version holds from `effective_from` (None: from its anchor on).

    `reason` goes into the record where that corrects it.
    Raises ValidationFailed for rules that do not work, Conflict for a gap that is not confirmed
    and for a schedule that changed since its revision `seen`.
    """
    rules.check(spec)
    with transaction.atomic():
        schedule = revision.change(schedule.pk, seen=seen)
        count = schedule.layers.filter(removed_at=None).count()
        if count >= MAX_LAYERS:
            raise ValidationFailed(f"At most {MAX_LAYERS} layers", field="layers")
        begins = effective_from or now
        note = because("a layer was added", reason)
        with (
            revision.no_new_gap(schedule.pk, start=begins, confirmed=confirm_gap),
            corrected(schedule, effective_from, by=by, now=now, note=note),
        ):
            layer = Layer.objects.create(
                schedule=schedule, name=rules.clean_name(name), position=count
            )
            row = rules.row_of(layer, spec, schedule.time_zone)
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
    reason: str = "",
    confirm_gap: bool = False,
    seen: int | None = None,
) -> LayerVersion:
    """A new version from `effective_from` (None: now); the person on call keeps the pager.

    With `restart` the rotation begins anew at its anchor. `reason` and Conflict as `add_layer`.
    Raises ValidationFailed for rules that do not work and for a cut that lies before the version
    in force.
    """
    cut = effective_from or now
    with transaction.atomic():
        schedule = revision.change(layer.schedule_id, seen=seen)
        layer = Layer.objects.select_for_update().get(pk=layer.pk)
        old = layer.versions.filter(valid_to=None).first()
        if old is None:
            raise Conflict("The layer was removed meanwhile", reason=REMOVED)
        rules.check(spec, staying={user for slot in old.slots for user in slot})
        if name is not None:
            layer.name = rules.clean_name(name)
            layer.save(update_fields=["name"])
        note = because(f"layer {layer.name} was changed", reason)
        with (
            revision.no_new_gap(schedule.pk, start=cut, confirmed=confirm_gap),
            corrected(schedule, cut, by=by, now=now, note=note),
        ):
            new = _succeed(old, spec, schedule.time_zone, cut, restart=restart)
            rebinding.rebind(old.pk, new, by=by, now=now)
        trail.record("schedule.layer_edited", schedule, by=by, now=now)
    return new


def remove_layer(
    layer: Layer, *, by: Actor, now: datetime, confirm_gap: bool = False, seen: int | None = None
) -> None:
    """Ends the layer now; what it said in the past stays. Raises Conflict as `add_layer`."""
    with transaction.atomic():
        schedule = revision.change(layer.schedule_id, seen=seen)
        with revision.no_new_gap(schedule.pk, start=now, confirmed=confirm_gap):
            # One that is to end later, and one that is to begin later, end now as well.
            layer.versions.filter(Q(valid_to=None) | Q(valid_to__gt=now)).update(valid_to=now)
            rebinding.unbind(layer, by=by, now=now)
        layer.removed_at = now
        layer.save(update_fields=["removed_at"])
        trail.record("schedule.layer_removed", schedule, by=by, now=now)


def move_layers(schedule: Schedule, now: datetime) -> None:
    """New versions on the clocks of the schedule's zone, but for layers with a zone of their own.

    Joins the transaction of the caller, who holds the schedule's lock.
    """
    rows = LayerVersion.objects.select_for_update().filter(
        layer__schedule=schedule, valid_to=None, own_zone=False
    )
    zone = zoneinfo.ZoneInfo(schedule.time_zone)
    for old in rows:
        value = queries.version_value(old)
        closed, opened = edit.relocated(value, zone, now)
        LayerVersion.objects.filter(pk=old.pk).update(valid_to=closed.valid_to)
        old.pk = None
        old.valid_from, old.valid_to = opened.valid_from, None
        old.time_zone = schedule.time_zone
        old.anchor = rules.wall_text(opened.rotation.anchor)
        old.first_index = opened.rotation.first_index
        old.save()
        rebinding.rebind(value.id or 0, old, by=SYSTEM, now=now)


def _succeed(
    old: LayerVersion, spec: LayerSpec, time_zone: str, cut: datetime, *, restart: bool
) -> LayerVersion:
    draft = rules.row_of(old.layer, spec, time_zone)
    closed, opened = rules.divided(old, draft, cut, restart=restart)
    old.valid_to = closed.valid_to
    old.save(update_fields=["valid_to"])
    draft.valid_from = opened.valid_from
    draft.anchor = rules.wall_text(opened.rotation.anchor)
    draft.first_index = opened.rotation.first_index
    draft.save()
    return draft
