"""Quiet hours: chosen, cleared, and asked about by what may wait."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.domain import zones
from accounts.models import User
from audit import commands as audit
from core.actor import Actor
from core.database import AWAY
from core.errors import ValidationFailed
from notifications.domain import quiet
from notifications.models import QuietHours

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hold:
    """A message waits until then, or goes by mail meanwhile."""

    until: datetime
    mail_meanwhile: bool


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


def holds(people: Iterable[User], now: datetime) -> dict[int, Hold]:
    """Who of them is not to be disturbed now, and until when. Nobody on duty is among them."""
    users = {user.pk: user for user in people}
    found = {}
    for row in QuietHours.objects.filter(user__in=users):
        until = quiet.quiet_until(_value(row, users[row.user_id]), now)
        if until:
            found[row.user_id] = Hold(until, row.mail_meanwhile)
    busy = _on_duty(found, now) if found else set()
    return {pk: hold for pk, hold in found.items() if pk not in busy}


def _on_duty(ids: Iterable[int], now: datetime) -> set[int]:
    """Asked of the schedules above. What cannot be told counts as duty: loud, not late."""
    try:
        with transaction.atomic():
            return set(import_string(settings.ON_DUTY)(set(ids), now))
    except AWAY:
        raise
    except Exception:
        log.exception("who is on duty could not be told; nobody's quiet hours count")
        return set(ids)


def _value(row: QuietHours, user: User) -> quiet.QuietHours:
    zone = ZoneInfo(row.time_zone) if row.time_zone else user.zone
    return quiet.QuietHours(row.start, row.end, frozenset(row.days), zone, row.mail_meanwhile)


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
