"""Readers of the record of duty: how far it goes, what it says, what is still going on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from schedules.domain.ledger import Fact, Running
from schedules.domain.model import Because, Source
from schedules.models import LedgerMark, LedgerSpan, Schedule

EVERY = timedelta(minutes=1)


def marks(schedule_ids: Iterable[int]) -> dict[int, LedgerMark]:
    """How far each schedule is recorded; one that was never looked at is missing."""
    rows = LedgerMark.objects.filter(schedule__in=list(schedule_ids))
    return {row.schedule_id: row for row in rows}


def to_record(now: datetime) -> QuerySet[Schedule]:
    """Schedules whose record is a minute old or missing; an archived one ends with its duty."""
    never = Q(ledger_mark=None, archived_at=None)
    old = Q(ledger_mark__recorded_until__lte=now - EVERY)
    unended = Q(archived_at=None) | Q(archived_at__gt=F("ledger_mark__recorded_until"))
    return Schedule.objects.filter(never | old & (unended | ~Q(ledger_mark__open_spans=[])))


def oldest_to_record(now: datetime) -> int | None:
    """What waits for the recorder: a number that changes as the record goes on, or None."""
    rows = to_record(now).order_by(F("ledger_mark__recorded_until").asc(nulls_first=True))
    waiting = rows.values_list("pk", "ledger_mark__recorded_until").first()
    if waiting is None:
        return None
    pk, until = waiting
    return int(until.timestamp()) if until else -pk


def record_of(schedule: Schedule, start: datetime, end: datetime) -> QuerySet[LedgerSpan]:
    """Rows that touch [start, end), corrected ones included, with what corrects them."""
    rows = schedule.ledger.filter(start__lt=end, end__gt=start)
    return rows.select_related("user", "corrects").prefetch_related("corrections")


def standing(schedule_ids: Iterable[int], start: datetime, end: datetime) -> QuerySet[LedgerSpan]:
    """What the record says in the end about [start, end), without what is still going on."""
    rows = LedgerSpan.objects.filter(schedule__in=list(schedule_ids))
    return rows.standing().filter(start__lt=end, end__gt=start)


def running_of(mark: LedgerMark) -> list[Running]:
    return [_running(item) for item in mark.open_spans]


def running_json(running: Running, who: str) -> dict[str, Any]:
    """A span that is still going on, as the mark keeps it."""
    return {
        "user": running.user,
        "who": who,
        "since": running.since.isoformat(),
        "type": str(running.because.type),
        "id": running.because.id,
        "name": running.because.name,
        "late": running.backfilled,
    }


def fact_of(row: LedgerSpan) -> Fact:
    """A row as a value; 0 stands for a person who was deleted."""
    because = Because(Source(row.reason_type), row.reason_id, row.reason)
    return Fact(row.user_id or 0, row.start, row.end, because, row.backfilled)


def _running(item: dict[str, Any]) -> Running:
    because = Because(Source(item["type"]), item["id"], item["name"])
    since = datetime.fromisoformat(item["since"])
    return Running(item["user"], since, because, bool(item.get("late")))
