"""Writers of the catalogue: services, integrations and their keys."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Team
from core.actor import Actor
from core.crypto import key_hash
from core.errors import Conflict, ValidationFailed
from escalation.models import EscalationPolicy
from services.commands.records import clean_name, write_audit
from services.models import Integration, IntegrationKey, IntegrationType, Service

ROTATION_GRACE = timedelta(hours=24)  # both keys live this long after a rotation


def create_service(
    *,
    name: str,
    by: Actor,
    now: datetime,
    description: str = "",
    team: Team | None = None,
    policy: EscalationPolicy | None = None,
    ack_timeout_minutes: int | None = None,
) -> Service:
    """Raises ValidationFailed for a bad name, Conflict when the name is taken."""
    try:
        with transaction.atomic():
            service = Service.objects.create(
                name=clean_name(name),
                description=description.strip(),
                team=team,
                policy=policy,
                ack_timeout_minutes=ack_timeout_minutes or None,
            )
            write_audit("service.created", service, by=by, now=now)
    except IntegrityError as error:
        raise Conflict(f"A service named “{name}” exists already", field="name") from error
    return service


def update_service(service: Service, *, by: Actor, now: datetime, **changes: Any) -> Service:
    """Changes any of name, description, team, policy, the targets, ack_timeout_minutes.

    Running incidents keep the policy version they started with.
    """
    allowed = {
        "name",
        "description",
        "team",
        "policy",
        "target_ack_minutes",
        "target_resolve_minutes",
        "ack_timeout_minutes",
    }
    unknown = set(changes) - allowed
    if unknown:
        raise ValidationFailed(f"Unknown field {sorted(unknown)[0]}", field=sorted(unknown)[0])
    if "name" in changes:
        changes["name"] = clean_name(changes["name"])
    for field, value in changes.items():
        setattr(service, field, value)
    try:
        with transaction.atomic():
            service.save(update_fields=[*changes, "updated_at"])
            shown = {field: str(value) for field, value in changes.items()}
            write_audit("service.updated", service, by=by, now=now, changes=shown)
    except IntegrityError as error:
        raise Conflict(f"A service named “{service.name}” exists already", field="name") from error
    return service


def archive_service(service: Service, *, by: Actor, now: datetime) -> None:
    """Takes a service out of use: its keys answer 403, its incidents stay."""
    with transaction.atomic():
        service.archived_at = now
        service.save(update_fields=["archived_at", "updated_at"])
        write_audit("service.archived", service, by=by, now=now)


def create_integration(
    service: Service, *, name: str, type: str, by: Actor, now: datetime
) -> tuple[Integration, str]:
    """The integration and its key: 32 hex characters, shown only this once."""
    if type not in IntegrationType.values:
        options = ", ".join(IntegrationType.values)
        raise ValidationFailed(f"Unknown type “{type}”; possible: {options}", field="type")
    with transaction.atomic():
        integration = Integration.objects.create(service=service, name=clean_name(name), type=type)
        key = _new_key(integration, now=now)
        write_audit(
            "integration.created", service, by=by, now=now, changes={"name": integration.name}
        )
    return integration, key


def rotate_key(integration: Integration, *, by: Actor, now: datetime) -> str:
    """A second key; the ones before live on for a day so that no event is refused meanwhile."""
    with transaction.atomic():
        integration.keys.filter(revoked_at=None, expires_at=None).update(
            expires_at=now + ROTATION_GRACE
        )
        key = _new_key(integration, now=now)
        write_audit(
            "integration.key_rotated",
            integration.service,
            by=by,
            now=now,
            changes={"integration": integration.name, "last4": key[-4:]},
        )
    return key


def revoke_old_keys(integration: Integration, *, by: Actor, now: datetime) -> int:
    """Ends the keys that a rotation left alive; returns how many."""
    with transaction.atomic():
        ended = integration.keys.filter(revoked_at=None, expires_at__isnull=False).update(
            revoked_at=now
        )
        write_audit("integration.old_keys_revoked", integration.service, by=by, now=now)
    return ended


def set_integration_enabled(
    integration: Integration, enabled: bool, *, by: Actor, now: datetime
) -> None:
    with transaction.atomic():
        integration.enabled = enabled
        integration.save(update_fields=["enabled"])
        verb = "enabled" if enabled else "disabled"
        write_audit(f"integration.{verb}", integration.service, by=by, now=now)


def delete_integration(integration: Integration, *, by: Actor, now: datetime) -> None:
    with transaction.atomic():
        write_audit(
            "integration.deleted",
            integration.service,
            by=by,
            now=now,
            changes={"name": integration.name},
        )
        integration.delete()


def _new_key(integration: Integration, *, now: datetime) -> str:
    key = secrets.token_hex(16)
    IntegrationKey.objects.create(
        integration=integration, key_hash=key_hash(key), last4=key[-4:], created_at=now
    )
    return key
