"""Writers of hand-offs: tell people of their shifts, each notice once; leave and remove notes."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from core.actor import Actor
from core.errors import Forbidden, ValidationFailed
from notifications import commands as notifications
from notifications import queries as reach
from notifications.commands import readiness
from notifications.domain.readiness import Light
from notifications.models import Urgency
from schedules import messages, queries
from schedules.commands import revision, trail
from schedules.domain import handoffs, resolver
from schedules.domain.handoffs import Kind, Notice
from schedules.models import HandoffNote, Schedule, ShiftNotice
from schedules.queries import Rules

LONGEST_LEAD = 7 * 24 * 60
LONGEST_NOTE = 4000
BATCH = 200
NEWS_RANK = 9
SUBJECT = "shift"

Known = dict[tuple[int, int, str, datetime], bool]

log = logging.getLogger("opsknight.handoffs")


@dataclass(frozen=True, slots=True)
class _Due:
    schedule: Schedule
    notice: Notice

    @property
    def key(self) -> tuple[int, int, str, datetime]:
        return self.schedule.pk, self.notice.user, str(self.notice.kind), self.notice.at


def tell_shifts(now: datetime) -> int:
    """Tells everybody of the shifts that start soon, have started or are over; returns how many.

    Any number of workers may run it: a notice is a row that exists once, and its deliveries carry
    its key. What is more than an hour late is dropped with a line in the log.
    """
    known = queries.told_lately(now)
    fresh = [one for one in _due(now) if one.key not in known][:BATCH]
    late = [one for one in fresh if one.notice.late]
    for one in late:
        log.warning(
            "notice dropped, too late: %s of user %d in “%s” was %s",
            one.notice.kind.lower(),
            one.notice.user,
            one.schedule,
            one.notice.at.isoformat(timespec="minutes"),
        )
    _record(late, now, dropped=True)
    timely = [one for one in fresh if not one.notice.late]
    if timely:
        _tell_all(timely, known, now)
    return len(timely)


def set_handoff_lead(schedule: Schedule, minutes: int | None, *, by: Actor, now: datetime) -> None:
    """How long before a shift its person is told; 0: when it starts, None: never.

    Raises ValidationFailed.
    """
    if minutes is not None and not 0 <= minutes <= LONGEST_LEAD:
        text = f"0 to {LONGEST_LEAD} minutes, or nothing"
        raise ValidationFailed(text, field="handoffLeadMinutes")
    with transaction.atomic():
        revision.change(schedule.pk)
        Schedule.objects.filter(pk=schedule.pk).update(handoff_lead_minutes=minutes)
        changes = {"handoff_lead_minutes": minutes}
        trail.record("schedule.updated", schedule, by=by, now=now, changes=changes)
    schedule.handoff_lead_minutes = minutes


def add_note(
    schedule: Schedule, *, author: User, text: str, by: Actor, now: datetime
) -> HandoffNote:
    """What the next person on call should know; plain text. Raises ValidationFailed."""
    clean = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not clean:
        raise ValidationFailed("Write what the next one should know", field="text")
    if len(clean) > LONGEST_NOTE:
        raise ValidationFailed(f"At most {LONGEST_NOTE} characters", field="text")
    with transaction.atomic():
        note = HandoffNote.objects.create(
            schedule=schedule, author=author, author_name=str(author), text=clean, created_at=now
        )
        trail.record("schedule.note_added", schedule, by=by, now=now)
    return note


def remove_note(note: HandoffNote, *, user: User, by: Actor, now: datetime) -> None:
    """One's own, or anybody's for an admin; raises Forbidden."""
    if note.author_id != user.pk and not user.is_admin:
        raise Forbidden("Only its author or an admin may remove a note")
    with transaction.atomic():
        trail.record("schedule.note_removed", note.schedule, by=by, now=now)
        note.delete()


def _due(now: datetime) -> list[_Due]:
    schedules = list(queries.telling())
    if not schedules:
        return []
    leads = {row.pk: timedelta(minutes=row.handoff_lead_minutes or 0) for row in schedules}
    start = now - handoffs.LOOK_BACK - handoffs.LATE
    end = now + max(leads.values()) + handoffs.LATE
    values = queries.load(leads, start=start, end=end)
    found = [
        _Due(row, notice)
        for row in schedules
        for notice in handoffs.due(values[row.pk], leads[row.pk], now)
        # What began before the schedule was written down is nobody's news.
        if notice.at >= row.created_at
    ]
    return sorted(found, key=lambda one: one.notice.at)


def _tell_all(due: list[_Due], known: Known, now: datetime) -> None:
    """Schedule by schedule: one that cannot be told must not silence the others."""
    by_schedule: dict[int, list[_Due]] = {}
    for one in due:
        by_schedule.setdefault(one.schedule.pk, []).append(one)
    search = resolver.SHIFT_SEARCH
    rules = queries.read(by_schedule, start=now - search, end=now + search)
    for group in by_schedule.values():
        try:
            _tell(group, rules, known, now)
        except Exception:
            log.exception("the shifts of “%s” could not be told", group[0].schedule)


def _tell(due: list[_Due], rules: Rules, known: Known, now: datetime) -> None:
    """Rows and deliveries in one transaction; who comes second meets the same keys, adds none."""
    heard = [one for one in due if known.get(_announcement(one))]
    loud = [one for one in due if one not in heard]
    requests = _requests(loud, rules, now)
    with transaction.atomic():
        _record(due, now)
        notifications.enqueue(requests, now=now)
        _ring(heard, rules, now)


def _announcement(one: _Due) -> tuple[int, int, str, datetime]:
    """Who heard that a shift starts soon finds its start under the bell only."""
    kind = str(Kind.SOON) if one.notice.kind == Kind.START else ""
    return one.schedule.pk, one.notice.user, kind, one.notice.at


def _requests(due: list[_Due], rules: Rules, now: datetime) -> list[notifications.PageRequest]:
    own_rules = reach.rules_by_user({one.notice.user for one in due})
    starting = [one for one in due if one.notice.kind != Kind.END]
    notes = queries.notes_for([(one.schedule.pk, one.notice.at) for one in starting], rules)
    sure = _sure(starting, now)
    requests = []
    for one in due:
        told = handoffs.facts(rules.values[one.schedule.pk], one.notice)
        mine = notes.get(one.schedule.pk, [])
        requests.append(
            notifications.PageRequest(
                subject_kind=SUBJECT,
                subject_id=one.schedule.pk,
                page_key=_page_key(one.notice),
                user=rules.people[one.notice.user],
                message=messages.shift_message(
                    one.schedule,
                    one.notice,
                    told,
                    rules.people,
                    mine,
                    now=now,
                    sure=one.notice.kind == Kind.END or one.notice.user in sure,
                ),
                urgency=Urgency.LOW,
                rank=NEWS_RANK,
                # Own rules for what is not urgent count; else the quietest way there is.
                quiet=all(rule.urgency != Urgency.LOW for rule in own_rules[one.notice.user]),
            )
        )
    return requests


def _sure(due: list[_Due], now: datetime) -> set[int]:
    """Those whom a page would wake for all that is known."""
    scores = readiness.of_people({one.notice.user for one in due}, now) if due else {}
    return {pk for pk, score in scores.items() if score.light is Light.GREEN}


def _ring(due: list[_Due], rules: Rules, now: datetime) -> None:
    """Lines under the bell, with the notes as they are by now."""
    notes = queries.notes_for([(one.schedule.pk, one.notice.at) for one in due], rules)
    for one in due:
        notifications.notify(
            [rules.people[one.notice.user]],
            key=f"{SUBJECT}:{one.schedule.pk}:{_page_key(one.notice)}",
            title=messages.title(one.schedule, one.notice, now),
            body=messages.notes_text(notes[one.schedule.pk]),
            path=reverse("schedules:detail", args=[one.schedule.public_id]),
            now=now,
        )


def _page_key(notice: Notice) -> str:
    return f"{notice.kind.lower()}.{notice.user}.{int(notice.at.timestamp())}"


def _record(due: list[_Due], now: datetime, *, dropped: bool = False) -> None:
    ShiftNotice.objects.bulk_create(
        (
            ShiftNotice(
                schedule=one.schedule,
                user_id=one.notice.user,
                kind=str(one.notice.kind),
                at=one.notice.at,
                told_at=now,
                dropped=dropped,
            )
            for one in due
        ),
        ignore_conflicts=True,
    )
