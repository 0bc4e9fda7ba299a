"""Writer of service levels."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from core.actor import Actor
from core.errors import ValidationFailed
from schedules.models import SupportHours
from services import queries
from services.commands.records import write_audit
from services.domain import levels
from services.domain.levels import LONGEST_NOTICE, BadTarget, Target
from services.models import Service, ServiceLevel


def save_level(
    service: Service,
    *,
    enabled: bool,
    hours: SupportHours | None,
    targets: Mapping[str, Target],
    warn_ack_minutes: int,
    warn_resolve_minutes: int,
    tells_people: bool,
    by: Actor,
    now: datetime,
) -> ServiceLevel:
    """Replaces the service level; `targets` not named fall back to the defaults.

    Clocks that run follow within seconds. Switched on again, it counts for incidents opened from
    then on. Raises ValidationFailed for a target or a notice that does not work.
    """
    try:
        stored = levels.checked(targets, has_hours=hours is not None)
    except BadTarget as error:
        raise ValidationFailed(str(error), field=error.field) from error
    notices = {"warn_ack_minutes": warn_ack_minutes, "warn_resolve_minutes": warn_resolve_minutes}
    for name, minutes in notices.items():
        if not 1 <= minutes <= LONGEST_NOTICE:
            raise ValidationFailed("Warn at least a minute and at most a week ahead", field=name)
    with transaction.atomic():
        service = Service.objects.select_for_update().get(pk=service.pk)
        row = queries.level_of(service)
        before = _facts(row)
        if enabled and not row.enabled:
            row.since = now
        row.enabled, row.hours, row.targets = enabled, hours, stored
        row.warn_ack_minutes, row.warn_resolve_minutes = warn_ack_minutes, warn_resolve_minutes
        row.tells_people, row.changed_at, row.applied_at = tells_people, now, None
        row.save()
        after = _facts(row)
        changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if changes:
            write_audit("service.level_updated", service, by=by, now=now, changes=changes)
    return row


def _facts(row: ServiceLevel) -> dict[str, Any]:
    """What the audit log compares, in words that can be stored."""
    targets = {scope: asdict(target) for scope, target in levels.table(row.targets).items()}
    return {
        "enabled": row.enabled,
        "hours": row.hours.name if row.hours else None,
        "warn_ack_minutes": row.warn_ack_minutes,
        "warn_resolve_minutes": row.warn_resolve_minutes,
        "tells_people": row.tells_people,
        **targets,
    }
