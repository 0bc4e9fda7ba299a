"""Subscriber: webhooks and chats of a service announce what is triggered, taken, over or late."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from core import language
from core.api_time import iso
from core.domain.phrase import mark
from incidents import links, messages
from incidents.models import EventType, Incident, IncidentEvent
from notifications import commands as notifications
from notifications.domain.message import Action, Message
from notifications.models import Channel, Delivery, DeliveryState
from services.models import ServiceWebhook, WebhookType

# event type -> (name in the body, switch of the webhook)
ANNOUNCED = {
    EventType.CREATED: ("triggered", "on_triggered"),
    EventType.ACKNOWLEDGED: ("acknowledged", "on_acknowledged"),
    EventType.RESOLVED: ("resolved", "on_resolved"),
    EventType.REOPENED: ("triggered", "on_triggered"),
    EventType.UNACKNOWLEDGED: ("triggered", "on_triggered"),
    EventType.SLA_WARNING: ("warning", "on_sla"),
    EventType.SLA_BREACHED: ("breached", "on_sla"),
}
# name -> (what is so, and the label of who did it)
STATES = {
    "triggered": (mark("Triggered"), mark("Triggered by")),
    "acknowledged": (mark("Acknowledged"), mark("Acknowledged by")),
    "resolved": (mark("Resolved"), mark("Resolved by")),
    "warning": (mark("Warning"), mark("By")),
    "breached": (mark("Breached"), mark("By")),
}
URGENCIES = {"HIGH": mark("High"), "MEDIUM": mark("Medium"), "LOW": mark("Low")}
LATER = {EventType.ACKNOWLEDGED, EventType.RESOLVED}
# Chats that can change what stands there already.
EDITED = (Channel.SLACK, Channel.DISCORD)
SUBJECT = "incident-hook"
# News of a clock are no state of the incident: no card follows them, none is overtaken by them.
CLOCK_SUBJECT = "incident-clock-hook"
OF_CLOCKS = {EventType.SLA_WARNING, EventType.SLA_BREACHED}
_OF_A_CARD = ("pk", "subject_id", "target_key", "page_key")


def announce(events: Sequence[IncidentEvent], now: datetime) -> None:
    """One delivery per event and webhook that wants it; few queries for a whole batch."""
    wanted = [event for event in events if event.type in ANNOUNCED]
    services = {event.incident.service_id for event in wanted}
    hooks = ServiceWebhook.objects.filter(service__in=services, enabled=True) if services else ()
    by_service: dict[int, list[ServiceWebhook]] = {}
    for hook in hooks:
        by_service.setdefault(hook.service_id, []).append(hook)
    pairs = [
        (event, hook)
        for event in wanted
        for hook in by_service.get(event.incident.service_id, [])
        if getattr(hook, ANNOUNCED[EventType(event.type)][1])
    ]
    cards = _cards_of(pairs)
    requests = [
        _request(event, hook, cards.get((event.incident_id, hook.target_key), ""))
        for event, hook in pairs
    ]
    if requests:
        notifications.enqueue_direct(requests, now=now)


def overtaken(
    deliveries: Sequence[tuple[int, int, str, int | None]], now: datetime
) -> dict[int, str]:
    """Guard of what chats are told: an older state must not take the place of a newer one.

    A program gets every event; for people in a chat only the newest is true.
    """
    asked = [pk for pk, *_ in deliveries]
    rows = Delivery.objects.filter(pk__in=asked, channel__in=EDITED).only(*_OF_A_CARD)
    mine = {row.pk: row for row in rows}
    if not mine:
        return {}
    told = Delivery.objects.filter(
        subject_kind=SUBJECT,
        subject_id__in={row.subject_id for row in mine.values()},
        state=DeliveryState.SENT,
    ).only(*_OF_A_CARD)
    newest: dict[tuple[int, str], int] = {}
    for row in told:
        place = (row.subject_id, row.target_key)
        newest[place] = max(newest.get(place, 0), _event_of(row))
    return {
        pk: "something newer was told"
        for pk, row in mine.items()
        if newest.get((row.subject_id, row.target_key), 0) > _event_of(row)
    }


def _event_of(delivery: Delivery) -> int:
    return int(delivery.page_key.removeprefix("event."))


def _cards_of(pairs: Sequence[tuple[IncidentEvent, ServiceWebhook]]) -> dict[tuple[int, str], str]:
    """(incident, webhook) -> the card that news about it take the place of."""
    later = [(e, hook) for e, hook in pairs if e.type in LATER and hook.sends_by in EDITED]
    if not later:
        return {}
    rows = Delivery.objects.filter(
        subject_kind=SUBJECT,
        subject_id__in={event.incident_id for event, _ in later},
        target_key__in={hook.target_key for _, hook in later},
        state=DeliveryState.SENT,
    ).exclude(reference="")
    places = rows.order_by("id").values_list("subject_id", "target_key", "reference")
    return {(incident, target): reference for incident, target, reference in places}


def _request(event: IncidentEvent, hook: ServiceWebhook, card: str) -> notifications.DirectRequest:
    name = ANNOUNCED[EventType(event.type)][0]
    generic = hook.type == WebhookType.GENERIC
    return notifications.DirectRequest(
        subject_kind=CLOCK_SUBJECT if event.type in OF_CLOCKS else SUBJECT,
        subject_id=event.incident_id,
        page_key=f"event.{event.pk}",
        target_key=hook.target_key,
        channel=hook.sends_by,
        address=hook.address,
        secret=hook.secret,
        message=_for_programs(event, name) if generic else _for_people(event, name, card),
    )


def _for_programs(event: IncidentEvent, name: str) -> Message:
    incident = event.incident
    return Message(
        kind="service_event",
        subject_id=str(incident.pk),
        title=incident.title,
        facts=((mark("Service"), incident.service.name),),
        url=links.incident_url(incident),
        urgency=incident.urgency,
        tag=name,
        data=body(incident, name, event.at, **_clock_of(event)),
    )


def _clock_of(event: IncidentEvent) -> dict[str, Any]:
    """What a program is told of a clock beside the incident; nothing for other events."""
    if event.type not in OF_CLOCKS:
        return {}
    details = event.details
    due = details.get("due_at")
    clock = {
        "clock": details.get("clock"),
        "targetMinutes": details.get("target_minutes"),
        "dueAt": iso(datetime.fromisoformat(due)) if due else None,
    }
    return {"serviceLevel": clock}


def _for_people(event: IncidentEvent, name: str, card: str) -> Message:
    """In a chat many read: it speaks the language of the installation."""
    code = language.resolve("")
    with language.speaking(code):
        return _card(event, name, card, code)


def _card(event: IncidentEvent, name: str, card: str, code: str) -> Message:
    incident, clock = event.incident, event.type in OF_CLOCKS
    status = _(messages.STATUSES[incident.status] if clock else STATES[name][0])
    facts = [
        (_("Service level"), messages.clock_words(event, UTC) if clock else ""),
        (_("Service"), incident.service.name),
        (_("Status"), status),
        (_("Urgency"), _(URGENCIES[incident.urgency])),
        (_("Assigned to"), str(incident.assignee or incident.assigned_team or "")),
        (_(STATES[name][1]), event.actor_label if event.actor_type == "user" else ""),
    ]
    url = links.incident_url(incident)
    take = [Action(_("Acknowledge"), links.take_url(incident))] if name == "triggered" else []
    return Message(
        kind="service_event",
        subject_id=str(incident.pk),
        title=f"#{incident.pk} {incident.title}",
        facts=tuple((label, value) for label, value in facts if value),
        body=incident.description[:1000] if name == "triggered" else "",
        url=url,
        actions=(*take, Action(_("Open incident"), url, "secondary")),
        urgency=incident.urgency,
        tag=_(STATES[name][0]).lower(),
        data={"reference": card} if card else {},
        language=code,
        service=incident.service.name,
        state=name,
    )


def body(incident: Incident, name: str, at: datetime, **more: Any) -> dict[str, Any]:
    """The JSON body: the event with what `more` says of it, and the incident as it is now."""
    assignee = incident.assignee
    return {
        "event": {"type": name, "timestamp": iso(at), **more},
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
