"""The common case, written by hand: the provider accepted a delivery that is no link of a chain.

In a storm nearly every result is of this kind; through the ORM each would cost three times as
much. Whatever is not exactly this case is left to `results`, which decides it row by row.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from core.database import stored_time
from notifications.domain.text import one_line
from notifications.sender.pool import Result

# VALUES: id, lease, the provider's name for the message. Both databases call columns like this.
_SENT = """
UPDATE notifications_delivery AS d
SET state = 'SENT', reason = '', finished_at = %s, lease_until = NULL, lease_token = '',
    reference = v.column3
FROM (VALUES {triples}) AS v
WHERE d.id = v.column1 AND d.lease_token = v.column2 AND d.state = 'SENDING' AND NOT d.ordered{lock}
RETURNING id
"""
_LOCK = """ AND d.id IN (
    SELECT id FROM notifications_delivery WHERE id IN ({ids}) ORDER BY id FOR UPDATE
)"""
_TRIES = """
INSERT INTO notifications_deliveryattempt
    (delivery_id, number, started_at, finished_at, ok, permanent, account, detail, answer)
VALUES {rows}
"""
_EVENTS = "INSERT INTO notifications_deliveryevent (delivery_id, outcome, at, detail) VALUES {rows}"
DETAIL_LENGTH = 300
REFERENCE_LENGTH = 120


def settle(results: Sequence[Result], now: datetime) -> list[Result]:
    """Writes the plain successes among the results; returns the others. In a transaction."""
    times = Counter(result.delivery_id for result in results)  # twice: one of them came late
    accepted = [result for result in results if result.ok and times[result.delivery_id] == 1]
    if not accepted:
        return list(results)
    settled = _mark_sent(accepted, now)
    mine = [result for result in accepted if result.delivery_id in settled]
    if mine:
        _write_tries(mine)
        _write_events(mine, now)
    done = {id(result) for result in mine}
    return [result for result in results if id(result) not in done]


def _mark_sent(accepted: Sequence[Result], now: datetime) -> set[int]:
    """Ids of the rows that were still ours; locked in order of id, like everywhere."""
    lock = ""
    if connection.features.has_select_for_update:
        lock = _LOCK.format(ids=", ".join(str(result.delivery_id) for result in accepted))
    triples = [
        value
        for result in accepted
        for value in (result.delivery_id, result.token, result.reference[:REFERENCE_LENGTH])
    ]
    statement = _SENT.format(triples=_rows("(%s, %s, %s)", accepted), lock=lock)
    with connection.cursor() as cursor:
        cursor.execute(statement, [stored_time(now), *triples])
        return {row[0] for row in cursor.fetchall()}


def _write_tries(accepted: Sequence[Result]) -> None:
    values: list[Any] = []
    for result in accepted:
        span = stored_time(result.started_at), stored_time(result.finished_at)
        detail = one_line(result.detail, DETAIL_LENGTH)
        values += [result.delivery_id, result.number, *span, result.account, detail]
    row = "(%s, %s, %s, %s, TRUE, FALSE, %s, %s, '')"
    with connection.cursor() as cursor:
        cursor.execute(_TRIES.format(rows=_rows(row, accepted)), values)


def _write_events(accepted: Sequence[Result], now: datetime) -> None:
    at = stored_time(now)
    values: list[Any] = []
    for result in accepted:
        values += [result.delivery_id, at, one_line(result.detail, DETAIL_LENGTH)]
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS.format(rows=_rows("(%s, 'sent', %s, %s)", accepted)), values)


def _rows(row: str, results: Sequence[Result]) -> str:
    return ", ".join([row] * len(results))
