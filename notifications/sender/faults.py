"""Faults of our own around one delivery: it fails like any other, and the others go on.

A fault that is not the provider's and not the database's must neither end the process nor leave a
row that nobody settles: after OWN_FAULT_TRIES the delivery is FAILED, and failover takes over.
"""

from datetime import datetime

from django.db import transaction

from notifications.domain.retry import OWN_FAULT_TRIES, next_attempt
from notifications.models import Delivery, DeliveryEvent, DeliveryOutcome, DeliveryState
from notifications.sender.pool import Result, own_fault


def failed_inside(
    delivery_id: int, token: str, number: int, fault: Exception, now: datetime
) -> Result:
    """The result of a delivery that could not even be handed to a thread."""
    return Result(
        delivery_id=delivery_id,
        token=token,
        number=number,
        started_at=now,
        finished_at=now,
        error=own_fault(fault, number),
    )


def held(token: str) -> list[tuple[int, int]]:
    """(id, attempts) of the rows under a lease, without what could be unreadable in them."""
    rows = Delivery.objects.filter(lease_token=token, state=DeliveryState.SENDING)
    return list(rows.order_by("id").values_list("id", "attempts"))


def settle_barely(result: Result, fault: Exception, *, now: datetime) -> bool:
    """Writes the state and a plain reason, for a result that cannot be written as it is.

    No chain is moved here: links that wait behind a failure are found by `queries.stranded`.
    Returns whether the row was still ours.
    """
    reason = own_fault(fault, result.number).reason
    if result.ok:
        return _end(result, DeliveryState.SENT, DeliveryOutcome.SENT, "", now)
    permanent = result.number >= OWN_FAULT_TRIES
    again = next_attempt(result.number, permanent=permanent, now=now, jitter=0.5)
    if again is None:
        return _end(result, DeliveryState.FAILED, DeliveryOutcome.FAILED, reason, now)
    plan = {"state": DeliveryState.QUEUED, "next_attempt_at": again, "planned_at": now}
    return _put(result, {**plan, "reason": reason})


def _end(
    result: Result, state: DeliveryState, outcome: DeliveryOutcome, reason: str, now: datetime
) -> bool:
    with transaction.atomic():
        ours = _put(result, {"state": state, "reason": reason, "finished_at": now})
        if ours:
            DeliveryEvent.objects.create(
                delivery_id=result.delivery_id, outcome=outcome, at=now, detail=reason
            )
    return ours


def _put(result: Result, values: dict[str, object]) -> bool:
    open_to = [DeliveryState.SENDING] + ([DeliveryState.CANCELLED] if result.ok else [])
    rows = Delivery.objects.filter(
        pk=result.delivery_id, lease_token=result.token, state__in=open_to
    )
    return bool(rows.update(lease_until=None, lease_token="", **values))
