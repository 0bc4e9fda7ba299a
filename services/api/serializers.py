"""Shapes of services and integrations."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from rest_framework import serializers

from core import config
from core.api_time import iso
from core.api_view import NamedRef
from notifications.domain.addresses import masked
from services.domain.levels import (
    LONGEST_MINUTES,
    LONGEST_NOTICE,
    WARN_ACK_MINUTES,
    WARN_RESOLVE_MINUTES,
)
from services.models import Integration, IntegrationType, Service, ServiceWebhook, WebhookType

TIMEOUT = "Acknowledged and silent for so many minutes: open again; null: never"


class ServiceIn(serializers.Serializer):
    """Body of POST /api/services."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2000, default="", allow_blank=True)
    teamId = serializers.CharField(max_length=40, required=False, allow_null=True)
    escalationPolicyId = serializers.CharField(max_length=40, required=False, allow_null=True)
    ackTimeoutMinutes = serializers.IntegerField(
        min_value=1, max_value=10_080, required=False, allow_null=True, help_text=TIMEOUT
    )


class ServiceChange(serializers.Serializer):
    """Body of PATCH /api/services/:id; null takes team or policy away."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    teamId = serializers.CharField(max_length=40, required=False, allow_null=True)
    escalationPolicyId = serializers.CharField(max_length=40, required=False, allow_null=True)
    ackTimeoutMinutes = serializers.IntegerField(
        min_value=1, max_value=10_080, required=False, allow_null=True, help_text=TIMEOUT
    )


class ServiceOut(serializers.Serializer):
    """A service."""

    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    team = NamedRef(allow_null=True)
    escalationPolicy = NamedRef(allow_null=True)
    ackTimeoutMinutes = serializers.IntegerField(allow_null=True, help_text=TIMEOUT)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class LevelTargetShape(serializers.Serializer):
    """Minutes; null promises nothing."""

    acknowledgeMinutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_MINUTES, allow_null=True
    )
    resolveMinutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_MINUTES, allow_null=True
    )
    inSupportHours = serializers.BooleanField(default=False)


class LevelIn(serializers.Serializer):
    """Body of PUT /api/services/:id/sla; `targets` by P1 … P5, HIGH, MEDIUM, LOW."""

    enabled = serializers.BooleanField(default=True)
    supportHoursId = serializers.CharField(max_length=40, default=None, allow_null=True)
    warnAcknowledgeMinutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_NOTICE, default=WARN_ACK_MINUTES
    )
    warnResolveMinutes = serializers.IntegerField(
        min_value=1, max_value=LONGEST_NOTICE, default=WARN_RESOLVE_MINUTES
    )
    tellsPeople = serializers.BooleanField(default=True)
    targets = serializers.DictField(child=LevelTargetShape(), default=dict)


class LevelOut(serializers.Serializer):
    """The service level, with every target. Incidents opened before `since` have no clocks."""

    enabled = serializers.BooleanField()
    since = serializers.DateTimeField()
    supportHours = NamedRef(allow_null=True)
    warnAcknowledgeMinutes = serializers.IntegerField()
    warnResolveMinutes = serializers.IntegerField()
    tellsPeople = serializers.BooleanField()
    targets = serializers.DictField(child=LevelTargetShape())


class IntegrationIn(serializers.Serializer):
    """Body of POST /api/services/:id/integrations."""

    name = serializers.CharField(max_length=120)
    type = serializers.ChoiceField(IntegrationType.choices, default=IntegrationType.EVENTS)


class IntegrationOut(serializers.Serializer):
    """An integration; keys are never shown again."""

    id = serializers.CharField()
    name = serializers.CharField()
    type = serializers.ChoiceField(IntegrationType.choices)
    enabled = serializers.BooleanField()
    keyLast4 = serializers.CharField()


class NewIntegrationOut(IntegrationOut):
    """The answer to POST: the only time key and URL are shown."""

    key = serializers.CharField()
    url = serializers.URLField()


def service_json(service: Service) -> dict[str, Any]:
    return {
        "id": service.public_id,
        "name": service.name,
        "description": service.description,
        "team": ref(service.team),
        "escalationPolicy": ref(service.policy),
        "ackTimeoutMinutes": service.ack_timeout_minutes,
        "createdAt": iso(service.created_at),
        "updatedAt": iso(service.updated_at),
    }


def ref(row: Any) -> dict[str, str] | None:
    """``{id, name}`` of any named noun."""
    return {"id": row.public_id, "name": row.name} if row else None


def integration_json(integration: Integration) -> dict[str, Any]:
    keys = [key.last4 for key in integration.keys.all() if key.revoked_at is None]
    return {
        "id": integration.public_id,
        "name": integration.name,
        "type": integration.type,
        "enabled": integration.enabled,
        "keyLast4": keys[0] if keys else "",
    }


def new_integration_json(integration: Integration, key: str) -> dict[str, Any]:
    plain = integration.type == IntegrationType.EVENTS
    path = "/api/events" if plain else f"/api/integrations/{integration.type}/{key}"
    return integration_json(integration) | {"key": key, "url": config.absolute(path)}


class WebhookEvents(serializers.Serializer):
    """Which changes of an incident are announced."""

    onTriggered = serializers.BooleanField(required=False)
    onAcknowledged = serializers.BooleanField(required=False)
    onResolved = serializers.BooleanField(required=False)
    onServiceLevel = serializers.BooleanField(required=False)


class WebhookIn(WebhookEvents):
    """Body of POST /api/services/:id/webhooks: `url`, or `channel` for Slack's app and Telegram."""

    name = serializers.CharField(max_length=120)
    type = serializers.ChoiceField(WebhookType.choices, default=WebhookType.GENERIC)
    url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    channel = serializers.CharField(max_length=40, required=False, allow_blank=True)
    secret = serializers.CharField(max_length=200, required=False, allow_blank=True)
    enabled = serializers.BooleanField(required=False)


class WebhookChange(WebhookEvents):
    """Body of PATCH: the type stays; an empty secret ends the signing."""

    name = serializers.CharField(max_length=120, required=False)
    url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    channel = serializers.CharField(max_length=40, required=False, allow_blank=True)
    secret = serializers.CharField(max_length=200, required=False, allow_blank=True)
    enabled = serializers.BooleanField(required=False)


class WebhookOut(serializers.Serializer):
    """A webhook or chat. The address of a chat lets anybody post there: only its host is told."""

    id = serializers.CharField()
    name = serializers.CharField()
    type = serializers.ChoiceField(WebhookType.choices)
    url = serializers.CharField()
    channel = serializers.CharField()
    signed = serializers.BooleanField()
    enabled = serializers.BooleanField()
    onTriggered = serializers.BooleanField()
    onAcknowledged = serializers.BooleanField()
    onResolved = serializers.BooleanField()
    onServiceLevel = serializers.BooleanField()
    createdAt = serializers.DateTimeField()


class WebhookTestOut(serializers.Serializer):
    """The delivery that carries the test."""

    deliveryId = serializers.IntegerField()


def webhook_json(webhook: ServiceWebhook) -> dict[str, Any]:
    return {
        "id": webhook.public_id,
        "name": webhook.name,
        "type": webhook.type,
        "url": masked(webhook.sends_by, webhook.url) if webhook.url else "",
        "channel": webhook.channel,
        "signed": bool(webhook.secret),
        "enabled": webhook.enabled,
        "onTriggered": webhook.on_triggered,
        "onAcknowledged": webhook.on_acknowledged,
        "onResolved": webhook.on_resolved,
        "onServiceLevel": webhook.on_sla,
        "createdAt": iso(webhook.created_at),
    }


def webhook_values(body: dict[str, Any]) -> dict[str, Any]:
    """The body in the words of the commands."""
    names = {
        "onTriggered": "on_triggered",
        "onAcknowledged": "on_acknowledged",
        "onResolved": "on_resolved",
        "onServiceLevel": "on_sla",
    }
    return {names.get(name, name): value for name, value in body.items()}
