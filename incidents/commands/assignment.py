"""Who has it: given to a person or a team, who are told, with or without a new start of paging."""

from datetime import datetime

from django.db import transaction

from accounts.models import Team, User, UserStatus
from core.actor import Actor
from core.errors import IllegalTransition, ValidationFailed
from escalation.domain.engine import Target, TargetKind
from escalation.queries import Recipients
from incidents.commands import status
from incidents.commands.calls import call
from incidents.commands.escalation import restart_escalation
from incidents.commands.patience import would_wait
from incidents.commands.records import lock, log
from incidents.messages import owner_message
from incidents.models import EscalationState, EventType, Incident, PageKind, Status

TOLD_WHILE = (Status.OPEN, Status.ACKNOWLEDGED, Status.SNOOZED)
CHANGES = (EventType.ASSIGNED, EventType.REASSIGNED)


def assign(
    incident: Incident,
    *,
    by: Actor,
    now: datetime,
    user: User | None = None,
    team: Team | None = None,
    restart: bool = False,
    via: str = "",
) -> Incident:
    """Gives it to a person or a team, who are told, or to nobody. Never acknowledges.

    `restart`: it is open again and the escalation begins anew, the new owner first. One that has
    exhausted its policy does so in any case: whoever gets it must not wait for the hourly repeat.
    Raises ValidationFailed for a person and a team, a disabled person, a restart for nobody;
    IllegalTransition for a restart of what is resolved.
    """
    _check(user, team, restart)
    with transaction.atomic():
        incident = lock(incident)
        before, owner = incident.assignee or incident.assigned_team, user or team
        changed = owner != before
        again = restart or bool(changed and owner and _is_exhausted(incident))
        if changed:
            incident.assignee, incident.assigned_team = user, team
            incident.updated_at = now
            incident.save(update_fields=["assignee", "assigned_team", "updated_at"])
        if again:
            incident = _start_again(incident, changed, by=by, now=now, via=via)
        if changed:
            details = {"from": str(before or ""), "to": str(owner or ""), "restarted": again}
            details["told"] = _tell(incident, user, team, by, now)
            kind = EventType.REASSIGNED if before else EventType.ASSIGNED
            log(incident, kind, by=by, now=now, via=via, details=details)
    return incident


def _check(user: User | None, team: Team | None, restart: bool) -> None:
    if user and team:
        raise ValidationFailed("Assign a person or a team, not both", field="assignedTeamId")
    if user and user.status == UserStatus.DISABLED:
        raise ValidationFailed(f"{user} is disabled", field="assigneeId")
    if restart and not (user or team):
        remedy = "Say who gets it: the escalation starts again with them"
        raise ValidationFailed(remedy, field="restartEscalation", reason="nobody")


def _is_exhausted(incident: Incident) -> bool:
    exhausted = incident.escalation_state == EscalationState.EXHAUSTED
    return exhausted and incident.status == Status.OPEN


def _start_again(
    incident: Incident, changed: bool, *, by: Actor, now: datetime, via: str
) -> Incident:
    if incident.status == Status.RESOLVED:
        raise IllegalTransition("It is resolved: open it again instead", field="restartEscalation")
    closed = incident.status != Status.OPEN
    if closed:
        incident = status.move(incident, Status.OPEN, by=by, now=now, via=via)
    return restart_escalation(incident, by=by, now=now, via=via, anyway=changed or closed)


def _tell(
    incident: Incident, user: User | None, team: Team | None, by: Actor, now: datetime
) -> list[str]:
    """Names of those who are told; nobody is told what they did themselves."""
    if incident.status not in TOLD_WHILE or not (user or team):
        return []
    if user and _first_step_pages(incident, now):
        return [str(user)]
    kind, pk = (TargetKind.USER, user.pk) if user else (TargetKind.TEAM, team.pk if team else 0)
    people = [person.user for person in Recipients(now).of([Target(kind, pk)])]
    people = [person for person in people if person.pk != by.user_pk]
    why = f"{by.label} gave it to {'you' if user else team}"
    calls = [(person, why, owner_message(incident, person, why, now=now)) for person in people]
    number = incident.events.filter(type__in=CHANGES).count() + 1
    call(incident, PageKind.OWNER, number, calls, now=now)
    return [str(person) for person in people]


def _first_step_pages(incident: Incident, now: datetime) -> bool:
    """Whether the assignee is paged at this moment anyway: one message is enough."""
    begins = incident.status == Status.OPEN and incident.current_step is None
    loud = begins and not incident.quiet_start
    due = incident.escalate_at is not None and incident.escalate_at <= now
    return loud and due and not would_wait(incident, now)
