"""Keeps note of escalations that fail for a fault of ours, so that an admin hears of it."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from core.redaction import redact
from incidents.models import PagingFault
from notifications.domain.text import one_line

log = logging.getLogger("opsknight.paging")

KEPT = timedelta(days=7)
REASON_LENGTH = 300


def note_fault(incident_id: int, fault: Exception, *, told: bool, now: datetime) -> None:
    """One more try failed. `told`: a fallback contact was paged instead. Never raises."""
    reason = one_line(redact(f"{type(fault).__name__}: {fault}"), REASON_LENGTH)
    facts = {"reason": reason, "nobody_told": not told, "last_at": now}
    try:
        _put(incident_id, facts, now)
    except Exception:
        log.exception("the fault of incident %d could not be noted", incident_id)


def forget_faults(now: datetime) -> int:
    """Those that are long over; returns how many."""
    return PagingFault.objects.filter(last_at__lt=now - KEPT).delete()[0]


@transaction.atomic
def _put(incident_id: int, facts: dict[str, Any], now: datetime) -> None:
    known = PagingFault.objects.filter(incident_id=incident_id)
    if not known.update(tries=F("tries") + 1, **facts):
        PagingFault.objects.create(incident_id=incident_id, tries=1, since=now, **facts)
