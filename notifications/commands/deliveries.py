"""What happens to deliveries from outside the sender: cancelled, or moved with the clock."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BooleanField, Case, F, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from notifications.models import OPEN_STATES, Delivery, DeliveryEvent, DeliveryState
from notifications.queries import DUE

log = logging.getLogger("opsknight.clock")

REASON_LENGTH = 300
AHEAD = timedelta(seconds=30)  # a smaller lead of the clock is no jump
STRAYS = 500  # taken in by one call


def cancel(
    subject_kind: str,
    subject_ids: Iterable[int],
    reason: str,
    *,
    now: datetime,
    page_key_prefix: str = "",
) -> int:
    """Open deliveries about the subjects are not sent any more; returns how many.

    One that is on the wire at this moment counts as sent if the provider accepts it after all. One
    that a sender has in hand is left to the guard, which asks again right before it is sent: nobody
    who acknowledges waits for a sender that hangs.
    """
    rows = Delivery.objects.filter(
        subject_kind=subject_kind, subject_id__in=list(subject_ids), state__in=OPEN_STATES
    )
    if page_key_prefix:
        rows = rows.filter(page_key__startswith=page_key_prefix)
    return withdraw(rows, reason, now, wait=False)


def withdraw(rows: QuerySet[Delivery], reason: str, now: datetime, *, wait: bool = True) -> int:
    """Ends open deliveries unsent. Locked in order of id, like everywhere: no deadlock.

    Without `wait`, those that somebody else has locked stay as they are.
    """
    with transaction.atomic():
        locked = rows.order_by("id").select_for_update(skip_locked=not wait)
        ids = list(locked.values_list("id", flat=True))
        return Delivery.objects.filter(id__in=ids).update(
            state=DeliveryState.CANCELLED, reason=reason[:REASON_LENGTH], finished_at=now
        )


@transaction.atomic
def release_throttled(now: datetime) -> int:
    """What the limits of accounts make wait is looked at again: after a change of the accounts."""
    rows = Delivery.objects.filter(
        RawSQL(DUE, (), output_field=BooleanField()),  # noqa: S611 a constant
        state=DeliveryState.QUEUED,
        throttled_since__isnull=False,
    )
    ids = list(rows.order_by("id").select_for_update().values_list("id", flat=True))
    return Delivery.objects.filter(id__in=ids).update(next_attempt_at=now, planned_at=now)


@transaction.atomic
def shift_due_times(old_now: datetime, delta: timedelta, now: datetime) -> int:
    """The clock jumped by `delta` from `old_now`: what was planned for later keeps its distance.

    What was due already stays due, and is no later than before: a page that was due for a tenth
    of a second is not hours late because the clock went forward. Rows planned after a jump forward
    are left alone. Returns how many rows moved.
    """
    rows = Delivery.objects.filter(state__in=OPEN_STATES)
    if delta > timedelta(0):
        moved, later = 0, rows.exclude(planned_at__gte=old_now + delta / 2)
    else:  # those that the new time planned cannot be told from those that were due for long
        overdue = rows.filter(next_attempt_at__gt=now, next_attempt_at__lte=old_now)
        held = F("throttled_since") + delta
        moved = overdue.update(next_attempt_at=now, planned_at=now, throttled_since=held)
        later = rows.filter(next_attempt_at__gt=old_now)
    moved += later.update(
        next_attempt_at=F("next_attempt_at") + delta,
        planned_at=F("planned_at") + delta,
        throttled_since=F("throttled_since") + delta,
        lease_until=F("lease_until") + delta,
    )
    events = DeliveryEvent.objects.filter(published_at=None, retry_at__gt=min(now, old_now))
    events.update(retry_at=now)
    return moved


def take_in_strays(now: datetime) -> int:
    """Deliveries planned by a clock that is ahead of ours: waits and leases count from now instead.

    A sender that read the clock just before it was set back, and committed after everything had
    been shifted, would be late with its repetition, or keep its lease, by the whole jump.
    """
    rows = Delivery.objects.filter(state__in=OPEN_STATES, planned_at__gt=now + AHEAD)
    rows = rows.filter(next_attempt_at__gt=now).order_by("id")
    taken = 0
    for pk, planned, due in rows.values_list("pk", "planned_at", "next_attempt_at")[:STRAYS]:
        unchanged = Delivery.objects.filter(pk=pk, state__in=OPEN_STATES, planned_at=planned)
        until = now + max(due - (planned or due), timedelta(0))
        lease = Case(When(lease_until=None, then=None), default=Value(until))
        taken += unchanged.update(next_attempt_at=until, lease_until=lease, planned_at=now)
    if taken:
        log.warning("%d deliveries were planned by a clock that was ahead", taken)
    return taken
