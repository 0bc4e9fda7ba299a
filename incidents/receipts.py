"""Subscriber of delivery events: timeline entries, and the next step when a step reached nobody."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from core.actor import SYSTEM
from incidents.domain.marks import call_of
from incidents.models import EscalationState, EventType, Incident, IncidentEvent, Page, Status
from notifications.models import (
    OPEN_STATES,
    Delivery,
    DeliveryEvent,
    DeliveryOutcome,
    DeliveryState,
)

log = logging.getLogger("opsknight.paging")

SUBJECTS = {"incident", "incident-news", "incident-hook", "incident-clock-hook"}
TYPES = {
    DeliveryOutcome.SENT: EventType.NOTIFICATION_SENT,
    DeliveryOutcome.DELIVERED: EventType.NOTIFICATION_DELIVERED,
    DeliveryOutcome.FAILED: EventType.NOTIFICATION_FAILED,
    DeliveryOutcome.NOT_SENT: EventType.NOTIFICATION_FAILED,
}
NOBODY_REACHED = {DeliveryOutcome.FAILED, DeliveryOutcome.NOT_SENT}


def record(events: Sequence[DeliveryEvent], now: datetime) -> None:
    """A timeline entry for each; nobody reacts to those, so they are born published."""
    ours = [event for event in events if event.delivery.subject_kind in SUBJECTS]
    ids = {event.delivery.subject_id for event in ours}
    incidents = Incident.objects.in_bulk(ids) if ids else {}
    known = [event for event in ours if event.delivery.subject_id in incidents]
    IncidentEvent.objects.bulk_create(_entry(event, now) for event in known)
    for event in known:
        delivery = event.delivery
        if delivery.subject_kind == "incident" and event.outcome in NOBODY_REACHED:
            _move_on_when_nobody_was_reached(incidents[delivery.subject_id], delivery, now)


def _entry(event: DeliveryEvent, now: datetime) -> IncidentEvent:
    delivery = event.delivery
    return IncidentEvent(
        incident_id=delivery.subject_id,
        type=TYPES[DeliveryOutcome(event.outcome)],
        at=event.at,
        actor_type=SYSTEM.type,
        actor_label=SYSTEM.label,
        via=SYSTEM.via,
        details={
            "channel": delivery.channel.lower(),
            "recipient": str(delivery.user or delivery.address),
            "status": event.outcome,
            "detail": event.detail,
        },
        published_at=now,
    )


def _move_on_when_nobody_was_reached(incident: Incident, delivery: Delivery, now: datetime) -> None:
    """The step's last channel failed: waiting for an answer would be waiting for nobody."""
    if call_of(delivery.page_key):
        return
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
