"""Subscriber of delivery events: timeline entries, and the next step when a step reached nobody."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from core.actor import SYSTEM
from incidents.commands.silence import unreached
from incidents.domain.marks import RESPONDER, SUBJECTS, call_of
from incidents.models import EscalationState, EventType, Incident, IncidentEvent, Page, Status
from incidents.shield.reach import nobody_reached
from notifications.models import (
    OPEN_STATES,
    Delivery,
    DeliveryEvent,
    DeliveryOutcome,
    DeliveryState,
)

log = logging.getLogger("opsknight.paging")

TYPES = {
    DeliveryOutcome.SENT: EventType.NOTIFICATION_SENT,
    DeliveryOutcome.DELIVERED: EventType.NOTIFICATION_DELIVERED,
    DeliveryOutcome.FAILED: EventType.NOTIFICATION_FAILED,
    DeliveryOutcome.NOT_SENT: EventType.NOTIFICATION_FAILED,
}
MOVING_ON = "nobody of the step can be reached, so the next one comes at once"
NOBODY_REACHED = {DeliveryOutcome.FAILED, DeliveryOutcome.NOT_SENT}


def record(events: Sequence[DeliveryEvent], now: datetime) -> None:
    """A timeline entry for each; nobody reacts to those, so they are born published."""
    ours = [event for event in events if event.delivery.subject_kind in SUBJECTS]
    ids = {event.delivery.subject_id for event in ours}
    rows = Incident.objects.filter(pk__in=ids) if ids else Incident.objects.none()
    there = set(rows.values_list("pk", flat=True))
    known = [event for event in ours if event.delivery.subject_id in there]
    IncidentEvent.objects.bulk_create(
        entry(event, event.delivery.subject_id, event.detail, now) for event in known
    )
    lost = [event.delivery for event in known if event.outcome in NOBODY_REACHED]
    pages = {
        (row.subject_id, row.page_key)
        for row in lost
        if row.subject_kind == "incident" and not call_of(row.page_key)
    }
    if pages:
        move_on(pages, now)
    for row in lost:
        if row.subject_kind == "incident" and call_of(row.page_key) == RESPONDER:
            _tell_asker(row, now)


def entry(event: DeliveryEvent, incident_id: int, detail: str, now: datetime) -> IncidentEvent:
    """The line of the timeline for one fate of a delivery."""
    delivery = event.delivery
    return IncidentEvent(
        incident_id=incident_id,
        type=TYPES[DeliveryOutcome(event.outcome)],
        at=event.at,
        actor_type=SYSTEM.type,
        actor_label=SYSTEM.label,
        via=SYSTEM.via,
        details={
            "channel": delivery.channel.lower(),
            "recipient": str(delivery.user or delivery.address),
            "status": event.outcome,
            "detail": detail,
        },
        published_at=now,
    )


def _tell_asker(failed: Delivery, now: datetime) -> None:
    """Somebody was asked to help, and the last channel failed."""
    mine = Delivery.objects.filter(
        subject_kind="incident", subject_id=failed.subject_id, page_key=failed.page_key
    )
    may_arrive = [*OPEN_STATES, DeliveryState.SENT]
    if failed.user_id and not mine.filter(state__in=may_arrive).exists():
        unreached(failed.subject_id, failed.user_id, now)


def move_on(pages: Collection[tuple[int, str]], now: datetime) -> None:
    """Where a step's last channel failed: waiting for an answer would be waiting for nobody.

    `pages`: incident and page key of what failed.
    """
    for pk, page_key in sorted(nobody_reached(pages)):
        run, _, step, *_ = page_key.split(".")
        moved = Incident.objects.filter(
            pk=pk,
            status=Status.OPEN,
            run=run,
            current_step=step,
            escalation_state=EscalationState.ESCALATING,
            escalate_at__gt=now,
        )
        if moved.update(escalate_at=now, updated_at=now):
            IncidentEvent.objects.create(**_moving_on(pk, page_key, now))
            log.warning("incident %d: step %s reached nobody, moving on", pk, step)


def _moving_on(pk: int, page_key: str, now: datetime) -> dict[str, Any]:
    run, cycle, step, kind, _ = page_key.split(".")
    pages = Page.objects.filter(incident=pk, run=run, cycle=cycle, step=step, kind=kind)
    names = sorted(str(page.user) for page in pages.select_related("user"))
    details = {"from_step": int(step) + 1, "reason": MOVING_ON, "unreached": names}
    return {
        "incident_id": pk,
        "type": EventType.ESCALATION,
        "at": now,
        "actor_type": SYSTEM.type,
        "actor_label": SYSTEM.label,
        "via": SYSTEM.via,
        "details": details,
        "published_at": now,
    }
