"""Subscriber: a service's webhooks announce triggered, acknowledged, resolved and reopened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.api_time import iso
from incidents import links
from incidents.models import EventType, Incident, IncidentEvent
from notifications import commands as notifications
from notifications.domain.message import Message
from notifications.models import Channel
from services.models import ServiceWebhook

# event type -> (name in the body, switch of the webhook)
ANNOUNCED = {
    EventType.CREATED: ("triggered", "on_triggered"),
    EventType.ACKNOWLEDGED: ("acknowledged", "on_acknowledged"),
    EventType.RESOLVED: ("resolved", "on_resolved"),
    EventType.REOPENED: ("triggered", "on_triggered"),
}


def announce(events: Sequence[IncidentEvent], now: datetime) -> None:
    """One delivery per event and webhook that wants it; one query for a whole batch."""
    wanted = [event for event in events if event.type in ANNOUNCED]
    services = {event.incident.service_id for event in wanted}
    hooks = ServiceWebhook.objects.filter(service__in=services, enabled=True) if services else ()
    by_service: dict[int, list[ServiceWebhook]] = {}
    for hook in hooks:
        by_service.setdefault(hook.service_id, []).append(hook)
    requests = [
        _request(event, hook)
        for event in wanted
        for hook in by_service.get(event.incident.service_id, [])
        if getattr(hook, ANNOUNCED[EventType(event.type)][1])
    ]
    if requests:
        notifications.enqueue_direct(requests, now=now)


def _request(event: IncidentEvent, hook: ServiceWebhook) -> notifications.DirectRequest:
    name, _ = ANNOUNCED[EventType(event.type)]
    return notifications.DirectRequest(
        subject_kind="incident-hook",
        subject_id=event.incident_id,
        page_key=f"event.{event.pk}",
        target_key=f"hook.{hook.pk}",
        channel=Channel.WEBHOOK,
        address=hook.url,
        secret=hook.secret,
        message=_message(event.incident, name, event),
    )


def _message(incident: Incident, name: str, event: IncidentEvent) -> Message:
    return Message(
        kind="service_event",
        subject_id=str(incident.pk),
        title=incident.title,
        facts=(("Service", incident.service.name),),
        body="",
        url=links.incident_url(incident),
        actions=(),
        urgency=incident.urgency,
        tag=name,
        data=body(incident, name, event.at),
    )


def body(incident: Incident, name: str, at: datetime) -> dict[str, Any]:
    """The JSON body: the event, and the incident as it is now."""
    assignee = incident.assignee
    return {
        "event": {"type": name, "timestamp": iso(at)},
        "incident": {
            "id": incident.public_id,
            "number": incident.pk,
            "title": incident.title,
            "description": incident.description,
            "status": incident.status,
            "urgency": incident.urgency,
            "url": links.incident_url(incident),
            "service": {"id": incident.service.public_id, "name": incident.service.name},
            "assignee": assignee
            and {"id": assignee.public_id, "name": assignee.name, "email": assignee.email},
            "timestamps": {
                "created": iso(incident.created_at),
                "acknowledged": iso(incident.acknowledged_at),
                "resolved": iso(incident.resolved_at),
            },
        },
    }
