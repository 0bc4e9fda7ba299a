"""The book of alarms about the pager itself: one row that all watchers share."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from core import heartbeat
from core.models import Heartbeat
from dashboard import queries
from dashboard.domain import alarm
from dashboard.domain.alarm import Book, Decision


def claim(found: Collection[str], sees: Collection[str], now: datetime) -> Decision | None:
    """What the caller has to say; None when there is nothing, or another watcher says it."""
    row = heartbeat.find(queries.ALARMS)
    decision = alarm.decide(found, sees, queries.book_of(row), now)
    if decision.book == queries.book_of(row):
        return None
    detail = _json(decision.book)
    if row is None:
        made = Heartbeat.objects.get_or_create(
            name=queries.ALARMS, defaults={"at": now, "detail": detail}
        )[1]
        return decision if made else None
    mine = Heartbeat.objects.filter(pk=row.pk, at=row.at).update(at=now, detail=detail)
    return decision if mine else None


def note_told(parts: Iterable[str], told: Mapping[str, str], now: datetime) -> None:
    """Who was reached by the alarms about these parts. `told`: way -> fault, "" for accepted."""
    reached = [label for label, fault in told.items() if not fault]
    with transaction.atomic():
        row = Heartbeat.objects.select_for_update().filter(name=queries.ALARMS).first()
        book = dict(queries.book_of(row))
        if row is None:
            return
        for part in set(parts) & set(book):
            text = ", ".join(reached)[:300]
            book[part] = replace(book[part], reached=bool(reached), told=text)
        Heartbeat.objects.filter(pk=row.pk).update(at=now, detail=_json(book))


def _json(book: Book) -> dict[str, object]:
    return {part: entry.to_json() for part, entry in book.items()}
