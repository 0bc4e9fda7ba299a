"""The recorder of duty: facts are appended as they end, and the past is only ever corrected.

Any number of recorders may run: whoever holds the schedule's row writes, the others find it done.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from accounts.models import User
from audit.models import AuditEvent
from core.actor import Actor
from schedules import queries
from schedules.domain import ledger, resolver
from schedules.domain.ledger import Fact, Running
from schedules.domain.model import Because, Source, Span
from schedules.models import LedgerMark, LedgerSpan, OverrideKind, Schedule
from schedules.queries import Rules

BATCH = 100
ON_TIME = timedelta(minutes=5)
LONGEST_STRIDE = timedelta(days=31)
# Forms know the minute only, and the recorder looks once a minute: so much is not "the past".
GRACE = timedelta(minutes=2)
DISABLED, ENABLED = "user.disabled", "user.enabled"
LONGEST_REASON = 300
NOBODY_KNOWS = "somebody who was deleted"


def begin_record(schedule: Schedule, *, now: datetime) -> None:
    """The record of a new schedule begins with it."""
    LedgerMark.objects.get_or_create(
        schedule=schedule, defaults={"began_at": now, "recorded_until": now}
    )


def record_due(now: datetime, *, batches: int = 20) -> int:
    """Records what is due, at most `batches` times BATCH schedules; returns how many it looked at.

    A schedule whose record lies far back is done in strides, one for each call.
    """
    done, last = 0, 0
    for _ in range(batches):
        due = queries.to_record(now).filter(pk__gt=last).order_by("pk")
        ids = list(due.values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        last = ids[-1]
        done += record(ids, now=now)
    return done


def record(schedule_ids: Iterable[int], *, now: datetime) -> int:
    """Brings the record of some schedules up to `now`; one that somebody is changing waits."""
    with transaction.atomic():
        rows = Schedule.objects.filter(pk__in=list(schedule_ids)).order_by("pk")
        locked = {row.pk: row for row in rows.select_for_update(skip_locked=True, no_key=True)}
        found = queries.marks(locked)
        for pk in sorted(locked.keys() - found.keys()):
            begin_record(locked[pk], now=now)
        strides = [_Stride(locked[pk], mark, now) for pk, mark in found.items()]
        _write([one for one in strides if one.due], now)
    return len(locked)


@contextmanager
def corrected(
    schedule: Schedule, since: datetime | None, *, by: Actor, now: datetime, note: str
) -> Iterator[None]:
    """Around a change of the rules that may reach into the past: the record is corrected by it.

    `since` is the first instant that may change (None: any). Joins the transaction of the caller,
    who holds the schedule's lock. What is written stays; new rows name the old ones, who changed
    it and why (`note`).
    """
    mark = queries.marks([schedule.pk]).get(schedule.pk)
    if mark is None or (since and since >= mark.recorded_until - GRACE):
        yield
        return
    start, end = max(since or mark.began_at, mark.began_at), mark.recorded_until
    before = _answers(schedule.pk, start, end, now)[1]
    yield
    rules, after = _answers(schedule.pk, start, end, now)
    change = ledger.difference(before, after)
    if change:
        trace = {"recorded_at": now, "recorded_by": by.label[:200], "note": note[:500]}
        _correct(schedule, mark, change, _People(rules, mark), trace)


def because(what: str, reason: str) -> str:
    """The note of a correction: what was done and, where somebody said it, why."""
    said = " ".join(reason.split())[:LONGEST_REASON]
    return f"{what}: {said}" if said else what


class Turn(NamedTuple):
    """From `at` on the person is disabled, or is so no longer."""

    at: datetime
    user: int
    disabled: bool


class _Stride:
    """One schedule and how far its record goes on now."""

    def __init__(self, schedule: Schedule, mark: LedgerMark, now: datetime) -> None:
        self.schedule, self.mark = schedule, mark
        self.since = mark.recorded_until
        self.running = queries.running_of(mark)
        until = min(now, self.since + LONGEST_STRIDE)
        archived = schedule.archived_at
        self.ends = archived is not None and archived <= until
        self.until = archived if archived is not None and self.ends else until
        self.late = now - self.since > ON_TIME

    @property
    def due(self) -> bool:
        return self.since < self.until or (self.ends and bool(self.running))

    def followed(self, rules: Rules, turns: list[Turn]) -> ledger.Recorded:
        spans = _spans(rules, self.schedule.pk, self.since, self.until, turns)
        found = ledger.recorded(self.running, spans, late=self.late)
        if not self.ends:
            return found
        return ledger.Recorded(found.facts + ledger.ended(found.running, self.until), ())


class _People:
    """Names for the record: of the people of the rules, and of those who were deleted since."""

    def __init__(self, rules: Rules, mark: LedgerMark) -> None:
        self.known = {pk: user.name for pk, user in rules.people.items()}
        noted = {item["user"]: item["who"] for item in mark.open_spans}
        rows = User.objects.filter(pk__in=noted.keys() - self.known.keys())
        self.known |= dict(rows.values_list("pk", "name"))
        self.names = noted | self.known

    def remember(self, rows: Iterable[LedgerSpan]) -> None:
        self.names = {row.user_id or 0: row.user_name for row in rows} | self.names

    def row(self, schedule: Schedule, fact: Fact, **more: Any) -> LedgerSpan:
        return LedgerSpan(
            schedule=schedule,
            user_id=fact.user if fact.user in self.known else None,
            user_name=self.names.get(fact.user, NOBODY_KNOWS)[:200],
            start=fact.start,
            end=fact.end,
            reason_type=fact.because.type,
            reason_id=fact.because.id,
            reason=_words(fact.because),
            backfilled=fact.backfilled,
            **more,
        )

    def move(self, mark: LedgerMark, until: datetime, running: Iterable[Running]) -> None:
        mark.recorded_until = until
        mark.open_spans = [
            queries.running_json(one, self.names.get(one.user, NOBODY_KNOWS)) for one in running
        ]
        mark.save(update_fields=["recorded_until", "open_spans"])


def _write(strides: list[_Stride], now: datetime) -> None:
    if not strides:
        return
    start = min(one.since for one in strides)
    rules = queries.read([one.schedule.pk for one in strides], start=start, end=now)
    turns = _status_turns(rules, start, now)
    rows: list[LedgerSpan] = []
    quiet: dict[datetime, list[int]] = {}
    for one in strides:
        found = one.followed(rules, turns)
        if not found.facts and list(found.running) == one.running:
            quiet.setdefault(one.until, []).append(one.mark.pk)
            continue
        people = _People(rules, one.mark)
        rows += [people.row(one.schedule, fact, recorded_at=now) for fact in found.facts]
        people.move(one.mark, one.until, found.running)
    LedgerSpan.objects.bulk_create(rows)
    for until, pks in quiet.items():
        LedgerMark.objects.filter(pk__in=pks).update(recorded_until=until)


def _answers(pk: int, start: datetime, end: datetime, now: datetime) -> tuple[Rules, list[Span]]:
    rules = queries.read([pk], start=start, end=end)
    return rules, _spans(rules, pk, start, end, _status_turns(rules, start, now))


def _spans(rules: Rules, pk: int, start: datetime, end: datetime, turns: list[Turn]) -> list[Span]:
    """The answers over the period, each person disabled only when he was; rules know but today."""
    value = rules.values[pk]
    inactive, pieces = set(value.inactive), []
    for turn in reversed(turns):
        if turn.at < end:
            since = max(turn.at, start)
            pieces.append((since, end, frozenset(inactive)))
            end = since
        (inactive.discard if turn.disabled else inactive.add)(turn.user)
    pieces.append((start, end, frozenset(inactive)))
    return [
        span
        for low, high, gone in reversed(pieces)
        for span in resolver.spans(replace(value, inactive=gone), low, high)
    ]


def _status_turns(rules: Rules, start: datetime, end: datetime) -> list[Turn]:
    """Who was disabled or enabled in the period and when, from the audit log."""
    people = {user.public_id: user.pk for user in rules.people.values()}
    events = AuditEvent.objects.filter(
        at__gt=start, at__lte=end, action__in=[DISABLED, ENABLED], target_type="user"
    ).order_by("at", "id")
    found = events.values_list("at", "target_id", "action")
    return [Turn(at, people[who], action == DISABLED) for at, who, action in found if who in people]


def _correct(
    schedule: Schedule,
    mark: LedgerMark,
    change: ledger.Difference,
    people: _People,
    trace: dict[str, Any],
) -> None:
    start, end = change.period
    flushed = ledger.cut(queries.running_of(mark), end)
    at = trace["recorded_at"]
    LedgerSpan.objects.bulk_create(
        people.row(schedule, fact, recorded_at=at) for fact in flushed.facts
    )
    people.move(mark, mark.recorded_until, flushed.running)
    standing = list(queries.standing([schedule.pk], start, end))
    people.remember(standing)
    facts = [(row.pk, queries.fact_of(row)) for row in standing]
    LedgerSpan.objects.bulk_create(
        people.row(schedule, one.fact, corrects_id=one.corrects, withdrawn=one.withdrawn, **trace)
        for one in ledger.corrections(facts, change)
    )


def _words(because: Because) -> str:
    """The name of the layer, or what the override does."""
    if because.type == Source.LAYER:
        return because.name[:200]
    return OverrideKind(because.name).label if because.name in OverrideKind else because.name[:200]
