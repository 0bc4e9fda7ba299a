"""A message to exactly one contact method, whatever the rules say: a test, a code, an end."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from core import language
from notifications import accounts
from notifications.domain.message import Message
from notifications.models import Channel, ContactMethod, Delivery, DeliveryState

NEWS_RANK = 9


def deliver(
    method: ContactMethod, message: Message, subject_kind: str, page_key: str, *, now: datetime
) -> Delivery:
    """Queues it with the highest rank: somebody sits and waits for it."""
    subject = {"subject_kind": subject_kind, "subject_id": method.pk, "page_key": page_key}
    return Delivery.objects.create(**subject, **_columns(method, message, now), rank=0)


def close_pushes(
    page: tuple[str, int, str],
    news: tuple[str, str],
    said: Mapping[str, Message],
    *,
    but: Collection[int],
    now: datetime,
) -> int:
    """Replaces what still stands on devices after a page, also those of whoever ended it.

    `page`: subject kind, subject id and how the page keys begin; `news`: subject kind and page key
    of the closing pushes, once for each device; `said`: the words by language, also in that of the
    installation; `but`: contact methods that are told anyway.
    """
    kind, subject_id, prefix = page
    pushed = Delivery.objects.filter(
        channel=Channel.PUSH,
        subject_kind=kind,
        subject_id=subject_id,
        page_key__startswith=prefix,
        attempts__gt=0,
    ).exclude(state=DeliveryState.FAILED)
    devices = ContactMethod.objects.filter(pk__in=pushed.values("contact_method_id"), enabled=True)
    subject = {"subject_kind": news[0], "subject_id": subject_id, "page_key": news[1]}
    rows = [
        Delivery(**subject, **_columns(device, _fitting(said, device), now), rank=NEWS_RANK)
        for device in devices.exclude(pk__in=but).select_related("user").order_by("pk")
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _fitting(said: Mapping[str, Message], device: ContactMethod) -> Message:
    """Whoever ended it is among the readers, so that their language may be missing."""
    return said.get(language.resolve(device.user.language)) or said[language.resolve("")]


def _columns(method: ContactMethod, message: Message, now: datetime) -> dict[str, Any]:
    return {
        "target_key": method.public_id,
        "user_id": method.user_id,
        "contact_method": method,
        "channel": method.channel,
        "address": method.address,
        "secret": method.secret,
        "provider": accounts.bulkhead(method.channel, method.address, now),
        "message": message.to_json(),
        "next_attempt_at": now,
        "planned_at": now,
        "created_at": now,
    }
