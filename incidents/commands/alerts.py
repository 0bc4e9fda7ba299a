"""Alerts in: one transaction per body, few statements, no row shared by two incidents.

From the commit on the page is owed: the row itself, with `escalate_at` set, is the promise that
incidents.paging keeps. The statements are in incidents.alert_rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core.actor import Actor
from incidents import alert_rows
from incidents.commands import status
from incidents.domain.alert import Action, AlertEvent
from incidents.models import ACTIVE, Incident, Status
from services.queries import Door


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event; `incident_id` is the public id, "" when nothing matched; `number`
    is its running number."""

    action: str
    incident_id: str = ""
    title: str = ""
    status: str = ""
    urgency: str = ""
    dedup_key: str = ""
    number: int = 0


def ingest(door: Door, events: Sequence[AlertEvent], *, by: Actor, now: datetime) -> list[Outcome]:
    """Stores all events of one body or none; outcomes in the order of the events.

    Events are applied in order of their dedup key, so that two bodies never wait for each other
    in a circle; events of the same key keep their order.
    """
    if len(events) == 1 and alert_rows.one_statement() and events[0].action is Action.TRIGGER:
        return [_trigger(door, events[0], by=by, now=now)]  # a transaction of its own
    order = sorted(range(len(events)), key=lambda index: events[index].dedup_key)
    outcomes: dict[int, Outcome] = {}
    with transaction.atomic():
        for index in order:
            outcomes[index] = _apply(door, events[index], by=by, now=now)
    return [outcomes[index] for index in range(len(events))]


def _apply(door: Door, event: AlertEvent, *, by: Actor, now: datetime) -> Outcome:
    if event.action is Action.TRIGGER:
        return _trigger(door, event, by=by, now=now)
    return _end(door, event, by=by, now=now)


def _trigger(door: Door, event: AlertEvent, *, by: Actor, now: datetime) -> Outcome:
    (number, public_id, title, state, urgency), new = alert_rows.trigger(door, event, by, now)
    action = "triggered" if new else "deduplicated"
    return Outcome(action, public_id, title, state, urgency, event.dedup_key, number)


def _end(door: Door, event: AlertEvent, *, by: Actor, now: datetime) -> Outcome:
    """Acknowledge (open ones only, see the Events API) or resolve (any active one)."""
    wanted = [Status.OPEN] if event.action is Action.ACKNOWLEDGE else ACTIVE
    rows = Incident.objects.select_for_update(of=("self",), no_key=True).filter(
        service_id=door.service_id, dedup_key=event.dedup_key
    )
    incident = rows.filter(status__in=wanted).first()
    alert_rows.keep(incident.pk if incident else None, door, event, now)
    if incident is None:
        return Outcome("ignored", dedup_key=event.dedup_key)
    verb = status.acknowledge if event.action is Action.ACKNOWLEDGE else status.resolve
    incident = verb(incident, by=by, now=now)
    action = "acknowledged" if event.action is Action.ACKNOWLEDGE else "resolved"
    return Outcome(
        action,
        incident.public_id,
        incident.title,
        incident.status,
        incident.urgency,
        event.dedup_key,
        incident.pk,
    )
