"""Shapes of provider accounts. Secrets are written, never read."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from rest_framework import serializers

from core.api_time import iso
from notifications.commands.providers import LABEL_LENGTH, TEXT_LENGTH
from notifications.domain.pace import MOST_PER_MINUTE
from notifications.domain.standing import Standing
from notifications.models import Channel, Delivery, DeliveryState
from notifications.providers.base import Field, Kind
from notifications.providers.overview import Card


def _texts() -> serializers.DictField:
    text = serializers.CharField(max_length=TEXT_LENGTH, allow_blank=True)
    return serializers.DictField(child=text, required=False)


def _limit(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0, max_value=MOST_PER_MINUTE, required=False, help_text=help_text
    )


class ProviderIn(serializers.Serializer):
    """Body of POST /api/providers; `settings` are the fields of its kind."""

    kind = serializers.CharField(max_length=30)
    label = serializers.CharField(max_length=LABEL_LENGTH, default="", allow_blank=True)
    enabled = serializers.BooleanField(default=True)
    perMinute = _limit(help_text="0: no limit; left out: what the vendor documents")
    settings = _texts()


class ProviderChange(serializers.Serializer):
    """Body of PATCH /api/providers/:id; an empty secret stays, `clear` empties the named fields."""

    label = serializers.CharField(max_length=LABEL_LENGTH, required=False, allow_blank=True)
    enabled = serializers.BooleanField(required=False)
    perMinute = _limit(help_text="0: no limit")
    settings = _texts()
    clear = serializers.ListField(child=serializers.CharField(max_length=60), required=False)


class TestIn(serializers.Serializer):
    """Body of POST /api/providers/:id/test; without an address it goes to one's own first way."""

    channel = serializers.ChoiceField(Channel.choices)
    address = serializers.CharField(max_length=500, default="", allow_blank=True)


class MoveIn(serializers.Serializer):
    """Body of POST /api/providers/:id/move: one place among the accounts of a channel."""

    channel = serializers.ChoiceField(Channel.choices)
    direction = serializers.ChoiceField(["up", "down"])


class HealthOut(serializers.Serializer):
    """How an account fares; `openUntil`: others of the channel go first until then."""

    standing = serializers.ChoiceField([one.value for one in Standing])
    failures = serializers.IntegerField()
    openUntil = serializers.DateTimeField(allow_null=True)
    lastOkAt = serializers.DateTimeField(allow_null=True)
    lastFailureAt = serializers.DateTimeField(allow_null=True)
    lastError = serializers.CharField()


class PaceOut(serializers.Serializer):
    """The limit of an account: `used` in the last sixty seconds (0 without a limit).

    `waiting` messages are held back; `restUntil`: the vendor asked for a pause until then.
    """

    perMinute = serializers.IntegerField()
    used = serializers.IntegerField()
    waiting = serializers.IntegerField()
    restUntil = serializers.DateTimeField(allow_null=True)


class ProviderOut(serializers.Serializer):
    """An account. `secretsSet` names its secrets; `environment`: field -> variable that decides."""

    id = serializers.CharField()
    kind = serializers.CharField()
    label = serializers.CharField()
    enabled = serializers.BooleanField()
    channels = serializers.ListField(child=serializers.ChoiceField(Channel.choices))
    settings = _texts()
    secretsSet = serializers.ListField(child=serializers.CharField())
    environment = _texts()
    missing = serializers.ListField(child=serializers.CharField())
    health = HealthOut()
    pace = PaceOut()


class ProvidersOut(serializers.Serializer):
    """All accounts: there are few, so they come at once."""

    providers = ProviderOut(many=True)


class ProviderChangedOut(ProviderOut):
    """The same, with what nobody can be reached by any more."""

    warnings = serializers.ListField(child=serializers.CharField())


class ProviderRemovedOut(serializers.Serializer):
    """The answer to DELETE."""

    deleted = serializers.BooleanField()
    id = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())


class FieldOut(serializers.Serializer):
    """One setting that a kind asks for."""

    name = serializers.CharField()
    label = serializers.CharField()
    hint = serializers.CharField()
    secret = serializers.BooleanField()
    required = serializers.BooleanField()
    variable = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class KindOut(serializers.Serializer):
    """A sort of provider."""

    kind = serializers.CharField()
    label = serializers.CharField()
    channels = serializers.ListField(child=serializers.ChoiceField(Channel.choices))
    settings = FieldOut(many=True)


class KindsOut(serializers.Serializer):
    """All sorts of providers."""

    kinds = KindOut(many=True)


class TestOut(serializers.Serializer):
    """A test message and what became of it."""

    id = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    state = serializers.ChoiceField(DeliveryState.choices)
    reason = serializers.CharField()
    deliveredAt = serializers.DateTimeField(allow_null=True)
    seenAt = serializers.DateTimeField(allow_null=True)


def provider_json(card: Card) -> dict[str, Any]:
    account, health = card.account, card.health
    plain = [value for value in card.values if not value.field.secret]
    secrets = [value for value in card.values if value.field.secret]
    return {
        "id": account.public_id,
        "kind": account.kind,
        "label": account.label,
        "enabled": account.enabled,
        "channels": [channel.value for channel in card.channels],
        "settings": {value.field.name: value.text for value in plain},
        "secretsSet": [value.field.name for value in secrets if value.text],
        "environment": {v.field.name: v.variable for v in card.values if v.variable},
        "missing": list(card.missing),
        "health": {
            "standing": card.standing.value,
            "failures": health.failures,
            "openUntil": iso(health.open_until),
            "lastOkAt": iso(health.last_ok_at),
            "lastFailureAt": iso(health.last_failure_at),
            "lastError": health.last_error,
        },
        "pace": {
            "perMinute": account.per_minute,
            "used": card.used,
            "waiting": card.waiting,
            "restUntil": iso(health.rest_until),
        },
    }


def kind_json(kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.key,
        "label": kind.label,
        "channels": [channel.value for channel in kind.sends],
        "settings": [_field_json(field) for field in kind.fields],
    }


def test_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": str(delivery.pk),
        "channel": delivery.channel,
        "state": delivery.state,
        "reason": delivery.reason,
        "deliveredAt": iso(delivery.delivered_at),
        "seenAt": iso(delivery.seen_at),
    }


def _field_json(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "hint": field.hint,
        "secret": field.secret,
        "required": field.required,
        "variable": field.env,
        "choices": [value for value, _ in field.choices],
    }
