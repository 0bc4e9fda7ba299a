"""Asks the owners of the subjects, right before sending, which deliveries are still wanted."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.models import Delivery

log = logging.getLogger(__name__)


def unwanted(deliveries: Sequence[Delivery], now: datetime) -> dict[int, str]:
    """Delivery id -> why it must not be sent any more. One call per kind of subject.

    A guard that fails lets everything pass: a page may be late or loud, never lost.
    """
    by_kind: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_kind[delivery.subject_kind].append(delivery)
    refused: dict[int, str] = {}
    for kind, rows in by_kind.items():
        refused |= _ask(kind, rows, now)
    return refused


def _ask(kind: str, rows: Sequence[Delivery], now: datetime) -> dict[int, str]:
    path = settings.DELIVERY_GUARDS.get(kind)
    if path is None:
        return {}
    asked = [(row.pk, row.subject_id, row.page_key, row.user_id) for row in rows]
    try:
        answer: dict[int, str] = dict(import_string(path)(asked, now))
    except Exception:
        log.exception("the guard of %s failed; %d deliveries are sent unasked", kind, len(rows))
        return {}
    return answer


def renew(deliveries: Sequence[Delivery], now: datetime) -> None:
    """Puts in the messages that have to say something else by now, for this sending only."""
    for kind, path in settings.DELIVERY_RENEWALS.items():
        rows = [row for row in deliveries if row.subject_kind == kind]
        if not rows:
            continue
        asked = [(row.pk, row.subject_id, row.page_key, row.user_id) for row in rows]
        try:
            fresh = import_string(path)(asked, now)
        except Exception:
            log.exception("%d messages about %s are sent as they were written", len(rows), kind)
            continue
        for row in rows:
            row.message = fresh.get(row.pk, row.message)
