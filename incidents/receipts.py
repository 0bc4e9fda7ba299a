"""Subscriber of delivery events: timeline entries, and the next step when a step reached nobody."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from core.actor import SYSTEM
from incidents.commands.records import log as log_event
from incidents.models import EscalationState, EventType, Incident, Page, Status
from notifications.models import (
    OPEN_STATES,
    Delivery,
    DeliveryEvent,
    DeliveryOutcome,
    DeliveryState,
)

log = logging.getLogger("opsknight.paging")

SUBJECTS = {"incident", "incident-news", "incident-hook"}
TYPES = {
    DeliveryOutcome.SENT: EventType.NOTIFICATION_SENT,
    DeliveryOutcome.FAILED: EventType.NOTIFICATION_FAILED,
    DeliveryOutcome.NOT_SENT: EventType.NOTIFICATION_FAILED,
}


def record(event: DeliveryEvent, now: datetime) -> None:
    delivery = event.delivery
    if delivery.subject_kind not in SUBJECTS:
        return
    with transaction.atomic():
        incident = Incident.objects.filter(pk=delivery.subject_id).first()
        if incident is None:
            return
        details = {
            "channel": delivery.channel.lower(),
            "recipient": str(delivery.user or delivery.address),
            "status": event.outcome,
            "detail": event.detail,
        }
        kind = TYPES[DeliveryOutcome(event.outcome)]
        log_event(incident, kind, by=SYSTEM, now=event.at, details=details)
    if delivery.subject_kind == "incident" and event.outcome != DeliveryOutcome.SENT:
        _move_on_when_nobody_was_reached(incident, delivery, now)


def _move_on_when_nobody_was_reached(incident: Incident, delivery: Delivery, now: datetime) -> None:
    """The step's last channel failed: waiting for an answer would be waiting for nobody."""
    run, cycle, step, kind, _ = delivery.page_key.split(".")
    pages = Page.objects.filter(incident=incident, run=run, cycle=cycle, step=step, kind=kind)
    keys = [page.key for page in pages]
    siblings = Delivery.objects.filter(
        subject_kind="incident", subject_id=incident.pk, page_key__in=keys
    )
    if _somebody_may_be_reached(siblings.values_list("state", flat=True)):
        return
    moved = Incident.objects.filter(
        pk=incident.pk,
        status=Status.OPEN,
        run=run,
        current_step=step,
        escalation_state=EscalationState.ESCALATING,
        escalate_at__gt=now,
    )
    if moved.update(escalate_at=now, updated_at=now):
        log.warning("incident %d: step %s reached nobody, moving on", incident.pk, step)


def _somebody_may_be_reached(states: Iterable[str]) -> bool:
    return any(state in OPEN_STATES or state == DeliveryState.SENT for state in states)
