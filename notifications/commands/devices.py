"""Devices that take pushes: added by a tap, proven by what they show, forgotten when gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import commands as audit
from core import egress, webpush
from core.actor import SYSTEM, Actor
from core.errors import Conflict, ValidationFailed
from notifications.commands import receipts
from notifications.commands.methods import add_method
from notifications.commands.notices import notify
from notifications.commands.push_keys import public_key
from notifications.domain.devices import GONE, DeviceKeys
from notifications.domain.words import Receipt
from notifications.models import Channel, ContactMethod, Delivery, DeliveryEvent, DeliveryOutcome

REACH = "/profile/reach/"
ENDPOINT_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser says of itself (PushSubscription.toJSON)."""

    endpoint: str
    p256dh: str
    auth: str


def add_device(
    user: User, subscription: Subscription, *, label: str, by: Actor, now: datetime
) -> ContactMethod:
    """Adds the device to the person's ways, or takes its new keys when it is there already.

    It counts as verified once it has shown a push. Raises ValidationFailed for an address or keys
    that no browser makes, Conflict when web push is switched off.
    """
    _check(subscription)
    secret = _secret(subscription, now)
    rows = ContactMethod.objects.filter(
        user=user, channel=Channel.PUSH, address=subscription.endpoint
    )
    if rows.update(secret=secret, enabled=True):
        return rows.get()
    return add_method(
        user,
        channel=Channel.PUSH,
        address=subscription.endpoint,
        label=label,
        secret=secret,
        by=by,
        now=now,
    )


def renew_device(
    device: ContactMethod, subscription: Subscription, *, by: Actor, now: datetime
) -> None:
    """The browser gave the device a new address. Raises as `add_device` does."""
    _check(subscription)
    values = {"address": subscription.endpoint, "secret": _secret(subscription, now)}
    try:
        with transaction.atomic():
            ContactMethod.objects.filter(pk=device.pk).update(
                **values, verified_at=None, proven_at=None
            )
            _audit("contact_method.renewed", device, by, now)
    except IntegrityError as error:
        raise Conflict("This device is there already", field="endpoint") from error
    device.refresh_from_db()


def note_answer(delivery_id: int, *, seen: bool, now: datetime) -> None:
    """The device showed a push, or somebody tapped it (`seen`): it works and is this person's."""
    status = Receipt.SEEN if seen else Receipt.DELIVERED
    receipts.note(delivery_id, status, now=now, detail="shown on the device")
    row = Delivery.objects.filter(pk=delivery_id).values("contact_method_id", "address").first()
    if row is not None:
        device = ContactMethod.objects.filter(pk=row["contact_method_id"], address=row["address"])
        device.filter(verified_at=None).update(verified_at=now)


def retire_gone(events: Sequence[DeliveryEvent], now: datetime) -> None:
    """Subscriber of deliveries: forgets devices that will never take a push again."""
    for event in events:
        push = event.delivery.channel == Channel.PUSH and event.outcome == DeliveryOutcome.FAILED
        if push and event.detail.startswith(GONE):
            _retire(event.delivery, event.detail, now)


def _retire(delivery: Delivery, why: str, now: datetime) -> None:
    """Unless it has a new address by now. Its person is told, also what is left."""
    if delivery.contact_method_id is None:
        return
    with transaction.atomic():
        rows = ContactMethod.objects.select_for_update(of=("self",)).select_related("user")
        device = rows.filter(id=delivery.contact_method_id, address=delivery.address).first()
        if device is None:
            return
        _audit("contact_method.gone", device, SYSTEM, now, why)
        others = ContactMethod.objects.filter(user=device.user, enabled=True).exclude(pk=device.pk)
        rest = (
            "Your other ways still work."
            if others.exists()
            else "Nothing else is switched on: you cannot be reached."
        )
        notify(
            [device.user],
            key=f"device-gone:{device.public_id}",
            title=f"{device.label or 'A device'} gets no pages any more",
            body=f"Its browser ended the subscription. Add it again on the device itself. {rest}",
            path=REACH,
            urgent=True,
            now=now,
        )
        device.delete()


def _check(subscription: Subscription) -> None:
    if len(subscription.endpoint) > ENDPOINT_LENGTH:
        raise ValidationFailed("The address of this device is too long", field="endpoint")
    try:
        egress.check_url(subscription.endpoint)
        webpush.check_keys(subscription.p256dh, subscription.auth)
    except egress.EgressBlocked as error:
        message = f"The push service of this device cannot be called: {error.reason}"
        raise ValidationFailed(message, field="endpoint") from error
    except ValueError as error:
        raise ValidationFailed(f"These are no keys of a browser: {error}", field="keys") from error


def _secret(subscription: Subscription, now: datetime) -> str:
    return DeviceKeys(subscription.p256dh, subscription.auth, public_key(now=now)).to_text()


def _audit(action: str, device: ContactMethod, by: Actor, now: datetime, why: str = "") -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="contact_method",
        target_id=device.public_id,
        target_label=str(device),
        changes={"why": why} if why else None,
    )
