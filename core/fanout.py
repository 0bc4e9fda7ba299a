"""Brings event rows to their subscribers, each once, after the transaction that wrote them.

A subscriber is called as `subscriber(events, now)` with a list, in the transaction that marks the
events published: what it writes happens exactly once. When one fails, all is rolled back and begun
again with care: each on its own, so that the one that fails loses nothing but its own work. Its
events are tried singly, then again up to TRIES times, while the others and later events go on.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils.module_loading import import_string

from core.database import AWAY, relax_commit
from core.models import GIVEN_UP_TRIES

log = logging.getLogger("opsknight.publish")

Subscriber = Callable[[Sequence[Any], datetime], None]
TRIES = GIVEN_UP_TRIES
RETRY = timedelta(seconds=2)  # doubled with each try
LONGEST_RETRY = RETRY * 2**TRIES


def publish(
    rows: QuerySet[Any], subscribers: Mapping[str, str], *, now: datetime, limit: int
) -> int:
    """Hands unpublished rows (core.models.Published) to the subscribers, oldest first.

    `subscribers`: name -> dotted path. Returns how many rows were handled. Any number of
    processes may call it.
    """
    due = rows.filter(ripe(now), published_at=None).order_by("id")
    if not due.exists():
        return 0
    try:
        return _all_at_once(due, subscribers, now, limit)
    except AWAY:
        raise
    except Exception:
        log.warning("events cannot be published together; with care", exc_info=True)
    return _with_care(due, subscribers, now, limit)


def _all_at_once(
    due: QuerySet[Any], subscribers: Mapping[str, str], now: datetime, limit: int
) -> int:
    """Without a savepoint for each subscriber: two statements less for each of them."""
    with transaction.atomic():
        relax_commit()
        events = list(_locked(due)[:limit])
        for name, path in subscribers.items():
            if wanted := _wanted(name, events):
                _subscriber(path)(wanted, now)
        _done(due, [event.pk for event in events], now)
    return len(events)


def _with_care(
    due: QuerySet[Any], subscribers: Mapping[str, str], now: datetime, limit: int
) -> int:
    with transaction.atomic():
        relax_commit()
        events = _read(due, list(subscribers), now, limit)
        left: dict[int, list[str]] = {event.pk: [] for event in events}
        for name, path in subscribers.items():
            for failed in _deliver(name, path, _wanted(name, events), now):
                left[failed.pk].append(name)
        _done(due, [event.pk for event in events if not left[event.pk]], now)
        for event in events:
            if left[event.pk]:
                _postpone(event, left[event.pk], now)
    return len(events)


def _wanted(name: str, events: Sequence[Any]) -> list[Any]:
    return [event for event in events if not event.left or name in event.left]


def _subscriber(path: str) -> Subscriber:
    found: Subscriber = import_string(path)
    return found


def _done(due: QuerySet[Any], ids: list[int], now: datetime) -> None:
    due.model.objects.filter(pk__in=ids).update(published_at=now, left=[])


def ripe(now: datetime) -> Q:
    """Not kept for a later try. One kept beyond any try was written by a clock that was ahead."""
    kept_too_long = Q(retry_at__gt=now + LONGEST_RETRY)
    return Q(retry_at=None) | Q(retry_at__lte=now) | kept_too_long


def _read(due: QuerySet[Any], names: list[str], now: datetime, limit: int) -> list[Any]:
    """Events, locked. One that cannot be read is given up for all, so that it holds up nobody."""
    rows = _locked(due)
    try:
        return list(rows[:limit])
    except AWAY:
        raise
    except Exception:
        log.exception("events cannot be read together; one by one")
    events: list[Any] = []
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            events += rows.filter(pk=pk)
        except AWAY:
            raise
        except Exception:
            log.exception("event %d cannot be read: given up", pk)
            unread = due.model.objects.filter(pk=pk)
            unread.update(published_at=now, tries=TRIES, left=names)
    return events


def _locked(rows: QuerySet[Any]) -> QuerySet[Any]:
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def _deliver(name: str, path: str, events: Sequence[Model], now: datetime) -> list[Model]:
    """Calls one subscriber for all events in one savepoint; after a failure one by one."""
    if not events or _accepted(name, path, events, now, quiet=True):
        return []
    return [event for event in events if not _accepted(name, path, [event], now, quiet=False)]


def _accepted(name: str, path: str, events: Sequence[Model], now: datetime, *, quiet: bool) -> bool:
    try:
        with transaction.atomic():
            _subscriber(path)(events, now)
    except Exception as error:
        if quiet:
            log.warning("subscriber %s failed (%s); its events are tried singly", name, error)
        else:
            log.exception("subscriber %s failed on event %d", name, events[0].pk)
        return False
    return True


def _postpone(event: Any, left: list[str], now: datetime) -> None:
    tries = event.tries + 1
    given_up = tries >= TRIES
    if given_up:
        log.error("event %d never reached %s: given up", event.pk, ", ".join(left))
    type(event).objects.filter(pk=event.pk).update(
        left=left,
        tries=tries,
        retry_at=now + RETRY * 2 ** (tries - 1),
        published_at=now if given_up else None,
    )
