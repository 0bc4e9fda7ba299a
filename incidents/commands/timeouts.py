"""Acknowledgements that nothing followed: the incident is open again and pages."""

import logging
from datetime import datetime

from django.db import transaction

from core.actor import SYSTEM
from core.database import AWAY
from core.errors import NotFound
from incidents.commands import status
from incidents.commands.records import lock
from incidents.models import AcknowledgeTimer, Incident, Status

log_lines = logging.getLogger("opsknight.paging")


def expire_acknowledgements(now: datetime, limit: int = 100) -> int:
    """Opens those whose time is over; returns how many. Safe to run in several places at once."""
    due = AcknowledgeTimer.objects.filter(due_at__lte=now).order_by("due_at")
    opened, stuck = 0, None
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            opened += _expire(pk, now)
        except AWAY:
            raise
        except NotFound:
            continue  # deleted between the query and the lock
        except Exception as error:
            log_lines.exception("the acknowledgement of incident %d cannot be ended", pk)
            stuck = error
    if stuck:
        raise stuck  # the caller rests longer after each failure
    return opened


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
