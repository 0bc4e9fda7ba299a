"""When the guard looks at what: each subject every ten minutes, and soon after a change."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from django.db import Error as DatabaseTrouble
from django.db import connection, transaction

from audit.models import AuditEvent
from core import heartbeat
from schedules.models import CoverageWatch, SubjectKind
from schedules.queries import guard

log = logging.getLogger("opsknight.guard")

PERIOD = timedelta(minutes=10)
BATCH = 50
SECONDS = 2.0  # of one call: the queue has more to do, and the rest is due still
MANY = 500

# Which subjects some changes (noun, public id) touch; None: perhaps any of them.
Touched = Callable[[Collection[tuple[str, str]]], Collection[int] | None]


def stir(
    kind: SubjectKind, live: Callable[[], Collection[int]], touched: Touched, now: datetime
) -> None:
    """Brings forward what changes since the last call may have touched."""
    events = list(guard.changes_since(guard.pointer(kind)).order_by("pk")[:MANY])
    first = not guard.known(kind)
    if not events and not first:
        return
    pointer = events[-1].pk if events else 0
    some = None if first or len(events) == MANY else touched(_nouns(events))
    with transaction.atomic():
        _bring_forward(kind, live() if some is None else some, now)
        heartbeat.beat(guard.BEATS[kind], now=now, audit=pointer or guard.pointer(kind))


def run(kind: SubjectKind, look: Callable[[list[int]], None], now: datetime) -> int:
    """Looks at subjects that are due, for a bounded time; returns how many.

    What cannot be looked at is logged and holds up no other. Claimed first: two workers share.
    """
    began, done = time.monotonic(), 0
    while time.monotonic() - began < SECONDS:
        ids = _claim(kind, now)
        if not ids:
            break
        _look(lambda some: _look_and_settle(kind, look, some, now), ids)
        done += len(ids)
    return done


def forget(kind: SubjectKind, ids: Collection[int]) -> None:
    """Subjects that are no more are not looked at again."""
    if ids:
        CoverageWatch.objects.filter(subject_kind=kind, subject_id__in=ids).delete()


def _nouns(events: Sequence[AuditEvent]) -> set[tuple[str, str]]:
    return {(event.target_type, event.target_id) for event in events}


def _bring_forward(kind: SubjectKind, ids: Collection[int], now: datetime) -> None:
    rows = [CoverageWatch(subject_kind=kind, subject_id=pk, due_at=now) for pk in set(ids)]
    CoverageWatch.objects.bulk_create(
        rows,
        batch_size=BATCH * 4,
        update_conflicts=True,
        unique_fields=["subject_kind", "subject_id"],
        update_fields=["due_at", "current"],
    )


def _claim(kind: SubjectKind, now: datetime) -> list[int]:
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        due = CoverageWatch.objects.filter(subject_kind=kind, due_at__lte=now)
        rows = list(due.select_for_update(skip_locked=skip).order_by("due_at", "pk")[:BATCH])
        again = CoverageWatch.objects.filter(pk__in=[row.pk for row in rows])
        again.update(due_at=now + PERIOD, current=False)
    return [row.subject_id for row in rows]


def _look_and_settle(
    kind: SubjectKind, look: Callable[[list[int]], None], ids: list[int], now: datetime
) -> None:
    """What changed meanwhile is due earlier than this look set it, and stays to be looked at."""
    look(ids)
    rows = CoverageWatch.objects.filter(subject_kind=kind, subject_id__in=ids)
    rows.filter(due_at=now + PERIOD).update(current=True)


def _look(look: Callable[[list[int]], None], ids: list[int]) -> None:
    try:
        look(ids)
    except DatabaseTrouble:
        raise  # looked at again in ten minutes
    except Exception:
        if len(ids) == 1:
            log.exception("the guard cannot look at subject %d; it is tried again", ids[0])
            return
        for pk in ids:
            _look(look, [pk])
