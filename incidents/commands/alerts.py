"""Alerts in: one transaction per body, few statements, no row shared by two incidents.

This is the hot path. `INSERT … ON CONFLICT` on the partial unique index makes parallel identical
triggers meet in one incident on both databases; Django's bulk_create cannot name a partial index,
hence raw SQL. From the commit on the page is owed: the row itself, with `escalate_at` set, is the
promise that incidents.paging keeps.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from core import ids
from core.actor import Actor
from incidents.commands import status
from incidents.domain.alert import Action, AlertEvent
from incidents.models import ACTIVE, EventType, Incident, Status
from services.queries import Door

_OPEN_INCIDENT = """
INSERT INTO incidents_incident (
  public_id, service_id, integration_id, title, description, status, urgency, dedup_key, source,
  custom_details, links, alert_count, policy_version_id, escalation_state, run, cycle, next_step,
  escalate_at, quiet_start, snooze_reason, last_status_change, created_at, updated_at)
VALUES (%s, %s, %s, %s, %s, 'OPEN', %s, %s, %s, {json}, {json}, 1, %s, 'ESCALATING', 1, 1, 0,
  %s, {false}, '', %s, %s, %s)
ON CONFLICT (service_id, dedup_key) WHERE NOT (status = 'RESOLVED')
DO UPDATE SET alert_count = incidents_incident.alert_count + 1
RETURNING id, public_id, title, status, urgency, alert_count
"""
_ADD_ALERT = """
INSERT INTO incidents_alert (
  incident_id, service_id, integration_id, action, dedup_key, summary, severity, source, payload,
  created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, {json}, %s)
"""
_ADD_CREATED = """
INSERT INTO incidents_incidentevent (
  incident_id, type, at, actor_type, actor_id, actor_label, via, details)
VALUES (%s, %s, %s, %s, %s, %s, %s, {json})
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event; `incident_id` is the public id, "" when nothing matched."""

    action: str
    incident_id: str = ""
    title: str = ""
    status: str = ""
    urgency: str = ""
    dedup_key: str = ""


def ingest(door: Door, events: Sequence[AlertEvent], *, by: Actor, now: datetime) -> list[Outcome]:
    """Stores all events of one body or none; outcomes in the order of the events.

    Events are applied in order of their dedup key, so that two bodies never wait for each other
    in a circle; events of the same key keep their order.
    """
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
    details = json.dumps(event.details)
    description = json.dumps(event.details, indent=2, ensure_ascii=False) if event.details else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _sql(_OPEN_INCIDENT),
            [
                ids.incident(),
                door.service_id,
                door.integration_id,
                event.summary,
                description,
                event.urgency.value,
                event.dedup_key,
                event.source,
                details,
                json.dumps(list(event.links)),
                door.policy_version_id,
                _time(now + door.initial_delay),
                _time(now),
                _time(now),
                _time(now),
            ],
        )
        pk, public_id, title, state, urgency, count = cursor.fetchone()
        _add_alert(cursor, pk, door, event, now)
        if count == 1:
            message = {"message": f"Triggered by {door.integration_name or event.source}"}
            _add_created(cursor, pk, by, {**message, "source": event.source}, now)
    action = "triggered" if count == 1 else "deduplicated"
    return Outcome(action, public_id, title, state, urgency, event.dedup_key)


def _end(door: Door, event: AlertEvent, *, by: Actor, now: datetime) -> Outcome:
    """Acknowledge (open ones only, as the seed says) or resolve (any active one)."""
    wanted = [Status.OPEN] if event.action is Action.ACKNOWLEDGE else ACTIVE
    rows = Incident.objects.select_for_update(of=("self",)).filter(
        service_id=door.service_id, dedup_key=event.dedup_key
    )
    incident = rows.filter(status__in=wanted).first()
    with connection.cursor() as cursor:
        _add_alert(cursor, incident.pk if incident else None, door, event, now)
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
    )


def _add_alert(
    cursor: Any, incident_id: int | None, door: Door, event: AlertEvent, now: datetime
) -> None:
    cursor.execute(
        _sql(_ADD_ALERT),
        [
            incident_id,
            door.service_id,
            door.integration_id,
            event.action.value,
            event.dedup_key,
            event.summary,
            event.severity.value,
            event.source,
            json.dumps(event.raw),
            _time(now),
        ],
    )


def _add_created(
    cursor: Any, incident_id: int, by: Actor, details: dict[str, Any], now: datetime
) -> None:
    cursor.execute(
        _sql(_ADD_CREATED),
        [
            incident_id,
            EventType.CREATED.value,
            _time(now),
            by.type,
            by.id,
            by.label[:200],
            by.via,
            json.dumps(details),
        ],
    )


def _sql(template: str) -> str:
    postgres = connection.vendor == "postgresql"
    return template.format(json="%s::jsonb" if postgres else "%s", false="false" if postgres else 0)


def _time(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
