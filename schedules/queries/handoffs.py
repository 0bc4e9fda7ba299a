"""Readers of hand-offs: schedules that tell of shifts, what was told, notes for the next one."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from schedules.domain.handoffs import LOOK_BACK, notes_count_from
from schedules.models import HandoffNote, Schedule, ShiftNotice
from schedules.queries.rules import Rules, live

NOTES_SHOWN = 5


def telling() -> QuerySet[Schedule]:
    """Live schedules whose people hear of their shifts."""
    return live().exclude(handoff_lead_minutes=None).order_by("pk")


def shift_notices_wait(now: datetime) -> int | None:
    """Something for the errand whenever a schedule tells at all: what is due is computed there."""
    return telling().values_list("pk", flat=True).first()


def told_lately(now: datetime) -> dict[tuple[int, int, str, datetime], bool]:
    """(schedule, person, kind, instant) -> whether it was really told, not dropped as too late."""
    rows = ShiftNotice.objects.filter(at__gte=now - LOOK_BACK * 2)
    values = rows.values_list("schedule_id", "user_id", "kind", "at", "dropped")
    return {(schedule, user, kind, at): not dropped for schedule, user, kind, at, dropped in values}


def notes_of(schedule: Schedule) -> QuerySet[HandoffNote]:
    """The notes of a schedule, the newest first."""
    return HandoffNote.objects.filter(schedule=schedule)


def notes_for(turns: Iterable[tuple[int, datetime]], rules: Rules) -> dict[int, list[HandoffNote]]:
    """Notes for whoever comes on call in a schedule at an instant; (schedule, instant) each."""
    since = {pk: notes_count_from(rules.values[pk], turn) for pk, turn in turns}
    found: dict[int, list[HandoffNote]] = {pk: [] for pk in since}
    if not since:
        return found
    rows = HandoffNote.objects.filter(schedule__in=since, created_at__gte=min(since.values()))
    for note in rows:
        mine = found[note.schedule_id]
        if note.created_at >= since[note.schedule_id] and len(mine) < NOTES_SHOWN:
            mine.append(note)
    return found
