"""Who of some people is not to be told at once, and until when: quiet hours, digests, duty."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.models import User
from core.database import AWAY
from notifications.domain import gathering, quiet
from notifications.models import LowDigest, QuietHours

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hold:
    """A message waits `until` then, or comes by mail at `mail_at`. `gathered`: with others."""

    until: datetime
    mail_at: datetime | None = None
    gathered: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """What holds back a person's messages: all that may wait, and those of low urgency."""

    quiet: Hold | None = None
    low: Hold | None = None


def holds(people: Iterable[User], low: Collection[int], now: datetime) -> dict[int, Holds]:
    """Of these people, those who are held back now. Nobody on duty is among them.

    `low`: keys of those for whom something of low urgency is there.
    """
    users = {user.pk: user for user in people}
    quiet_rows = QuietHours.objects.filter(user__in=users)
    hours = {row.user_id: _hours(row, users[row.user_id]) for row in quiet_rows}
    digests = LowDigest.objects.filter(user__in=low) if low else ()
    found = {pk: Holds(hold, hold) for pk, one in hours.items() if (hold := _quiet(one, now, now))}
    for row in digests:
        pk = row.user_id
        leaves = gathering.next_digest(digest_value(row, users[pk]), now)
        if leaves:
            present = found.get(pk, Holds())
            found[pk] = Holds(present.quiet, _gathered(leaves, hours.get(pk)))
    busy = _on_duty(found, now) if found else set()
    return {pk: hold for pk, hold in found.items() if pk not in busy}


def digest_value(row: LowDigest, user: User) -> gathering.LowDigest:
    """The choice as the clock needs it."""
    return gathering.LowDigest(gathering.Rhythm(row.rhythm), row.hour, user.zone)


def _gathered(leaves: datetime, hours: quiet.QuietHours | None) -> Hold:
    """A digest does not disturb a quiet time either: it leaves at its end, or by mail."""
    hold = _quiet(hours, leaves, leaves) if hours else None
    return Hold(hold.until, hold.mail_at, gathered=True) if hold else Hold(leaves, gathered=True)


def _quiet(hours: quiet.QuietHours, at: datetime, mail_at: datetime) -> Hold | None:
    until = quiet.quiet_until(hours, at)
    return Hold(until, mail_at if hours.mail_meanwhile else None) if until else None


def _hours(row: QuietHours, user: User) -> quiet.QuietHours:
    zone = ZoneInfo(row.time_zone) if row.time_zone else user.zone
    return quiet.QuietHours(row.start, row.end, frozenset(row.days), zone, row.mail_meanwhile)


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
