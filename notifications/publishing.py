"""Tells the subscribers of settings.DELIVERY_SUBSCRIBERS what became of deliveries, each once."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from notifications.models import DeliveryEvent

log = logging.getLogger(__name__)

Subscriber = Callable[[DeliveryEvent, datetime], None]
TRIES = 6
RETRY = timedelta(seconds=2)  # doubled with each try


def publish_due(now: datetime, limit: int = 200) -> int:
    """Hands unpublished events to the subscribers, oldest first; returns how many events.

    A subscriber is called as `subscriber(event, now)` in the transaction that marks the event, so
    what it writes happens exactly once. One that fails is rolled back alone and tried again up to
    TRIES times, while the others and later events go on.
    """
    if not _due(now).exists():
        return 0
    with transaction.atomic():
        events = list(_locked(_due(now)).select_related("delivery__user")[:limit])
        left: dict[int, list[str]] = {event.pk: [] for event in events}
        for name, path in settings.DELIVERY_SUBSCRIBERS.items():
            wanted = [event for event in events if not event.left or name in event.left]
            for failed in _deliver(name, path, wanted, now):
                left[failed.pk].append(name)
        done = [event.pk for event in events if not left[event.pk]]
        DeliveryEvent.objects.filter(id__in=done).update(published_at=now, left=[])
        for event in events:
            if left[event.pk]:
                _postpone(event, left[event.pk], now)
    return len(events)


def _due(now: datetime) -> QuerySet[DeliveryEvent]:
    ripe = Q(retry_at=None) | Q(retry_at__lte=now)
    return DeliveryEvent.objects.filter(ripe, published_at=None).order_by("id")


def _locked(rows: QuerySet[DeliveryEvent]) -> QuerySet[DeliveryEvent]:
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def _deliver(
    name: str, path: str, events: Sequence[DeliveryEvent], now: datetime
) -> list[DeliveryEvent]:
    """Calls one subscriber for all events in one savepoint; after a failure one by one."""
    if not events or _accepted(name, path, events, now, quiet=True):
        return []
    return [event for event in events if not _accepted(name, path, [event], now, quiet=False)]


def _accepted(
    name: str, path: str, events: Sequence[DeliveryEvent], now: datetime, *, quiet: bool
) -> bool:
    try:
        with transaction.atomic():
            subscriber: Subscriber = import_string(path)
            for event in events:
                subscriber(event, now)
    except Exception as error:
        if quiet:
            log.warning("subscriber %s failed (%s); its events are tried singly", name, error)
        else:
            log.exception("subscriber %s failed on event %d", name, events[0].pk)
        return False
    return True


def _postpone(event: DeliveryEvent, left: list[str], now: datetime) -> None:
    tries = event.tries + 1
    given_up = tries >= TRIES
    if given_up:
        log.error("event %d never reached %s: given up", event.pk, ", ".join(left))
    DeliveryEvent.objects.filter(pk=event.pk).update(
        left=left,
        tries=tries,
        retry_at=now + RETRY * 2 ** (tries - 1),
        published_at=now if given_up else None,
    )
