"""Undo: an override that was taken back holds again, from now on at the earliest."""

from datetime import datetime

from django.db import transaction

from core.actor import Actor
from core.errors import Conflict
from schedules.commands import override_news, revision, trail
from schedules.models import Override, ShiftBinding


def restore_override(override: Override, *, end: datetime, by: Actor, now: datetime) -> Override:
    """What was cancelled, or ended early, holds until `end` again; the past stays as it was.

    One that ran goes on as a second row in the same place of the order. Raises Conflict when
    nothing of it is left.
    """
    if end <= now:
        raise Conflict("There is nothing left of this override")
    with transaction.atomic():
        revision.change(override.schedule_id)
        row = Override.objects.select_for_update().select_related("schedule").get(pk=override.pk)
        if row.cancelled_at is not None:
            row.cancelled_at = None
            row.start, row.end = max(row.start, now), end
            row.save(update_fields=["cancelled_at", "start", "end"])
        elif row.end <= now:
            row = _copy(row, now, end)
        trail.record("schedule.override_restored", row.schedule, by=by, now=now)
        override_news.added(row, by=by, now=now)
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
