"""Writes audit events, always inside the transaction of the change they describe."""

from datetime import datetime
from typing import Any

from audit.models import AuditEvent
from core.actor import Actor


def record(
    action: str,
    *,
    by: Actor,
    now: datetime,
    target_type: str = "",
    target_id: str = "",
    target_label: str = "",
    changes: dict[str, Any] | None = None,
) -> AuditEvent:
    """`action` is noun.verb, e.g. ``service.created``; `changes` never holds a secret."""
    return AuditEvent.objects.create(
        at=now,
        actor_type=by.type,
        actor_id=by.id,
        actor_label=by.label[:200],
        via=by.via,
        ip=by.ip,
        request_id=by.request_id,
        action=action,
        target_type=target_type,
        target_id=target_id,
        target_label=target_label[:255],
        changes=changes or {},
    )
