"""Moves of the life cycle. Each locks the row, asks the table, writes one timeline entry."""

import functools
import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from core.actor import SYSTEM, Actor
from core.database import AWAY
from core.errors import Conflict, IllegalTransition, NotFound, ValidationFailed
from core.later import Later
from escalation import queries as escalation
from escalation.domain import engine
from incidents.commands import timers
from incidents.commands.notes import MAX_NOTE, keep_note_of_resolution
from incidents.commands.records import lock, log
from incidents.commands.responders import accept_with_incident, end_requests
from incidents.domain.lifecycle import ESCALATION_WHILE, IllegalMove, check_move
from incidents.models import EventType, HoursWait, Incident, Status
from notifications import commands as notifications

log_lines = logging.getLogger("opsknight.paging")

DEFAULT_SNOOZE = timedelta(minutes=60)
LONGEST_SNOOZE = timedelta(days=30)
FASTER = (IllegalTransition, NotFound)  # somebody moved it between the query and the lock
_LATER = Later("the end of the snooze of incident", gone=FASTER)

_STATUS_FIELDS = [
    "status",
    "escalation_state",
    "escalate_at",
    "hours_wait",
    "cycle",
    "next_step",
    "current_step",
    "run",
    "snoozed_until",
    "snooze_reason",
    "acknowledged_at",
    "resolved_at",
    "last_status_change",
    "updated_at",
    "assignee",
]


def acknowledge(incident: Incident, *, by: Actor, now: datetime, via: str = "") -> Incident:
    """Somebody takes it: the escalation ends. A person who acknowledges an unowned one owns it."""
    with transaction.atomic():
        incident = lock(incident)
        if not _moves(incident, Status.ACKNOWLEDGED):
            return incident
        if incident.acknowledged_at is None:
            incident.acknowledged_at = now
        if by.user_pk and not incident.assignee_id and not incident.assigned_team_id:
            incident.assignee_id = by.user_pk
        _stop(incident, Status.ACKNOWLEDGED, now=now, reason="acknowledged")
        log(incident, EventType.ACKNOWLEDGED, by=by, now=now, via=via)
        accept_with_incident(incident, by=by, now=now, via=via)
    return incident


def resolve(
    incident: Incident, *, by: Actor, now: datetime, via: str = "", note: str = ""
) -> Incident:
    """It is over. `note` (optional) is kept as a note of the incident."""
    with transaction.atomic():
        incident = lock(incident)
        if not _moves(incident, Status.RESOLVED):
            return incident
        incident.resolved_at = now
        _stop(incident, Status.RESOLVED, now=now, reason="resolved")
        details = {"note": note.strip()[:MAX_NOTE]} if note.strip() else {}
        log(incident, EventType.RESOLVED, by=by, now=now, via=via, details=details)
        if details:
            keep_note_of_resolution(incident, details["note"], by=by, now=now)
    return incident


def snooze(
    incident: Incident,
    until: datetime,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    via: str = "",
) -> Incident:
    """Quiet until `until`, then it is open again and pages at the step where it stood.

    Raises ValidationFailed for a time that is past or more than 30 days away.
    """
    if not now < until <= now + LONGEST_SNOOZE:
        raise ValidationFailed(
            "Snooze for at least a minute and at most 30 days", field="snoozeDuration"
        )
    with transaction.atomic():
        incident = lock(incident)
        if incident.status != Status.SNOOZED:
            _moves(incident, Status.SNOOZED)
        incident.snoozed_until = until
        incident.snooze_reason = reason.strip()[:500]
        _stop(incident, Status.SNOOZED, now=now, reason="snoozed")
        details = {"until": until.isoformat(), "reason": incident.snooze_reason}
        log(incident, EventType.SNOOZED, by=by, now=now, via=via, details=details)
    return incident


def suppress(incident: Incident, *, by: Actor, now: datetime, via: str = "") -> Incident:
    """Mute it as noise: not resolved, not escalated, still absorbs its duplicates."""
    with transaction.atomic():
        incident = lock(incident)
        if not _moves(incident, Status.SUPPRESSED):
            return incident
        _stop(incident, Status.SUPPRESSED, now=now, reason="suppressed")
        log(incident, EventType.SUPPRESSED, by=by, now=now, via=via)
    return incident


def wake(incident: Incident, *, by: Actor, now: datetime, via: str = "") -> Incident:
    """Out of snooze: open again, paging goes on at the current step, at once."""
    return _resume(incident, Status.SNOOZED, EventType.UNSNOOZED, by=by, now=now, via=via)


def unsuppress(incident: Incident, *, by: Actor, now: datetime, via: str = "") -> Incident:
    return _resume(incident, Status.SUPPRESSED, EventType.UNSUPPRESSED, by=by, now=now, via=via)


def unacknowledge(incident: Incident, *, by: Actor, now: datetime, via: str = "") -> Incident:
    """Taken back: after the wait of the current step the next one fires."""
    with transaction.atomic():
        incident = lock(incident)
        _require(incident, Status.ACKNOWLEDGED)
        plan = _plan(incident)
        state = engine.State(incident.cycle, incident.next_step, now)
        state = engine.wait_again(plan, state, incident.current_step, now)
        incident.acknowledged_at = None
        incident.escalate_at = state.due
        _open(incident, now=now)
        log(incident, EventType.UNACKNOWLEDGED, by=by, now=now, via=via)
    return incident


def forget_acknowledgement(incident: Incident, minutes: int, *, by: Actor, now: datetime) -> None:
    """Nothing was heard for so long: a new run from the step where it stood, the owner first.

    The caller holds the row lock and has seen that it is acknowledged.
    """
    incident.run += 1
    incident.next_step = incident.current_step or 0
    incident.current_step = None  # nothing has fired in this run: its first step pages the owner
    incident.acknowledged_at = None
    incident.escalate_at = now
    _open(incident, now=now)
    details = {"reason": "timeout", "minutes": minutes, "owner": str(incident.assignee or "")}
    log(incident, EventType.UNACKNOWLEDGED, by=by, now=now, details=details)


def reopen(incident: Incident, *, by: Actor, now: datetime, via: str = "") -> Incident:
    """From RESOLVED: a new run at step 1. Raises Conflict when its dedup key is active again."""
    try:
        with transaction.atomic():
            incident = lock(incident)
            _require(incident, Status.RESOLVED)
            start = engine.begin(_plan(incident), now)
            incident.run += 1
            incident.cycle, incident.next_step = start.cycle, start.next_step
            incident.current_step = None
            incident.escalate_at = start.due
            incident.resolved_at = incident.acknowledged_at = None
            _open(incident, now=now)
            log(incident, EventType.REOPENED, by=by, now=now, via=via)
    except IntegrityError as error:
        raise Conflict("Another incident with the same dedup key is active") from error
    return incident


def move(
    incident: Incident,
    wanted: Status,
    *,
    by: Actor,
    now: datetime,
    via: str = "",
    until: datetime | None = None,
    note: str = "",
) -> Incident:
    """One door for "set the status to …": picks the verb. Raises IllegalTransition."""
    if wanted == Status.ACKNOWLEDGED:
        return acknowledge(incident, by=by, now=now, via=via)
    if wanted == Status.RESOLVED:
        return resolve(incident, by=by, now=now, via=via, note=note)
    if wanted == Status.SNOOZED:
        return snooze(incident, until or now + DEFAULT_SNOOZE, by=by, now=now, via=via)
    if wanted == Status.SUPPRESSED:
        return suppress(incident, by=by, now=now, via=via)
    back = {
        Status.ACKNOWLEDGED: unacknowledge,
        Status.RESOLVED: reopen,
        Status.SNOOZED: wake,
        Status.SUPPRESSED: unsuppress,
    }
    verb = back.get(Status(incident.status))
    return verb(incident, by=by, now=now, via=via) if verb else incident


def wake_due(now: datetime, limit: int = 100) -> int:
    """Ends the snoozes that are over; returns how many. Safe to run in several places at once."""
    rows = Incident.objects.filter(status=Status.SNOOZED, snoozed_until__lte=now)
    one = functools.partial(_wake_one, now=now)
    return _LATER.each(rows.order_by("snoozed_until", "id"), one, now=now, limit=limit)


def _wake_one(pk: int, now: datetime) -> int:
    try:
        wake(Incident(pk=pk), by=SYSTEM, now=now)
    except (*AWAY, *FASTER):
        raise
    except Exception:
        log_lines.exception("the snooze of incident %d cannot be ended in order", pk)
        _open_barely(pk, now)
        return 0
    return 1


def _open_barely(pk: int, now: datetime) -> None:
    """Open and due, whatever broke: it pages without a timeline entry."""
    Incident.objects.filter(pk=pk, status=Status.SNOOZED).update(
        status=Status.OPEN,
        escalation_state=ESCALATION_WHILE[Status.OPEN],
        escalate_at=now,
        snoozed_until=None,
        run=F("run") + 1,
        acknowledged_at=None,
        last_status_change=now,
        updated_at=now,
    )


def _moves(incident: Incident, wanted: Status) -> bool:
    try:
        return check_move(Status(incident.status), wanted)
    except IllegalMove as error:
        raise IllegalTransition(str(error), field="status") from error


def _require(incident: Incident, status: Status) -> None:
    if incident.status != status:
        _moves(incident, Status.OPEN)
        raise IllegalTransition(f"The incident is {incident.status}, not {status}", field="status")


def _stop(incident: Incident, status: Status, *, now: datetime, reason: str) -> None:
    """Leaves OPEN (or another state): no next step, and no page in flight is sent any more."""
    incident.status = status
    incident.escalation_state = ESCALATION_WHILE[status]
    incident.escalate_at = None
    incident.hours_wait = HoursWait.NONE
    if status != Status.SNOOZED:
        incident.snoozed_until = None
        incident.snooze_reason = ""
    incident.last_status_change = incident.updated_at = now
    incident.save(update_fields=_STATUS_FIELDS)
    timers.follow(incident, now)
    # Who was called by a person is still wanted while somebody works on it, or will.
    calls_too = status in {Status.RESOLVED, Status.SUPPRESSED}
    if calls_too:
        end_requests(incident, now)
    notifications.cancel(
        "incident",
        [incident.pk],
        f"the incident was {reason}",
        now=now,
        page_key_prefix="" if calls_too else f"{incident.run}.",
    )


def _open(incident: Incident, *, now: datetime) -> None:
    incident.status = Status.OPEN
    incident.hours_wait = HoursWait.NONE
    incident.escalation_state = ESCALATION_WHILE[Status.OPEN]
    incident.snoozed_until = None
    incident.snooze_reason = ""
    incident.last_status_change = incident.updated_at = now
    incident.save(update_fields=_STATUS_FIELDS)
    timers.follow(incident, now)


def _resume(
    incident: Incident, status: Status, event: EventType, *, by: Actor, now: datetime, via: str
) -> Incident:
    with transaction.atomic():
        incident = lock(incident)
        _require(incident, status)
        incident.run += 1  # a new run: the step where it stood is paged again
        incident.next_step = incident.current_step or 0
        incident.acknowledged_at = None
        incident.escalate_at = now
        _open(incident, now=now)
        log(incident, event, by=by, now=now, via=via)
    return incident


def _plan(incident: Incident) -> engine.Plan:
    version = incident.policy_version_id
    found = escalation.plans([version]) if version else {}
    return found.get(version) or engine.Plan(steps=()) if version else engine.Plan(steps=())
