"""Takes due deliveries for this sender: a conditional update with a lease and a fencing token."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection

from core.database import stored_time
from notifications.domain import slots
from notifications.domain.retry import LEASE
from notifications.models import Delivery

LOOK_AHEAD = 4 * slots.POOL  # candidates read to find some for which there is room

# By hand, because this runs some twenty times a second for ever: the literal states let SQLite
# use the partial index delivery_due, and RETURNING spares a transaction around three statements.
_DUE = "state IN ('QUEUED', 'SENDING') AND next_attempt_at <= %s"
_CANDIDATES = """
SELECT id, provider FROM notifications_delivery WHERE {due} {but}
ORDER BY rank, next_attempt_at, id LIMIT {limit}
"""
_CLAIM = """
UPDATE notifications_delivery
SET possible_duplicate = (possible_duplicate OR state = 'SENDING'), state = 'SENDING',
    lease_token = %s, lease_until = %s, next_attempt_at = %s, planned_at = %s,
    attempts = attempts + 1
WHERE id IN ({still_due}) AND {due}
RETURNING id, subject_kind, subject_id, page_key, user_id, channel, address, secret, provider,
    message, rank, attempts, lease_token, possible_duplicate
"""
_STILL_DUE = "SELECT id FROM notifications_delivery WHERE id IN ({marks}) AND {due}{lock}"


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
    is taken again and marked as a possible duplicate. The rows carry only what sending needs.
    """
    ids = slots.fitting(_candidates(now, slots.full(under_way), mine), under_way)
    if not ids:
        return []  # a plain read: an idle sender takes no write lock
    taken = {row.pk: row for row in _lease(ids, now, token)}
    return [taken[pk] for pk in ids if pk in taken]


def _candidates(
    now: datetime, full: Collection[str], mine: Collection[int]
) -> list[tuple[int, str]]:
    """(id, provider) of what is due, most important first."""
    but = ""
    if full:
        but += f" AND provider NOT IN ({_marks(full)})"
    if mine:
        but += f" AND id NOT IN ({_marks(mine)})"
    statement = _CANDIDATES.format(due=_DUE, but=but, limit=LOOK_AHEAD)
    with connection.cursor() as cursor:
        cursor.execute(statement, [stored_time(now), *full, *mine])
        return list(cursor.fetchall())


def _lease(ids: Collection[int], now: datetime, token: str) -> list[Delivery]:
    """The rows that are still due and that nobody else takes at this moment."""
    skip = connection.features.has_select_for_update_skip_locked
    lock = " FOR UPDATE SKIP LOCKED" if skip else ""
    still_due = _STILL_DUE.format(marks=_marks(ids), due=_DUE, lock=lock)
    at, until = stored_time(now), stored_time(now + LEASE)
    statement = _CLAIM.format(still_due=still_due, due=_DUE)
    return list(Delivery.objects.raw(statement, [token, until, until, at, *ids, at, at]))


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))
