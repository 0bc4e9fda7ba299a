"""Brings timeline events to their subscribers, each event once, after its transaction.

An event is claimed by setting `published_at` in the transaction in which its subscribers write
what they owe (deliveries): a crash in between rolls both back.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from incidents.models import IncidentEvent

log = logging.getLogger("opsknight.publish")
Subscriber = Callable[[IncidentEvent, datetime], None]


@lru_cache(maxsize=1)
def subscribers() -> list[tuple[str, Subscriber]]:
    return [(name, import_string(path)) for name, path in settings.INCIDENT_SUBSCRIBERS.items()]


def publish_due(now: datetime, limit: int = 200) -> int:
    """Publishes up to `limit` events; returns how many. Safe to run in several places at once."""
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        rows = IncidentEvent.objects.filter(published_at=None).order_by("id")
        rows = rows.select_for_update(skip_locked=skip, of=("self",))
        events = list(rows.select_related("incident__service", "incident__assignee")[:limit])
        for event in events:
            _publish(event, now)
        IncidentEvent.objects.filter(pk__in=[event.pk for event in events]).update(published_at=now)
    return len(events)


def _publish(event: IncidentEvent, now: datetime) -> None:
    for name, call in subscribers():
        if event.type not in getattr(call, "reacts_to", (event.type,)):
            continue  # most events of a storm concern nobody: no savepoint for them
        try:
            with transaction.atomic():
                call(event, now)
        except Exception:
            # One broken reaction must not hold up the others; the event itself stands.
            log.exception("subscriber %s failed on event %d", name, event.pk)
