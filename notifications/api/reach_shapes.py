"""How contact methods, rules and notifications look in the JSON API."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from rest_framework import serializers

from accounts.domain import zones
from core.api_time import iso
from notifications.commands.rules import (
    MAX_DELAY_MINUTES,
    MAX_REPEAT_MINUTES,
    MAX_REPEATS,
)
from notifications.domain import reasons
from notifications.domain.addresses import masked
from notifications.domain.gathering import MORNING, Rhythm
from notifications.models import (
    OFFERED,
    Channel,
    ContactMethod,
    Delivery,
    InAppNotification,
    LowDigest,
    NotificationRule,
    QuietHours,
    Urgency,
)

# A line under the bell needs no address; a device adds itself in its own browser.
TYPED = [c.value for c in OFFERED if c not in {Channel.IN_APP, Channel.PUSH}]


class ContactMethodIn(serializers.Serializer):
    """Body of POST: it is used at once, and verified by a code that the person enters."""

    channel = serializers.ChoiceField(choices=TYPED)
    address = serializers.CharField(max_length=1000)
    label = serializers.CharField(max_length=60, default="", allow_blank=True)  # type: ignore[assignment]
    secret = serializers.CharField(max_length=200, default="", allow_blank=True, write_only=True)


class ContactMethodChange(serializers.Serializer):
    """Body of PATCH; another address has to be verified anew."""

    address = serializers.CharField(max_length=1000, required=False)
    label = serializers.CharField(max_length=60, required=False, allow_blank=True)  # type: ignore[assignment]
    enabled = serializers.BooleanField(required=False)


class ContactMethodOut(serializers.Serializer):
    """`address` is masked for everybody but its owner; `failing`: its last message failed.

    `channelIsSetUp` false: no account sends by this channel, so nothing leaves until there is one.
    `channelIsFailing`: every account that does fails at the moment.
    """

    id = serializers.CharField()
    channel = serializers.CharField()
    address = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    enabled = serializers.BooleanField()
    failing = serializers.BooleanField()
    channelIsSetUp = serializers.BooleanField()
    channelIsFailing = serializers.BooleanField()
    verifiedAt = serializers.DateTimeField(allow_null=True)
    provenAt = serializers.DateTimeField(allow_null=True)


class PlaceIn(serializers.Serializer):
    """Body of POST …/move."""

    direction = serializers.ChoiceField(choices=["up", "down"])


class CodeIn(serializers.Serializer):
    code = serializers.CharField(max_length=20)


class QueuedOut(serializers.Serializer):
    """A message that is on its way."""

    deliveryId = serializers.IntegerField()


class RuleShape(serializers.Serializer):
    """One rule: after `delayMinutes`, then `repeatTimes` more, `repeatMinutes` apart."""

    contactMethodId = serializers.CharField(max_length=40)
    delayMinutes = serializers.IntegerField(min_value=0, max_value=MAX_DELAY_MINUTES, default=0)
    repeatMinutes = serializers.IntegerField(min_value=0, max_value=MAX_REPEAT_MINUTES, default=0)
    repeatTimes = serializers.IntegerField(min_value=0, max_value=MAX_REPEATS, default=0)


class LowDigestShape(serializers.Serializer):
    """How often what is of low urgency comes; `hour` of DAILY, by the person's own clocks."""

    rhythm = serializers.ChoiceField(choices=[one.value for one in Rhythm])
    hour = serializers.IntegerField(min_value=0, max_value=23, default=MORNING)


class RulesChange(serializers.Serializer):
    """Body of PUT: what is named is replaced; an empty list of rules means the defaults."""

    HIGH = RuleShape(many=True, required=False)
    MEDIUM = RuleShape(many=True, required=False)
    LOW = RuleShape(many=True, required=False)
    lowDigest = LowDigestShape(required=False)


class RulesOut(serializers.Serializer):
    HIGH = RuleShape(many=True)
    MEDIUM = RuleShape(many=True)
    LOW = RuleShape(many=True)
    lowDigest = LowDigestShape()


class QuietHoursShape(serializers.Serializer):
    """`days` are 0 (Monday) to 6; without `timeZone` the person's own clocks count."""

    start = serializers.TimeField(format="%H:%M")
    end = serializers.TimeField(format="%H:%M")
    days = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=6))
    timeZone = serializers.CharField(max_length=64, default="", allow_blank=True)
    mailMeanwhile = serializers.BooleanField(default=False)

    def validate_timeZone(self, name: str) -> str:  # noqa: N802  named after its field
        if name and name not in zones.known():
            raise serializers.ValidationError("Unknown time zone")
        return name


class QuietHoursOut(serializers.Serializer):
    quietHours = QuietHoursShape(allow_null=True)


class NotificationOut(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    urgent = serializers.BooleanField()
    createdAt = serializers.DateTimeField()
    readAt = serializers.DateTimeField(allow_null=True)


class NotificationsRead(serializers.Serializer):
    """Body of PATCH: all of them, or those that are named."""

    markAllAsRead = serializers.BooleanField(default=False)
    notificationIds = serializers.ListField(
        child=serializers.IntegerField(), default=list, max_length=200
    )


class ReadOut(serializers.Serializer):
    updated = serializers.IntegerField()
    unreadCount = serializers.IntegerField()


class DeliveryOut(serializers.Serializer):
    """One message and its fate; `address` is masked for everybody but its owner."""

    id = serializers.IntegerField()
    user = serializers.CharField(allow_null=True)
    channel = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    title = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    why = serializers.CharField()
    subject = serializers.DictField()
    attempts = serializers.IntegerField()
    createdAt = serializers.DateTimeField()
    finishedAt = serializers.DateTimeField(allow_null=True)
    deliveredAt = serializers.DateTimeField(allow_null=True)
    seenAt = serializers.DateTimeField(allow_null=True)


def method_json(
    method: ContactMethod, *, own: bool, failing: bool, set_up: bool, broken: bool
) -> dict[str, Any]:
    return {
        "id": method.public_id,
        "channel": method.channel,
        "address": _address(method.channel, method.address, own),
        "label": method.label,
        "enabled": method.enabled,
        "failing": failing,
        "channelIsSetUp": set_up,
        "channelIsFailing": broken and "://" not in method.address,
        "verifiedAt": iso(method.verified_at),
        "provenAt": iso(method.proven_at),
    }


def rules_json(
    found: dict[Urgency, list[NotificationRule]], digest: LowDigest | None
) -> dict[str, Any]:
    rules = {urgency.value: [_rule(row) for row in rows] for urgency, rows in found.items()}
    low = {"rhythm": Rhythm.AT_ONCE.value, "hour": MORNING}
    if digest:
        low = {"rhythm": digest.rhythm, "hour": digest.hour}
    return rules | {"lowDigest": low}


def quiet_json(row: QuietHours | None) -> dict[str, Any]:
    hours = row and {
        "start": f"{row.start:%H:%M}",
        "end": f"{row.end:%H:%M}",
        "days": row.days,
        "timeZone": row.time_zone,
        "mailMeanwhile": row.mail_meanwhile,
    }
    return {"quietHours": hours}


def notification_json(row: InAppNotification) -> dict[str, Any]:
    return {
        "id": row.pk,
        "title": row.title,
        "body": row.body,
        "url": row.url,
        "urgent": row.urgent,
        "createdAt": iso(row.created_at),
        "readAt": iso(row.read_at),
    }


def delivery_json(row: Delivery, *, own: bool) -> dict[str, Any]:
    return {
        "id": row.pk,
        "user": row.user.public_id if row.user else None,
        "channel": row.channel,
        "address": _address(row.channel, row.address, own),
        "title": row.title,
        "state": row.state,
        "subject": {"kind": row.subject_kind, "id": row.subject_id},
        "reason": row.reason,
        "why": reasons.sentence(row.why),
        "attempts": row.attempts,
        "createdAt": iso(row.created_at),
        "finishedAt": iso(row.finished_at),
        "deliveredAt": iso(row.delivered_at),
        "seenAt": iso(row.seen_at),
    }


def _address(channel: str, address: str, own: bool) -> str:
    shown = own and channel != Channel.PUSH  # whoever has that of a device may push there
    return address if shown or not address else masked(channel, address)


def _rule(row: NotificationRule) -> dict[str, Any]:
    return {
        "contactMethodId": row.contact_method.public_id,
        "delayMinutes": row.delay_minutes,
        "repeatMinutes": row.repeat_minutes,
        "repeatTimes": row.repeat_times,
    }
