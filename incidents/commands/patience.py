"""LOW waits for support hours; what ends that early, and what a change of urgency does to a run."""

from datetime import datetime

from core.actor import Actor
from escalation import queries as escalation
from escalation.domain import engine
from escalation.domain.conditions import Case
from escalation.domain.engine import Plan
from incidents.commands.records import log
from incidents.domain.marks import CONTINUES
from incidents.models import (
    BundleMember,
    EscalationState,
    EventType,
    HoursWait,
    Incident,
    Page,
    PageKind,
    Status,
    Urgency,
)


def follow_change(incident: Incident, before: Case, *, by: Actor, now: datetime) -> list[str]:
    """Urgency or priority are about to be saved: the fields of the escalation that follow.

    It no longer waits for support hours when it is not LOW any more. A step that was passed over
    only because the incident was not as it is now is paged at once, in a new run.
    """
    if incident.status != Status.OPEN:
        return []
    return _stop_waiting(incident, now) + _go_back(incident, before, by, now)


def look_again(now: datetime) -> int:
    """Support hours were changed or a clock was set: what waits longer than it must is due now.

    Returns how many. The engine decides; whatever still has to wait does, until the right instant.
    """
    waiting = Incident.objects.filter(status=Status.OPEN, hours_wait=HoursWait.WAITING)
    versions = set(waiting.order_by().values_list("policy_version", flat=True).distinct())
    if not versions:
        return 0
    found = escalation.plans(pk for pk in versions if pk)
    hours = escalation.hours_of_plans(found.values(), now)
    freed = waiting.exclude(policy_version__in=found).update(escalate_at=now)
    for pk, plan in found.items():
        opening = engine.opening(plan, Case(Urgency.LOW, hours=hours), now)
        late = waiting.filter(policy_version=pk, escalate_at__gt=opening or now)
        freed += late.update(escalate_at=now, updated_at=now)
    return freed


def would_wait(incident: Incident, now: datetime) -> bool:
    """Whether its next step, due now, would wait for support hours."""
    plan = _plan(incident) if incident.urgency == Urgency.LOW else None
    if plan is None or incident.hours_wait == HoursWait.WAIVED:
        return False
    hours = escalation.hours_of_plans([plan], now)
    return engine.opening(plan, Case(incident.urgency, incident.priority, hours), now) is not None


def _stop_waiting(incident: Incident, now: datetime) -> list[str]:
    if incident.hours_wait != HoursWait.WAITING or incident.urgency == Urgency.LOW:
        return []
    incident.hours_wait, incident.escalate_at = HoursWait.NONE, now
    return ["hours_wait", "escalate_at"]


def _go_back(incident: Incident, before: Case, by: Actor, now: datetime) -> list[str]:
    plan = _plan(incident)
    if plan is None or not plan.conditional or incident.escalate_at is None:
        return []
    hours = escalation.hours_of_plans([plan], now)
    was = Case(before.urgency, before.priority, hours)
    case = Case(incident.urgency, incident.priority, hours)
    exhausted = incident.escalation_state == EscalationState.EXHAUSTED
    state = engine.State(incident.cycle, incident.next_step, incident.escalate_at, exhausted)
    step = engine.newly_applying(plan, state, was, case, now)
    if step is None or _was_paged(incident, step):
        return []
    ended = incident.run
    incident.run += 1
    # Whom an earlier step pages is paged still: what is under way or gathers goes on.
    BundleMember.objects.filter(incident=incident, run=ended).update(run=incident.run)
    incident.cycle, incident.next_step = min(incident.cycle, plan.cycles), step
    incident.escalation_state = EscalationState.ESCALATING
    incident.escalate_at = now
    reason = f"step {step + 1} is for such an incident after all"
    details = {"reason": reason, CONTINUES: ended}
    log(incident, EventType.ESCALATION, by=by, now=now, details=details)
    return ["run", "cycle", "next_step", "escalation_state", "escalate_at"]


def _plan(incident: Incident) -> Plan | None:
    version = incident.policy_version_id
    return escalation.plans([version]).get(version) if version else None


def _was_paged(incident: Incident, step: int) -> bool:
    return Page.objects.filter(
        incident=incident, run=incident.run, step=step, kind=PageKind.STEP
    ).exists()
