"""Quiet hours: chosen and cleared. What they hold back: `holds`."""

from collections.abc import Sequence
from datetime import datetime, time

from django.db import transaction

from accounts.domain import zones
from accounts.models import User
from audit import commands as audit
from core.actor import Actor
from core.errors import ValidationFailed
from notifications.models import QuietHours


def set_quiet_hours(
    user: User,
    *,
    start: time,
    end: time,
    by: Actor,
    now: datetime,
    days: Sequence[int] = tuple(range(7)),
    time_zone: str = "",
    mail_meanwhile: bool = False,
) -> QuietHours:
    """Replaces the person's quiet hours. Raises ValidationFailed."""
    if start == end:
        raise ValidationFailed("Begin and end are the same", field="end")
    if not days or not set(days) <= set(range(7)):
        raise ValidationFailed("Choose at least one day", field="days")
    if time_zone and time_zone not in zones.known():
        raise ValidationFailed("Unknown time zone", field="time_zone")
    fields = {
        "start": start,
        "end": end,
        "days": sorted(set(days)),
        "time_zone": time_zone,
        "mail_meanwhile": mail_meanwhile,
    }
    with transaction.atomic():
        row, _ = QuietHours.objects.update_or_create(user=user, defaults=fields)
        _trace(user, f"{start:%H:%M}-{end:%H:%M}", by, now)
    return row


def clear_quiet_hours(user: User, *, by: Actor, now: datetime) -> None:
    """Nothing waits any more from now on; what waits already keeps its time."""
    with transaction.atomic():
        QuietHours.objects.filter(user=user).delete()
        _trace(user, "", by, now)


def _trace(user: User, hours: str, by: Actor, now: datetime) -> None:
    audit.record(
        "quiet_hours.changed",
        by=by,
        now=now,
        target_type="user",
        target_id=user.public_id,
        target_label=str(user),
        changes={"quiet_hours": hours},
    )
