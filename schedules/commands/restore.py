"""Undo: an override that was taken back holds again, from now on at the earliest."""

from datetime import datetime

from django.db import transaction

from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from schedules.commands import override_news, revision, trail
from schedules.commands.overrides import LONGEST_OVERRIDE
from schedules.models import Override, ShiftBinding


def restore_override(
    override: Override, *, end: datetime, by: Actor, now: datetime, confirm_gap: bool = False
) -> Override:
    """What was cancelled, or ended early, holds until `end` again; the past stays as it was.

    One that ran goes on as a second row in the same place of the order. Raises Conflict when
    nothing of it is left or it holds already, OpensGap when nobody would be on call with it.
    """
    if end <= now:
        raise Conflict("There is nothing left of this override")
    with transaction.atomic():
        revision.change(override.schedule_id)
        rows = Override.objects.select_for_update(of=("self",)).select_related("schedule")
        row = rows.get(pk=override.pk)
        if row.cancelled_at is None and (row.end > now or _goes_on(row, now)):
            raise Conflict("This override holds already")
        if end - row.start > LONGEST_OVERRIDE:
            raise ValidationFailed("An override lasts at most a year", field="end")
        start = max(row.start, now)
        if end <= start:
            raise ValidationFailed("The end lies before the start", field="end")
        with revision.no_new_gap(row.schedule_id, start=start, end=end, confirmed=confirm_gap):
            row = _held_again(row, start, end)
        trail.record("schedule.override_restored", row.schedule, by=by, now=now)
        override_news.added(row, by=by, now=now)
    return row


def _goes_on(row: Override, now: datetime) -> bool:
    """Whether it was restored already: a copy keeps its place in the order."""
    same = {"kind": row.kind, "user": row.user, "replaces": row.replaces}
    rows = Override.objects.filter(schedule=row.schedule_id, created_at=row.created_at, **same)
    return rows.filter(cancelled_at=None, end__gt=now).exclude(pk=row.pk).exists()


def _held_again(row: Override, start: datetime, end: datetime) -> Override:
    if row.cancelled_at is None:
        return _copy(row, start, end)
    row.cancelled_at, row.start, row.end = None, start, end
    row.save(update_fields=["cancelled_at", "start", "end"])
    return row


def _copy(row: Override, start: datetime, end: datetime) -> Override:
    binding = ShiftBinding.objects.filter(override=row).first()
    copy = Override.objects.create(
        schedule=row.schedule,
        kind=row.kind,
        user=row.user,
        replaces=row.replaces,
        start=start,
        end=end,
        created_at=row.created_at,
        created_by=row.created_by,
    )
    if binding:
        binding.pk, binding.override = None, copy
        binding.save(force_insert=True)
    return copy
