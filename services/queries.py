"""Readers of the catalogue."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import Role, User
from core.crypto import key_hash
from services.models import Integration, IntegrationKey, Service


@dataclass(frozen=True, slots=True)
class Door:
    """Where an event enters: all that ingest must know, from one query."""

    service_id: int
    service_public_id: str
    service_name: str
    policy_version_id: int | None
    initial_delay: timedelta
    archived: bool = False
    integration_id: int | None = None
    integration_name: str = ""
    integration_type: str = ""
    enabled: bool = True


_SERVICE_FIELDS = (
    "id",
    "public_id",
    "name",
    "archived_at",
    "policy__current_id",
    "policy__current__initial_delay_minutes",
)


def door_of_key(key: str, now: datetime) -> Door | None:
    """The door of an integration key that is neither revoked nor expired; else None."""
    fields = [f"integration__service__{name}" for name in _SERVICE_FIELDS]
    row = (
        IntegrationKey.objects.filter(key_hash=key_hash(key), revoked_at=None)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .values_list(
            *fields,
            "integration_id",
            "integration__name",
            "integration__type",
            "integration__enabled",
        )
        .first()
    )
    if row is None:
        return None
    return _door(row[:6], *row[6:])


def door_of_service(public_id: str) -> Door | None:
    """The door of a service for an API key that names it; archived services have none."""
    row = (
        Service.objects.filter(public_id=public_id, archived_at=None)
        .values_list(*_SERVICE_FIELDS)
        .first()
    )
    return _door(row) if row else None


def _door(
    service: tuple,
    integration_id: int | None = None,
    integration_name: str = "",
    integration_type: str = "",
    enabled: bool = True,
) -> Door:
    pk, public_id, name, archived_at, version_id, delay = service
    return Door(
        service_id=pk,
        service_public_id=public_id,
        service_name=name,
        policy_version_id=version_id,
        initial_delay=timedelta(minutes=delay or 0),
        archived=archived_at is not None,
        integration_id=integration_id,
        integration_name=integration_name,
        integration_type=integration_type,
        enabled=enabled,
    )


def live() -> QuerySet[Service]:
    """Services that are not archived, with what lists show."""
    return Service.objects.filter(archived_at=None).select_related("team", "policy")


def may_post_events(user: User, service_id: int) -> bool:
    """Admins and responders may post to any service, users to services of their teams."""
    if user.role in {Role.ADMIN, Role.RESPONDER}:
        return True
    return Service.objects.filter(pk=service_id, team__memberships__user=user).exists()


def integrations_of(service: Service) -> QuerySet[Integration]:
    return service.integrations.prefetch_related("keys")
