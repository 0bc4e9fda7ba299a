"""Readers of the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Role, User
from core.crypto import key_hash
from core.database import hot_cursor, stored_time
from notifications.models import Delivery
from services.models import Integration, Service, ServiceLevel, ServiceWebhook

WEBHOOK_TESTS = "hook-test"  # subject kind of the deliveries


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


_DOOR = """
SELECT s.id, s.public_id, s.name, v.id, v.initial_delay_minutes, s.archived_at{more}
FROM {source}
LEFT JOIN escalation_escalationpolicy p ON p.id = s.policy_id
LEFT JOIN escalation_policyversion v ON v.id = p.current_id
WHERE {condition}
"""
_BY_KEY = _DOOR.format(
    more=", i.id, i.name, i.type, i.enabled",
    source=(
        "services_integrationkey k JOIN services_integration i ON i.id = k.integration_id"
        " JOIN services_service s ON s.id = i.service_id"
    ),
    condition="k.key_hash = %(hash)s AND k.revoked_at IS NULL"
    " AND (k.expires_at IS NULL OR k.expires_at > %(now)s)",
)
_BY_SERVICE = _DOOR.format(
    more="",
    source="services_service s",
    condition="s.public_id = %(id)s AND s.archived_at IS NULL",
)


def door_of_key(key: str, now: datetime) -> Door | None:
    """The door of an integration key that is neither revoked nor expired; else None.

    Raw SQL because it runs with every event: building the query cost more than running it.
    """
    return _door(_BY_KEY, {"hash": key_hash(key), "now": stored_time(now)})


def door_of_service(public_id: str) -> Door | None:
    """The door of a service for an API key that names it; archived services have none."""
    return _door(_BY_SERVICE, {"id": public_id})


def _door(sql: str, values: dict[str, Any]) -> Door | None:
    with hot_cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    if row is None:
        return None
    pk, public_id, name, version, delay, archived_at, *integration = row
    door = Door(
        pk, public_id, name, version, timedelta(minutes=delay or 0), archived_at is not None
    )
    if not integration:
        return door
    integration_id, label, kind, enabled = integration
    return replace(
        door,
        integration_id=integration_id,
        integration_name=label,
        integration_type=kind,
        enabled=bool(enabled),
    )


def live() -> QuerySet[Service]:
    """Services that are not archived, with what lists show."""
    return Service.objects.filter(archived_at=None).select_related("team", "policy")


def services_of_team(team_id: int) -> list[str]:
    """The services that the team owns, as words."""
    names = Service.objects.filter(archived_at=None, team=team_id).order_by("name")
    return [f"the service “{name}”" for name in names.values_list("name", flat=True)]


def may_post_events(user: User, service_id: int) -> bool:
    """Admins and responders may post to any service, users to services of their teams."""
    if user.role in {Role.ADMIN, Role.RESPONDER}:
        return True
    return Service.objects.filter(pk=service_id, team__memberships__user=user).exists()


def integrations_of(service: Service) -> QuerySet[Integration]:
    return service.integrations.prefetch_related("keys")


def last_webhook_test(webhook: ServiceWebhook) -> Delivery | None:
    """The newest test that was sent to it."""
    rows = Delivery.objects.filter(subject_kind=WEBHOOK_TESTS, subject_id=webhook.pk)
    return rows.defer("message", "secret").order_by("-id").first()


def door_of_integration(integration: Integration) -> Door | None:
    """The door of an integration that is known already: test events and sample data."""
    door = door_of_service(integration.service.public_id)
    return door and replace(
        door,
        integration_id=integration.pk,
        integration_name=integration.name,
        integration_type=integration.type,
        enabled=integration.enabled,
    )


def level_of(service: Service) -> ServiceLevel:
    """The service level; the defaults, not saved, where nobody has changed them."""
    try:
        return service.level
    except ServiceLevel.DoesNotExist:
        begun = service.created_at
        return ServiceLevel(service=service, since=begun, changed_at=begun, applied_at=begun)


def levels_of(service_ids: Iterable[int]) -> dict[int, ServiceLevel]:
    """By service, with one query."""
    rows = Service.objects.filter(pk__in=set(service_ids)).select_related("level")
    return {row.pk: level_of(row) for row in rows}


def levels_to_apply() -> QuerySet[ServiceLevel]:
    """Levels that changed, or whose support hours did, since clocks last followed them."""
    stale = Q(applied_at=None) | Q(hours__changed_at__gt=F("applied_at"))
    return ServiceLevel.objects.filter(stale).order_by("pk")


def oldest_level_to_apply(now: datetime) -> int | None:
    """For opsknight.recurring."""
    return levels_to_apply().values_list("pk", flat=True).first()


def services_by_hours(hours_id: int) -> list[str]:
    """The services whose targets count in these support hours, as words."""
    rows = ServiceLevel.objects.filter(hours=hours_id, service__archived_at=None)
    names = rows.order_by("service__name").values_list("service__name", flat=True)
    return [f"the service “{name}”" for name in names]
