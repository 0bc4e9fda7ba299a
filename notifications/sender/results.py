"""Writes what became of deliveries, many in one transaction: states, attempts, events, chains."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from core.database import relax_commit
from notifications import accounts
from notifications.channels.base import ChannelError
from notifications.commands.chains import (
    end_chains,
    queue,
    release_next,
    same_page,
    tried_accounts,
)
from notifications.commands.deliveries import REASON_LENGTH, withdraw
from notifications.domain.retry import MAX_ATTEMPTS, next_attempt
from notifications.domain.text import one_line
from notifications.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    DeliveryOutcome,
    DeliveryState,
    OutboxMail,
)
from notifications.sender import accepted, health
from notifications.sender.pool import Result

WRITTEN = (
    "state",
    "reason",
    "attempts",
    "next_attempt_at",
    "planned_at",
    "throttled_since",
    "lease_until",
    "lease_token",
    "possible_duplicate",
    "provider",
    "reference",
    "finished_at",
)


@dataclass(slots=True)
class _Batch:
    """Everything one transaction writes."""

    now: datetime
    changed: list[Delivery] = field(default_factory=list)
    tries: list[DeliveryAttempt] = field(default_factory=list)
    events: list[DeliveryEvent] = field(default_factory=list)
    outbox: list[OutboxMail] = field(default_factory=list)
    sent: list[Delivery] = field(default_factory=list)
    failed: list[Delivery] = field(default_factory=list)


def record(results: Sequence[Result], *, now: datetime, jitter: Callable[[], float]) -> None:
    """Settles each result whose sender still owns the row; `jitter` gives numbers in [0, 1).

    A result that comes after its lease was taken over changes nothing of the row: only the
    attempt is noted. Sent while being cancelled counts as sent, because it was.
    """
    with transaction.atomic():
        relax_commit()  # a mark that is lost repeats the page: late or loud
        others = accepted.settle(results, now)
        rows = _locked([result.delivery_id for result in others]) if others else {}
        batch = _Batch(now)
        for result in others:
            row = rows.get(result.delivery_id)
            if row is not None:
                _settle(row, result, batch, jitter)
        if rows:
            _write(batch)
        health.note(results, now)
        end_chains(batch.sent, now)
        release_next(batch.failed, now)


def refuse(deliveries: Sequence[Delivery], reasons: Mapping[int, str], *, now: datetime) -> None:
    """Claimed deliveries that a guard does not want: cancelled with the reason, chain included."""
    with transaction.atomic():
        rows = _locked(reasons)
        batch = _Batch(now)
        for claimed in deliveries:
            row = rows.get(claimed.pk)
            if claimed.pk in reasons and row is not None and _owned(row, claimed.lease_token):
                row.attempts = max(row.attempts - 1, 0)  # claimed, but never tried
                _finish(row, DeliveryState.CANCELLED, reasons[row.pk], batch)
                batch.events.append(_event(row, DeliveryOutcome.NOT_SENT, row.reason, now))
        _write(batch)
        for row in batch.changed:
            rest = same_page([row]).filter(state=DeliveryState.WAITING)
            withdraw(rest, row.reason, now)


def release_stranded(rows: Iterable[Delivery], *, now: datetime) -> int:
    """Waiting links of chains whose earlier links hold out no hope are queued at once."""
    ids = [row.pk for row in rows]
    waiting = Delivery.objects.filter(id__in=ids, state=DeliveryState.WAITING)
    return queue(waiting, now) if ids else 0


def _locked(ids: Collection[int]) -> dict[int, Delivery]:
    """The rows, locked in order of id, without what is big or encrypted."""
    rows = Delivery.objects.filter(id__in=list(ids)).order_by("id").select_for_update()
    return {row.pk: row for row in rows.defer("message", "secret")}


def _owned(row: Delivery, token: str) -> bool:
    states = (DeliveryState.SENDING, DeliveryState.CANCELLED)
    return bool(token) and row.lease_token == token and row.state in states


def _settle(row: Delivery, result: Result, batch: _Batch, jitter: Callable[[], float]) -> None:
    owned = _owned(row, result.token)
    if not result.begun:
        if owned and row.state == DeliveryState.SENDING:
            row.attempts = max(row.attempts - 1, 0)
            _requeue(row, batch.now, "", batch)
        return
    batch.tries.append(_attempt(row, result, owned))
    if not owned:
        return
    if result.error is None:
        row.reference = result.reference
        was_cancelled = row.state == DeliveryState.CANCELLED
        reason = f"accepted although {row.reason}" if was_cancelled else ""
        _finish(row, DeliveryState.SENT, reason, batch)
        batch.sent.append(row)
        batch.events.append(_event(row, DeliveryOutcome.SENT, result.detail, batch.now))
    elif row.state == DeliveryState.SENDING:
        _settle_failure(row, result, result.error, batch, jitter())


def _settle_failure(
    row: Delivery, result: Result, error: ChannelError, batch: _Batch, jitter: float
) -> None:
    if error.unsent:
        batch.outbox.append(
            OutboxMail(
                to=error.unsent.to,
                subject=error.unsent.subject,
                text=error.unsent.text,
                html=error.unsent.html,
                reason=error.reason[:REASON_LENGTH],
                created_at=batch.now,
            )
        )
    row.possible_duplicate = row.possible_duplicate or error.maybe_sent
    if error.provider_fault and result.account and _try_next_account(row, result, batch):
        return
    batch.failed.append(row)
    again = next_attempt(
        row.attempts,
        permanent=error.permanent,
        now=batch.now,
        jitter=jitter,
        retry_after=error.retry_after,
    )
    if again is not None:
        _requeue(row, again, error.reason, batch)
        return
    _finish(row, DeliveryState.FAILED, error.reason, batch)
    batch.events.append(_event(row, DeliveryOutcome(error.outcome), row.reason, batch.now))


def _try_next_account(row: Delivery, result: Result, batch: _Batch) -> bool:
    """At once through an account that this delivery has not tried, when there is one."""
    if row.attempts >= MAX_ATTEMPTS:
        return False
    other = accounts.another(row, {*tried_accounts(row), result.account}, batch.now)
    if other is None:
        return False
    row.provider = other.key
    _requeue(row, batch.now, result.error.reason if result.error else "", batch)
    return True


def _finish(row: Delivery, state: DeliveryState, reason: str, batch: _Batch) -> None:
    row.state, row.reason = state, reason[:REASON_LENGTH]
    row.finished_at, row.lease_until, row.lease_token = batch.now, None, ""
    batch.changed.append(row)


def _requeue(row: Delivery, at: datetime, reason: str, batch: _Batch) -> None:
    row.state, row.reason = DeliveryState.QUEUED, reason[:REASON_LENGTH]
    row.next_attempt_at, row.planned_at, row.throttled_since = at, batch.now, None
    row.lease_until, row.lease_token = None, ""
    batch.changed.append(row)


def _attempt(row: Delivery, result: Result, owned: bool) -> DeliveryAttempt:
    detail = result.error.reason if result.error else result.detail
    if not owned:
        detail = f"after the lease was lost: {detail}"
    return DeliveryAttempt(
        delivery=row,
        number=result.number,
        started_at=result.started_at,
        finished_at=result.finished_at,
        ok=result.ok,
        account=result.account,
        permanent=bool(result.error and result.error.permanent),
        detail=one_line(detail, REASON_LENGTH),
        answer=result.error.answer if result.error else "",
    )


def _event(row: Delivery, outcome: DeliveryOutcome, detail: str, now: datetime) -> DeliveryEvent:
    return DeliveryEvent(delivery=row, outcome=outcome, at=now, detail=one_line(detail, 300))


def _write(batch: _Batch) -> None:
    if batch.changed:
        Delivery.objects.bulk_update(batch.changed, WRITTEN)
    DeliveryAttempt.objects.bulk_create(batch.tries)
    DeliveryEvent.objects.bulk_create(batch.events)
    OutboxMail.objects.bulk_create(batch.outbox)
