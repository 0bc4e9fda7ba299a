"""The digest of low urgency: chosen, and what was gathered let go when it matters more by now."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit import commands as audit
from core.actor import Actor
from core.errors import ValidationFailed
from notifications.commands.enqueue import RANKS
from notifications.domain.gathering import MORNING, Rhythm
from notifications.models import OPEN_STATES, Delivery, LowDigest, Urgency


def set_low_digest(
    user: User, rhythm: str, *, hour: int = MORNING, by: Actor, now: datetime
) -> None:
    """Replaces the choice. What is gathered already keeps its time. Raises ValidationFailed."""
    if rhythm not in set(Rhythm):
        raise ValidationFailed("A digest is AT_ONCE, HOURLY or DAILY", field="rhythm")
    if not 0 <= hour <= 23:
        raise ValidationFailed("An hour is 0 to 23", field="hour")
    with transaction.atomic():
        if rhythm == Rhythm.AT_ONCE:
            LowDigest.objects.filter(user=user).delete()
        else:
            chosen = {"rhythm": rhythm, "hour": hour}
            LowDigest.objects.update_or_create(user=user, defaults=chosen)
        audit.record(
            "low_digest.changed",
            by=by,
            now=now,
            target_type="user",
            target_id=user.public_id,
            target_label=str(user),
            changes={"low_digest": f"DAILY {hour:02}:00" if rhythm == Rhythm.DAILY else rhythm},
        )


def let_go(subject_kind: str, subject_ids: Collection[int], urgency: str, *, now: datetime) -> int:
    """What is gathered about these leaves at once, each for itself; waits between messages stay.

    For what is of this `urgency` by now. Returns how many. Joins the caller's transaction.
    """
    rows = Delivery.objects.filter(
        subject_kind=subject_kind,
        subject_id__in=list(subject_ids),
        gathered=True,
        attempts=0,
        state__in=OPEN_STATES,
    )
    pages: dict[tuple[int | None, str], list[Delivery]] = defaultdict(list)
    for row in rows.order_by("id").select_for_update().defer("message", "secret"):
        pages[row.user_id, row.page_key].append(row)
    changed = []
    for page in pages.values():
        early = max(min(row.next_attempt_at for row in page), now) - now
        for row in page:
            row.gathered, row.rank, row.planned_at = False, RANKS[Urgency(urgency)], now
            row.next_attempt_at -= early
            changed.append(row)
    Delivery.objects.bulk_update(changed, ["gathered", "rank", "planned_at", "next_attempt_at"])
    return len(changed)
