"""Readers of what the limits of provider accounts make wait."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import BooleanField, Count, Exists, OuterRef
from django.db.models.expressions import RawSQL

from notifications.domain import pace
from notifications.domain.chain import PATIENCE
from notifications.models import Delivery, DeliveryState, Provider
from notifications.queries import DUE

# Also said in these words, so that SQLite uses the index of what is open.
OPEN = RawSQL(DUE, (), output_field=BooleanField())  # noqa: S611 a constant


def held_too_long(now: datetime, limit: int = 200) -> list[Delivery]:
    """Urgent pages that the limit of their account holds back beyond PATIENCE.

    Only of people who have another way that is planned for later and could be used at once.
    """
    same = Delivery.objects.filter(
        subject_kind=OuterRef("subject_kind"),
        subject_id=OuterRef("subject_id"),
        page_key=OuterRef("page_key"),
        user_id=OuterRef("user_id"),
    )
    planned = same.filter(state=DeliveryState.QUEUED, attempts=0, throttled_since=None)
    planned = planned.filter(next_attempt_at__gt=now).exclude(
        contact_method_id=OuterRef("contact_method_id")
    )
    rows = Delivery.objects.filter(
        OPEN,
        Exists(planned),
        ~Exists(same.filter(state=DeliveryState.SENT)),
        state=DeliveryState.QUEUED,
        attempts=0,
        rank=0,
        throttled_since__lte=now - PATIENCE,
    )
    return list(rows.defer("message", "secret").order_by("id")[:limit])


def throttled(
    accounts: Iterable[str], *, beyond: datetime | None = None
) -> dict[str, dict[int, int]]:
    """Account key -> rank -> deliveries that its limit, or its vendor, makes wait.

    `beyond`: only those that wait for longer than until then.
    """
    rows = Delivery.objects.filter(
        OPEN,
        state=DeliveryState.QUEUED,
        throttled_since__isnull=False,
        provider__in=set(accounts),
    )
    if beyond is not None:
        rows = rows.filter(next_attempt_at__gt=beyond)
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for key, rank, many in rows.order_by().values_list("provider", "rank").annotate(Count("id")):
        found[key][rank] = many
    return found


def used_by(account: Provider, now: datetime) -> int:
    """Messages of the last minute; counted only while the account has a limit."""
    recent = account.pace.recent if account.per_minute and hasattr(account, "pace") else []
    return pace.used(pace.within(recent, now))
