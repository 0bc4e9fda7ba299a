"""Takes due deliveries for this sender: a conditional update with a lease and a fencing token."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import BooleanField, Case, F, QuerySet, Value, When

from notifications.domain import slots
from notifications.domain.retry import LEASE
from notifications.models import Delivery, DeliveryState
from notifications.queries import DUE_STATES

LOOK_AHEAD = 4 * slots.POOL  # candidates read to find some for which there is room


def claim(
    now: datetime,
    token: str,
    *,
    under_way: Mapping[str, int],
    mine: Collection[int] = (),
) -> list[Delivery]:
    """Due deliveries, most important first, as many as their providers have room for.

    `under_way`: sends per provider; a full one is left out, so it holds up nobody. `mine`: ids
    that this sender has in hand, never taken twice. A row that was SENDING lost its sender: it
    is taken again and marked as a possible duplicate.
    """
    if not _candidates(now, under_way, mine).exists():
        return []  # a plain read: an idle sender takes no write lock
    with transaction.atomic():
        rows = _locked(_candidates(now, under_way, mine))[:LOOK_AHEAD]
        ids = slots.fitting(rows.values_list("id", "provider"), under_way)
        _lease(ids, now, token)
        return list(_by_importance(Delivery.objects.filter(id__in=ids)))


def _candidates(
    now: datetime, under_way: Mapping[str, int], mine: Collection[int]
) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(state__in=DUE_STATES, next_attempt_at__lte=now)
    full = slots.full(under_way)
    if full:
        rows = rows.exclude(provider__in=full)
    if mine:
        rows = rows.exclude(id__in=mine)
    return _by_importance(rows)


def _by_importance(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.order_by("rank", "next_attempt_at", "id")


def _locked(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """PostgreSQL: two senders pass each other by. SQLite: the transaction is the lock."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True)
    return rows


def _lease(ids: Collection[int], now: datetime, token: str) -> None:
    until = now + LEASE
    lost = When(state=DeliveryState.SENDING, then=Value(True))
    Delivery.objects.filter(id__in=ids).update(
        possible_duplicate=Case(lost, default=F("possible_duplicate"), output_field=BooleanField()),
        state=DeliveryState.SENDING,
        lease_token=token,
        lease_until=until,
        next_attempt_at=until,
        attempts=F("attempts") + 1,
    )
