"""Alarms of Pushover that repeat on a phone: what became of one, and the end of it."""

import logging
from datetime import datetime, timedelta

from django.db.models import QuerySet

from notifications.channels.base import Account, ChannelError
from notifications.models import Channel, Delivery, DeliveryState
from notifications.providers import pushover
from notifications.providers.pushover import ReceiptState

log = logging.getLogger(__name__)

RINGS = timedelta(seconds=pushover.EXPIRE_SECONDS + 60)


def ringing(now: datetime) -> QuerySet[Delivery]:
    """Pages whose phone may still ring: sent within the hour, with a receipt, nobody answered."""
    rows = Delivery.objects.filter(
        channel=Channel.PUSHOVER,
        subject_kind="incident",
        state=DeliveryState.SENT,
        created_at__gte=now - RINGS,
        seen_at=None,
    )
    return rows.exclude(reference="").select_related("user").defer("message", "secret")


def delivery_of(receipt: str) -> Delivery | None:
    """The page that a receipt belongs to."""
    rows = Delivery.objects.filter(channel=Channel.PUSHOVER, reference=receipt)
    return rows.filter(subject_kind="incident").select_related("user").first()


def state_of(account: Account, delivery: Delivery) -> ReceiptState | None:
    """What Pushover knows of the alarm; None when it does not answer."""
    try:
        return pushover.receipt(account, delivery.reference)
    except ChannelError as error:
        log.warning("no receipt of delivery %d: %s", delivery.pk, error.reason)
        return None


def end(account: Account, delivery: Delivery, *, now: datetime) -> None:
    """Stops the repetition of an alarm that is not needed any more, and asks no more about it."""
    try:
        pushover.cancel(account, delivery.reference)
    except ChannelError as error:
        log.warning("the alarm of delivery %d rings on: %s", delivery.pk, error.reason)
        return
    Delivery.objects.filter(pk=delivery.pk).update(reference="")
