"""Takes due deliveries for this sender: a conditional update with a lease and a fencing token."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

from core.database import stored_time
from notifications.domain import slots
from notifications.domain.digest import APART, MOST, STALE_AFTER
from notifications.domain.retry import LEASE
from notifications.models import Delivery

LOOK_AHEAD = 4 * slots.POOL  # candidates read to find some for which there is room

Candidate = tuple[int, str, bool, str | None]
_APART = "('" + "', '".join(APART) + "')"

# By hand, because this runs some twenty times a second for ever: the literal states let SQLite
# use the partial index delivery_due, and RETURNING spares a transaction around three statements.
_DUE = "state IN ('QUEUED', 'SENDING') AND next_attempt_at <= %s"
_DUE_SINCE = "CASE WHEN attempts = 0 THEN next_attempt_at ELSE created_at END"
_LATE = f"(COALESCE(throttled_since, {_DUE_SINCE}) < %s)"
# To whom one digest goes: its rows are taken together, by whoever takes the first of them.
_DIGEST = (
    f"CASE WHEN gathered AND user_id IS NOT NULL AND channel NOT IN {_APART}"
    " THEN user_id || ' ' || channel || ' ' || address END"
)
_CANDIDATES = """
SELECT id, provider, {late}, {digest} FROM notifications_delivery WHERE {due} {but}
ORDER BY rank, next_attempt_at, id LIMIT {limit}
"""
# Materialised, and joined by nothing but the key: a planner whose statistics were taken while the
# table held nothing due would else lock anew for every due row (a second for eight, in a storm).
_CLAIM = """
WITH mine(mine_id) AS MATERIALIZED ({which})
UPDATE notifications_delivery
SET possible_duplicate = (possible_duplicate OR state = 'SENDING'), state = 'SENDING',
    lease_token = %s, lease_until = %s, next_attempt_at = %s, planned_at = %s,
    attempts = attempts + 1
FROM mine WHERE id = mine_id
RETURNING id, subject_kind, subject_id, page_key, user_id, channel, address, secret, provider,
    message, rank, attempts, lease_token, possible_duplicate, gathered
"""
# Those that wait for their next try after a failure, or for their account, come along: each has
# another time.
_READY = f"({_DUE} OR (state = 'QUEUED' AND (attempts > 0 OR throttled_since IS NOT NULL)))"
_COMPANIONS = """
SELECT id FROM notifications_delivery
WHERE user_id = %s AND channel = %s AND address = %s AND {alike}
    AND {ready} AND id NOT IN ({but})
ORDER BY rank, id LIMIT {limit}{lock}
"""
_STILL_DUE = "SELECT id FROM notifications_delivery WHERE id IN ({marks}) AND {due}{lock}"


def claim(
    now: datetime,
    token: str,
    *,
    under_way: Mapping[str, int],
    mine: Collection[int] = (),
    late: set[int] | None = None,
) -> list[Delivery]:
    """Due deliveries, most important first, as many as their providers have room for.

    `under_way`: sends per provider; a full one is left out, so it holds up nobody. `mine`: ids
    that this sender has in hand, never taken twice. A row that was SENDING lost its sender: it
    is taken again and marked as a possible duplicate. The rows carry only what sending needs.
    `late` gets the ids of those that should have left long ago.
    """
    candidates = _candidates(now, slots.full(under_way), mine)
    leads = _leads(candidates)
    ids = slots.fitting([(pk, provider) for pk, provider, *_ in leads], under_way)
    if not ids:
        return []  # a plain read: an idle sender takes no write lock
    if any(digest for pk, _, _, digest in leads if pk in ids):
        rows = _lease_with_digests(ids, now, token, mine)
    else:
        rows = _lease(ids, now, token)
    taken = {row.pk: row for row in rows}
    if late is not None:
        late |= {pk for pk, _, is_late, _ in candidates if is_late and pk in taken}
    return [taken.pop(pk) for pk in ids if pk in taken] + list(taken.values())


def _leads(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of what a digest gathered only the first: the others come with it, to the same sender."""
    first: dict[str, int] = {}
    for pk, _, _, digest in candidates:
        if digest:
            first.setdefault(digest, pk)
    return [one for one in candidates if not one[3] or first[one[3]] == one[0]]


def _lease_with_digests(
    ids: Collection[int], now: datetime, token: str, mine: Collection[int]
) -> list[Delivery]:
    """In one transaction: a second sender finds all of a digest free, or nothing of it.

    A row that cannot be read undoes no lease: else it would hold up its digest for ever.
    """
    rows: list[Delivery] = []
    unread: Exception | None = None
    with transaction.atomic():
        try:
            rows = _lease(ids, now, token)
            digests = [row for row in rows if row.gathered and row.channel not in APART]
            for row in digests:
                address = (row.user_id, row.channel, row.address, True)
                but = {*mine, *(one.pk for one in rows)}
                rows += lease_companions(address, (), now, token, but=but, limit=MOST)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 raised again when the leases are stored
            unread = error
    if unread:
        raise unread
    return rows


def _candidates(now: datetime, full: Collection[str], mine: Collection[int]) -> list[Candidate]:
    """(id, provider, late?, digest) of what is due, most important first."""
    but = ""
    if full:
        but += f" AND provider NOT IN ({_marks(full)})"
    if mine:
        but += f" AND id NOT IN ({_marks(mine)})"
    parts = {"due": _DUE, "but": but, "limit": LOOK_AHEAD, "late": _LATE, "digest": _DIGEST}
    statement = _CANDIDATES.format(**parts)
    with connection.cursor() as cursor:
        long_ago = stored_time(now - STALE_AFTER)
        cursor.execute(statement, [long_ago, stored_time(now), *full, *mine])
        return list(cursor.fetchall())


def _lease(ids: Collection[int], now: datetime, token: str) -> list[Delivery]:
    """The rows that are still due and that nobody else takes at this moment."""
    still_due = _STILL_DUE.format(marks=_marks(ids), due=_DUE, lock=_lock())
    return _taken(still_due, [*ids, stored_time(now)], now, token)


def lease_companions(
    address: tuple[int | None, str, str, bool],
    kinds: Collection[str],
    now: datetime,
    token: str,
    *,
    but: Collection[int],
    limit: int,
) -> list[Delivery]:
    """What else is due to the same person and address: of a digest, or late about these kinds."""
    *whom, gathered = address
    alike, values = "gathered", []
    if not gathered:
        alike = f"NOT gathered AND subject_kind IN ({_marks(kinds)}) AND {_LATE}"
        values = [*kinds, stored_time(now - STALE_AFTER)]
    which = _COMPANIONS.format(
        alike=alike, ready=_READY, but=_marks(but), limit=limit, lock=_lock()
    )
    rows = _taken(which, [*whom, *values, stored_time(now), *but], now, token)
    return sorted(rows, key=lambda row: (row.rank, row.pk))


def _taken(which: str, values: Sequence[Any], now: datetime, token: str) -> list[Delivery]:
    at, until = stored_time(now), stored_time(now + LEASE)
    statement = _CLAIM.format(which=which)
    return list(Delivery.objects.raw(statement, [*values, token, until, until, at]))


def _lock() -> str:
    skip = connection.features.has_select_for_update_skip_locked
    return " FOR UPDATE SKIP LOCKED" if skip else ""


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))
