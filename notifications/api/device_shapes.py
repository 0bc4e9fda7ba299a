"""Shapes of devices that take pushes."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from rest_framework import serializers

from core.api_time import iso
from notifications.models import ContactMethod


class DeviceKeysIn(serializers.Serializer):
    p256dh = serializers.CharField(max_length=120)
    auth = serializers.CharField(max_length=60)


class DeviceIn(serializers.Serializer):
    """Body of POST /api/push-devices: what PushSubscription.toJSON() gives, and a name."""

    endpoint = serializers.CharField(max_length=1000)
    keys = DeviceKeysIn()
    label = serializers.CharField(max_length=60, default="Device")


class DeviceOut(serializers.Serializer):
    """A device; its address and keys are shown to nobody."""

    id = serializers.CharField()
    label = serializers.CharField()
    enabled = serializers.BooleanField()
    verifiedAt = serializers.DateTimeField(allow_null=True)
    lastSeenAt = serializers.DateTimeField(allow_null=True)


class DeviceAddedOut(DeviceOut):
    """`renewPath`: where the device POSTs its new subscription when the browser changes it."""

    renewPath = serializers.CharField()


class PushKeyOut(serializers.Serializer):
    publicKey = serializers.CharField()


def device_json(device: ContactMethod) -> dict[str, Any]:
    return {
        "id": device.public_id,
        "label": device.label,
        "enabled": device.enabled,
        "verifiedAt": iso(device.verified_at),
        "lastSeenAt": iso(device.proven_at),
    }
