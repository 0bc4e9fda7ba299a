"""Explicit actions on a running escalation, and the shift of due times after a clock jump."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Expression, F, Q, Value, When

from core.actor import Actor
from core.errors import Conflict, IllegalTransition
from escalation.domain import engine
from escalation.models import PolicyVersion
from escalation.queries import plan_of
from incidents.commands.records import lock, log
from incidents.domain import marks
from incidents.domain.shield import AHEAD
from incidents.models import EscalationState, EventType, HoursWait, Incident, IncidentEvent, Status
from notifications import commands as notifications

log_lines = logging.getLogger("opsknight.clock")

# What a jump of the clock moves: incidents of a status, and when something happens to them next.
PLANNED = ((Status.OPEN, "escalate_at"), (Status.SNOOZED, "snoozed_until"))
BY_HAND = "asked for by hand"
RESTARTED = "restarted with the current policy"


def escalate_now(
    incident: Incident, *, by: Actor, now: datetime, seen: str = "", via: str = ""
) -> Incident:
    """Does not wait any longer: the next step fires at once. Asking twice for it fires it once.

    `seen`: the `mark` of the incident when the person decided. Raises Conflict when the step that
    they meant has fired since, IllegalTransition unless it is open.
    """
    with transaction.atomic():
        incident = lock(incident)
        _require_open(incident)
        last = incident.events.filter(type=EventType.ESCALATION).order_by("-id").first()
        _refuse_stale(incident, last, seen, now)
        asked = last is not None and last.details.get("reason") == BY_HAND
        asked = asked and incident.hours_wait == HoursWait.WAIVED  # nobody has taken it since
        if last and asked and incident.escalate_at and incident.escalate_at <= max(now, last.at):
            return incident  # it fires at this moment; `now` may have been read before theirs
        incident.escalate_at = incident.pressed_at = incident.updated_at = now
        incident.hours_wait = HoursWait.WAIVED
        incident.save(update_fields=["escalate_at", "pressed_at", "hours_wait", "updated_at"])
        details = {"reason": BY_HAND}
        log(incident, EventType.ESCALATION, by=by, now=now, via=via, details=details)
    return incident


def _refuse_stale(incident: Incident, last: IncidentEvent | None, seen: str, now: datetime) -> None:
    fired = last.details if last and "paged" in last.details else {}
    at = last.at if last and fired else None
    first = fired.get("to_step") == 1 and fired.get("cycle", 1) == 1
    if not marks.is_stale(seen, incident.mark, at, first, now):
        return
    people = ", ".join(fired.get("paged") or []) or "nobody"
    step = f"step {fired['to_step']}" if fired.get("to_step") else "the fallback contact"
    past = f"Since then {step} had its turn: {people} paged." if fired else "It has moved since."
    raise Conflict(
        f"{past} Nothing was skipped: look again, then escalate if you still want to.",
        field="mark",
        reason="stale",
    )


def restart_escalation(
    incident: Incident, *, by: Actor, now: datetime, via: str = "", anyway: bool = False
) -> Incident:
    """Step 1 again, with the policy that the service has now. Pressed twice, it begins once.

    `anyway`: not the same start as the last one, because somebody else has the incident by now.
    """
    with transaction.atomic():
        incident = lock(incident)
        _require_open(incident)
        policy = incident.service.policy
        version = policy.current if policy else None
        if by.user_pk and not anyway and _has_just_begun(incident, version, now):
            return incident
        plan = plan_of(version) if version else engine.Plan(steps=())
        start = engine.begin(plan, now)
        incident.policy_version = version
        ended = f"{incident.run}."
        incident.run += 1
        incident.cycle, incident.next_step, incident.current_step = 1, 0, None
        incident.escalation_state = EscalationState.ESCALATING
        incident.hours_wait = HoursWait.NONE
        incident.escalate_at = incident.pressed_at = start.due
        incident.updated_at = now
        incident.save()
        reason = "the escalation was restarted"
        notifications.cancel("incident", [incident.pk], reason, now=now, page_key_prefix=ended)
        details = {"reason": RESTARTED, "run": incident.run}
        log(incident, EventType.ESCALATION, by=by, now=now, via=via, details=details)
    return incident


def _has_just_begun(incident: Incident, version: PolicyVersion | None, now: datetime) -> bool:
    """Whether this run is a restart of a moment ago, and has come no further than step 1."""
    if incident.policy_version != version or incident.cycle > 1 or incident.current_step:
        return False
    entries = incident.events.filter(type=EventType.ESCALATION, details__reason=RESTARTED)
    last = entries.order_by("-id").first()
    same = last is not None and last.details.get("run") == incident.run
    return same and last is not None and abs(now - last.at) < marks.FRESH


def shift_due_times(old_now: datetime, delta: timedelta, now: datetime) -> int:
    """The wall clock jumped by `delta`: moves what was due in the future, once.

    Elapsed waits must not be cut short or stretched by a clock that was set. After a jump forward
    what the new time planned (row and due time lie in it) is left alone. What was due already
    stays due, also when the clock went back, and is no later than before when it went forward.
    """
    rows, forward = Incident.objects.all(), delta > timedelta(0)
    between = old_now + delta / 2
    moved = 0
    for status, field in PLANNED:
        waiting = rows.filter(status=status).exclude(**{field: None})
        if forward:  # the new time plans nothing before it, whatever else it writes
            waiting = waiting.filter(Q(updated_at__lt=between) | Q(**{f"{field}__lt": between}))
        else:
            overdue = waiting.filter(**{f"{field}__gt": now, f"{field}__lte": old_now})
            moved += overdue.update(**_moved(field, Value(now), now))
            waiting = waiting.filter(**{f"{field}__gt": old_now})
        moved += waiting.update(**_moved(field, F(field) + delta, now))
    return moved


def take_in_strays(now: datetime) -> int:
    """Incidents written by a clock that is ahead of ours: their waits count from now instead.

    A request that read the clock just before it was set back, and committed after everything had
    been shifted, would be paged late by the whole jump.
    """
    taken = 0
    for status, field in PLANNED:
        rows = Incident.objects.filter(status=status, updated_at__gt=now + AHEAD)
        planned = rows.filter(**{f"{field}__gt": now}).values_list("pk", "updated_at", field)
        for pk, written, due in planned:
            unchanged = Incident.objects.filter(pk=pk, status=status, updated_at=written)
            wait = max(due - written, timedelta(0))
            taken += unchanged.update(**_moved(field, Value(now + wait), now))
    if taken:
        log_lines.warning("%d incidents were written by a clock that was ahead", taken)
    return taken


def _moved(field: str, due: Expression, now: datetime) -> dict[str, Any]:
    """What somebody pressed for goes on being due because of them."""
    moved: dict[str, Any] = {field: due, "updated_at": now}
    if field == "escalate_at":
        moved["pressed_at"] = Case(When(pressed_at=F(field), then=due), default=F("pressed_at"))
    return moved


def _require_open(incident: Incident) -> None:
    if incident.status != Status.OPEN:
        raise IllegalTransition("Only an open incident escalates", field="status")
