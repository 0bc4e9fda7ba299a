"""Acknowledgements that nothing followed: the incident is open again and pages."""

import functools
from datetime import datetime, timedelta

from django.db import transaction

from core.actor import SYSTEM
from core.errors import NotFound
from core.later import Later
from incidents.commands import status
from incidents.commands.records import lock
from incidents.models import AcknowledgeTimer, Incident, Status

_LATER = Later("the end of the acknowledgement of incident", gone=(NotFound,))


def expire_acknowledgements(now: datetime, limit: int = 100) -> int:
    """Opens those whose time is over; returns how many. Safe to run in several places at once."""
    due = AcknowledgeTimer.objects.filter(due_at__lte=now).order_by("due_at")
    return _LATER.each(due, functools.partial(_expire, now=now), now=now, limit=limit)


@transaction.atomic
def _expire(pk: int, now: datetime) -> bool:
    """Asked again under the row lock: whoever resolves or writes at this moment comes first."""
    incident = lock(Incident(pk=pk))
    timer = AcknowledgeTimer.objects.filter(pk=pk, due_at__lte=now)
    if not timer.exists():
        return False
    timer.delete()
    minutes = incident.service.ack_timeout_minutes
    if incident.status != Status.ACKNOWLEDGED or not minutes:
        return False
    status.forget_acknowledgement(incident, minutes, by=SYSTEM, now=now)
    return True


def time_untimed(now: datetime, limit: int = 500) -> int:
    """Acknowledgements from before their service wanted them timed: their time begins now."""
    rows = Incident.objects.filter(
        status=Status.ACKNOWLEDGED, service__ack_timeout_minutes__gt=0, acknowledge_timer=None
    )
    found = rows.order_by("pk").values_list("pk", "service__ack_timeout_minutes")[:limit]
    timers = [
        AcknowledgeTimer(
            incident_id=pk, due_at=now + timedelta(minutes=minutes or 0), planned_at=now
        )
        for pk, minutes in found
    ]
    return len(AcknowledgeTimer.objects.bulk_create(timers, ignore_conflicts=True))
