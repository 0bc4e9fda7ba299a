"""What a provider reports later: delivered, seen, or not delivered after all."""

from datetime import datetime

from django.db import transaction

from audit import commands as audit
from core.actor import SYSTEM
from notifications import accounts, queries
from notifications.commands.chains import release_next, resume, tried_accounts
from notifications.commands.deliveries import REASON_LENGTH
from notifications.domain.retry import MAX_ATTEMPTS
from notifications.domain.text import one_line
from notifications.domain.words import Receipt
from notifications.models import (
    ContactMethod,
    Delivery,
    DeliveryEvent,
    DeliveryOutcome,
    DeliveryState,
)

NOT_DELIVERED = "accepted, but not delivered"


def note(
    delivery_id: int,
    status: Receipt,
    *,
    now: datetime,
    detail: str = "",
    provider_fault: bool = False,
) -> bool:
    """Takes a receipt, however often and in whatever order it comes. True for news.

    DELIVERED and SEEN prove the contact method. UNDELIVERED counts only while nothing better is
    known: the delivery fails, the next account is tried if the provider was at fault, and the
    person's next channel goes out at once.
    """
    with transaction.atomic():
        rows = Delivery.objects.select_for_update().defer("message", "secret")
        row = rows.filter(pk=delivery_id).first()
        if row is None:
            return False
        if status == Receipt.UNDELIVERED:
            return _undelivered(row, one_line(detail, REASON_LENGTH), now, provider_fault)
        return _arrived(row, status, one_line(detail, REASON_LENGTH), now)


def answered(subject: tuple[str, int], user_id: int, channel: str, *, now: datetime) -> None:
    """A person acted by the link in a message: the last one by that channel was seen."""
    kind, number = subject
    rows = Delivery.objects.filter(subject_kind=kind, subject_id=number, user=user_id)
    last = rows.filter(channel=channel).order_by("-id").values_list("pk", flat=True).first()
    if last is not None:
        note(last, Receipt.SEEN, now=now, detail="answered")


def opened(subject: tuple[str, int], user_id: int, *, now: datetime) -> int:
    """A person looks at what the messages are about: all that were sent to them count as seen.

    By which of them they came nobody knows, so that none is proven. What rings on goes on ringing.
    """
    kind, number = subject
    rows = queries.unseen(user_id).filter(subject_kind=kind, subject_id=number)
    return rows.update(seen_at=now)


def _arrived(row: Delivery, status: Receipt, detail: str, now: datetime) -> bool:
    first = row.delivered_at is None
    seen = status == Receipt.SEEN and row.seen_at is None
    if not first and not seen:
        return False
    row.delivered_at = row.delivered_at or now
    row.seen_at = now if seen else row.seen_at
    row.save(update_fields=["delivered_at", "seen_at"])
    if row.contact_method_id:
        _prove(row.contact_method_id, row.address, now)
    if first:
        _tell(row, DeliveryOutcome.DELIVERED, detail or str(status), now)
    return True


def _prove(method_id: int, address: str, now: datetime) -> None:
    """The first proof is on record: whoever watches over rotas looks again at once."""
    rows = ContactMethod.objects.filter(pk=method_id, address=address)
    if rows.filter(verified_at=None, proven_at=None).update(proven_at=now):
        method = rows.get()
        audit.record(
            "contact_method.proven",
            by=SYSTEM,
            now=now,
            target_type="contact_method",
            target_id=method.public_id,
            target_label=str(method),
        )
        return
    rows.update(proven_at=now)


def _undelivered(row: Delivery, detail: str, now: datetime, provider_fault: bool) -> bool:
    open_to = (DeliveryState.SENT, DeliveryState.SENDING)
    if row.delivered_at is not None or row.state not in open_to:
        return False
    reason = (f"{NOT_DELIVERED}: {detail}" if detail else NOT_DELIVERED)[:REASON_LENGTH]
    row.reason, row.lease_until, row.lease_token = reason, None, ""
    resume(row)  # also before another account is tried: that one can fail as well
    if provider_fault and _through_another_account(row, now):
        return True
    row.state, row.finished_at = DeliveryState.FAILED, now
    _save(row)
    _tell(row, DeliveryOutcome.FAILED, row.reason, now)
    release_next([row], now)
    return True


def _through_another_account(row: Delivery, now: datetime) -> bool:
    other = accounts.another(row, {*tried_accounts(row), row.provider}, now)
    if other is None or row.attempts >= MAX_ATTEMPTS:
        return False
    row.provider, row.state, row.finished_at = other.key, DeliveryState.QUEUED, None
    row.next_attempt_at = row.planned_at = now
    _save(row)
    return True


def _save(row: Delivery) -> None:
    row.save(
        update_fields=[
            "state",
            "reason",
            "provider",
            "lease_until",
            "lease_token",
            "next_attempt_at",
            "planned_at",
            "finished_at",
        ]
    )


def _tell(row: Delivery, outcome: DeliveryOutcome, detail: str, now: datetime) -> None:
    DeliveryEvent.objects.create(delivery=row, outcome=outcome, at=now, detail=detail)
