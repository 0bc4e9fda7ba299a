"""A message to exactly one contact method, whatever the rules say: a test, a code."""

from datetime import datetime

from notifications import accounts
from notifications.domain.message import Message
from notifications.models import ContactMethod, Delivery


def deliver(
    method: ContactMethod, message: Message, subject_kind: str, page_key: str, *, now: datetime
) -> Delivery:
    """Queues it with the highest rank: somebody sits and waits for it."""
    return Delivery.objects.create(
        subject_kind=subject_kind,
        subject_id=method.pk,
        page_key=page_key,
        target_key=method.public_id,
        user=method.user,
        contact_method=method,
        channel=method.channel,
        address=method.address,
        secret=method.secret,
        provider=accounts.bulkhead(method.channel, method.address, now),
        message=message.to_json(),
        rank=0,
        next_attempt_at=now,
        planned_at=now,
        created_at=now,
    )
