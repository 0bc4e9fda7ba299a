"""The statements of the hot path: an alert becomes rows.

`INSERT … ON CONFLICT` on the partial unique index makes parallel identical triggers meet in one
incident, on both databases; Django's bulk_create cannot name a partial index, hence raw SQL. On
PostgreSQL one statement writes incident, alert and timeline entry: one round trip, prepared on the
server. SQLite has no such statement and no network in between: three, in one transaction.
"""

import json
from datetime import datetime
from typing import Any

from core import ids
from core.actor import Actor
from core.database import hot_cursor, is_postgresql, stored_time
from incidents.domain.alert import AlertEvent
from incidents.models import EventType
from services.queries import Door

Row = tuple[int, str, str, str, str]  # id, public id, title, status, urgency

_INCIDENT = """
INSERT INTO incidents_incident (
  public_id, service_id, integration_id, title, description, status, urgency, dedup_key, source,
  custom_details, links, alert_count, policy_version_id, escalation_state, run, cycle, next_step,
  escalate_at, quiet_start, snooze_reason, last_status_change, created_at, updated_at)
VALUES (%(public_id)s, %(service)s, %(integration)s, %(summary)s, %(description)s, 'OPEN',
  %(urgency)s, %(dedup_key)s, %(source)s, %(details)s, %(links)s, 1, %(policy_version)s,
  'ESCALATING', 1, 1, 0, %(due)s, {false}, '', %(now)s, %(now)s, %(now)s)
ON CONFLICT (service_id, dedup_key) WHERE NOT (status = 'RESOLVED')
DO UPDATE SET alert_count = incidents_incident.alert_count + 1
RETURNING id, public_id, title, status, urgency
"""
_ALERT = """
INSERT INTO incidents_alert (
  incident_id, service_id, integration_id, action, dedup_key, summary, severity, source, payload,
  created_at)
SELECT {incident}, %(service)s, %(integration)s, %(action)s, %(dedup_key)s, %(summary)s,
  %(severity)s, %(source)s, %(payload)s, %(now)s {source}
"""
_CREATED = """
INSERT INTO incidents_incidentevent (
  incident_id, type, at, actor_type, actor_id, actor_label, via, details)
SELECT {incident}, %(created)s, %(now)s, %(actor_type)s, %(actor_id)s, %(actor_label)s, %(via)s,
  %(event_details)s {source}
"""


def _typed(sql: str) -> str:
    """Server-side parameters in a SELECT list need their types spelled out."""
    kinds: dict[str, tuple[str, ...]] = {
        "jsonb": ("details", "links", "payload", "event_details"),
        "timestamptz": ("now", "due"),
        "bigint": ("service", "integration", "policy_version", "incident"),
    }
    for kind, names in kinds.items():
        for name in names:
            sql = sql.replace(f"%({name})s", f"%({name})s::{kind}")
    text = ("public_id", "action", "dedup_key", "summary", "severity", "source", "created", "via")
    for name in (*text, "actor_type", "actor_id", "actor_label", "description", "urgency"):
        sql = sql.replace(f"%({name})s", f"%({name})s::text")
    return sql


_AT_ONCE = _typed(
    # Only constants of this module meet here; every value is a parameter.
    "WITH opened AS ({incident}), kept AS ({alert}), noted AS ({created})"  # noqa: S608
    " SELECT id, public_id, title, status, urgency FROM opened".format(
        incident=_INCIDENT.format(false="false"),
        alert=_ALERT.format(incident="opened.id", source="FROM opened"),
        created=_CREATED.format(
            incident="opened.id", source="FROM opened WHERE public_id = %(public_id)s"
        ),
    )
)
_SQLITE_INCIDENT = _INCIDENT.format(false="0")
_SQLITE_ALERT = _ALERT.format(incident="%(incident)s", source="")
_SQLITE_CREATED = _CREATED.format(incident="%(incident)s", source="")
_POSTGRES_ALERT = _typed(_SQLITE_ALERT)


def one_statement() -> bool:
    """Whether a trigger needs no transaction around it."""
    return is_postgresql()


def trigger(door: Door, event: AlertEvent, by: Actor, now: datetime) -> tuple[Row, bool]:
    """Opens an incident or adds to the active one, and whether it is new; keeps the alert."""
    values = {**_values(door, event, now), **_incident_values(door, event, by, now)}
    with hot_cursor() as cursor:
        if is_postgresql():
            row = cursor.execute(_AT_ONCE, values).fetchone()
            return row, row[1] == values["public_id"]
        row = cursor.execute(_SQLITE_INCIDENT, values).fetchone()
        new = row[1] == values["public_id"]
        values["incident"] = row[0]
        cursor.execute(_SQLITE_ALERT, values)
        if new:
            cursor.execute(_SQLITE_CREATED, values)
        return row, new


def keep(incident_id: int | None, door: Door, event: AlertEvent, now: datetime) -> None:
    """The alert alone, for events that open nothing."""
    values = {**_values(door, event, now), "incident": incident_id}
    with hot_cursor() as cursor:
        cursor.execute(_POSTGRES_ALERT if is_postgresql() else _SQLITE_ALERT, values)


def _values(door: Door, event: AlertEvent, now: datetime) -> dict[str, Any]:
    return {
        "service": door.service_id,
        "integration": door.integration_id,
        "action": event.action.value,
        "dedup_key": event.dedup_key,
        "summary": event.summary,
        "severity": event.severity.value,
        "source": event.source,
        "payload": json.dumps(event.raw),
        "now": stored_time(now),
    }


def _incident_values(door: Door, event: AlertEvent, by: Actor, now: datetime) -> dict[str, Any]:
    pretty = json.dumps(event.details, indent=2, ensure_ascii=False) if event.details else ""
    message = f"Triggered by {door.integration_name or event.source}"
    return {
        "public_id": ids.incident(),
        "description": pretty,
        "urgency": event.urgency.value,
        "details": json.dumps(event.details),
        "links": json.dumps(list(event.links)),
        "policy_version": door.policy_version_id,
        "due": stored_time(now + door.initial_delay),
        "created": EventType.CREATED.value,
        "actor_type": by.type,
        "actor_id": by.id,
        "actor_label": by.label[:200],
        "via": by.via,
        "event_details": json.dumps({"message": message, "source": event.source}),
    }
