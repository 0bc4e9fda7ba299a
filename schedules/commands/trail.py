"""What happened to a schedule, for the audit log: one line per verb."""

from datetime import datetime
from typing import Any

from audit import commands as audit
from core.actor import Actor
from schedules.models import Schedule


def record(
    action: str,
    schedule: Schedule,
    *,
    by: Actor,
    now: datetime,
    changes: dict[str, Any] | None = None,
) -> None:
    """Joins the caller's transaction."""
    audit.record(
        action,
        by=by,
        now=now,
        target_type="schedule",
        target_id=schedule.public_id,
        target_label=schedule.name,
        changes=changes,
    )
