"""Receipts of providers on their way to the delivery that they are about."""

from datetime import datetime

from notifications.commands import receipts
from notifications.domain.words import Receipt
from notifications.models import Delivery, DeliveryState


def take(
    delivery_id: int,
    status: Receipt,
    *,
    reference: str,
    now: datetime,
    detail: str = "",
    provider_fault: bool = False,
) -> None:
    """Good news count whatever try they are about; bad news only about the last one.

    A message that a provider may have taken is sent again: if the first copy fails later, the
    second may have arrived.
    """
    if status == Receipt.UNDELIVERED and reference and _is_old(delivery_id, reference):
        return
    receipts.note(delivery_id, status, now=now, detail=detail, provider_fault=provider_fault)


def _is_old(delivery_id: int, reference: str) -> bool:
    """Whether it is about an earlier try. While one is under way, what is known is of the last."""
    known = Delivery.objects.filter(pk=delivery_id).exclude(reference="")
    for state, last in known.values_list("state", "reference"):
        return (last == reference) is (state == DeliveryState.SENDING)
    return False


def seen(channel: str, address: str, incident_id: int, *, now: datetime) -> None:
    """Whoever answers has read: the last page about the incident at this address was seen."""
    rows = Delivery.objects.filter(
        subject_kind="incident", subject_id=incident_id, channel=channel, address=address
    )
    last = rows.order_by("-id").values_list("pk", flat=True).first()
    if last is not None:
        receipts.note(last, Receipt.SEEN, now=now, detail="answered")
