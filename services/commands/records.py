"""What every writer of the catalogue does: a checked name, a line in the audit log."""

from datetime import datetime
from typing import Any

from audit import commands as audit
from core.actor import Actor
from core.errors import ValidationFailed
from services.models import Service

NAME_LENGTH = 120


def clean_name(value: str, field: str = "name") -> str:
    """One line without spaces around it. Raises ValidationFailed."""
    name = " ".join(value.split())
    if not name:
        raise ValidationFailed("Name is required", field=field, reason="required")
    if len(name) > NAME_LENGTH:
        raise ValidationFailed(f"Name is longer than {NAME_LENGTH} characters", field=field)
    return name


def write_audit(
    action: str,
    service: Service,
    *,
    by: Actor,
    now: datetime,
    changes: dict[str, Any] | None = None,
) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="service",
        target_id=service.public_id,
        target_label=service.name,
        changes=changes,
    )
