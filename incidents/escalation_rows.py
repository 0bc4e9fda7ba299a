"""The statements of the escalation: what is due, and where each run stands afterwards.

Raw SQL, because both run many times a second.
"""

from collections.abc import Iterable
from datetime import datetime

from core.database import hot_cursor, stored_time
from incidents.models import Incident

_DUE = """
SELECT id FROM incidents_incident WHERE status = 'OPEN' AND escalate_at <= %(now)s
ORDER BY CASE urgency WHEN 'HIGH' THEN 0 WHEN 'MEDIUM' THEN 1 ELSE 2 END, escalate_at, id
LIMIT %(limit)s
"""
_SAVE = """
UPDATE incidents_incident SET cycle = %s, next_step = %s, current_step = %s, escalate_at = %s,
  escalation_state = %s, hours_wait = %s, updated_at = %s
WHERE id = %s
"""


def due(now: datetime, limit: int) -> list[int]:
    """HIGH and oldest first. Building this query with Django cost more than running it."""
    with hot_cursor() as cursor:
        cursor.execute(_DUE, {"now": stored_time(now), "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def save(incidents: Iterable[Incident], now: datetime) -> None:
    """One prepared statement for all rows: Django's bulk_update spent half of a storm's time."""
    at = stored_time(now)
    rows = [
        (
            incident.cycle,
            incident.next_step,
            incident.current_step,
            stored_time(incident.escalate_at) if incident.escalate_at else None,
            str(incident.escalation_state),
            str(incident.hours_wait),
            at,
            incident.pk,
        )
        for incident in incidents
    ]
    with hot_cursor() as cursor:
        cursor.executemany(_SAVE, rows)
