"""Acknowledgements that nothing followed: the incident is open again and pages."""

import functools
from datetime import datetime

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
