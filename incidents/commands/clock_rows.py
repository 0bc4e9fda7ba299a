"""Statements that write clocks: prepared once for all rows of a batch.

Django's bulk_create and bulk_update took three quarters of the time of a storm.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.database import hot_cursor, stored_time
from incidents.models import SlaClock

KEY = ("incident_id", "clock", "round")
READ = (
    "target_minutes",
    "started_at",
    "due_at",
    "left_seconds",
    "paused_at",
    "opens_at",
    "pauses",
    "warned_at",
    "breached_at",
    "met_at",
    "next_at",
)
_INSERTED = (*KEY, *READ, "shift_seconds", "changed_at")
_INSERT = (
    f"INSERT INTO incidents_slaclock ({', '.join(_INSERTED)})"  # noqa: S608 names of ours
    f" VALUES ({', '.join(['%s'] * len(_INSERTED))}) ON CONFLICT DO NOTHING"
)
_UPDATED = (*READ, "changed_at")
_UPDATE = (
    f"UPDATE incidents_slaclock SET {', '.join(f'{name} = %s' for name in _UPDATED)}"  # noqa: S608
    " WHERE id = %s"
)


def insert(rows: Sequence[SlaClock]) -> None:
    """New rows; one that somebody else wrote meanwhile stays as it is."""
    _run(_INSERT, [_values(row, _INSERTED) for row in rows])


def update(rows: Sequence[SlaClock]) -> None:
    """What was read of rows that are there; never how far the computer's clock was shifted."""
    _run(_UPDATE, [[*_values(row, _UPDATED), row.pk] for row in rows])


def facts(row: SlaClock) -> tuple[Any, ...]:
    """What was read of it, to be compared."""
    return tuple(getattr(row, name) for name in READ)


def _run(sql: str, values: list[list[Any]]) -> None:
    if values:
        with hot_cursor() as cursor:
            cursor.executemany(sql, values)


def _values(row: SlaClock, names: Sequence[str]) -> list[Any]:
    return [_stored(getattr(row, name)) for name in names]


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return stored_time(value)
    return json.dumps(value) if isinstance(value, list) else value
