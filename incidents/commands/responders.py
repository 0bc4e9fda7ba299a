"""More people for an incident: asked, accepting, declining, silent. Its owner stays the owner.

Requests outlive an acknowledgement, because they are help in addition; they end with the incident.
Whatever becomes of a request, whoever asked hears of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet

from accounts.models import Team, User
from core import config
from core.actor import Actor
from core.errors import IllegalTransition, NotFound, ValidationFailed
from escalation import queries as escalation
from escalation.domain.engine import Target, TargetKind
from escalation.models import EscalationPolicy
from incidents.commands import asker
from incidents.commands.calls import call
from incidents.commands.records import lock, log
from incidents.domain.alert import one_line
from incidents.domain.marks import calls_of
from incidents.domain.responders import (
    LIVE,
    CannotAnswer,
    ResponderState,
    answered,
    nobody_left,
)
from incidents.messages import request_message
from incidents.models import EventType, Incident, IncidentResponder, PageKind, Status
from notifications import commands as notifications
from schedules.models import Schedule

MOST = 50  # people asked at once
TEXT_LENGTH = 500
BY_NAME = "chosen by name"
CLOSED = {Status.RESOLVED, Status.SUPPRESSED}


@dataclass(frozen=True, slots=True)
class Helpers:
    """Whom to ask: people, members of teams, who is on call, whom a policy pages first."""

    people: Sequence[User] = ()
    teams: Sequence[Team] = ()
    schedules: Sequence[Schedule] = ()
    policies: Sequence[EscalationPolicy] = ()


def ask(
    incident: Incident,
    helpers: Helpers,
    *,
    by: Actor,
    now: datetime,
    message: str = "",
    via: str = "",
) -> list[IncidentResponder]:
    """Pages more people; who was asked already and has not declined is left alone.

    Raises IllegalTransition for an incident that is over, ValidationFailed when there is nobody to
    ask or there are more than 50.
    """
    with transaction.atomic():
        incident = lock(incident)
        if incident.status in CLOSED:
            raise IllegalTransition(f"It is {incident.status.lower()}: nobody has to come")
        known = set(_of(incident).filter(state__in=LIVE).values_list("user_id", flat=True))
        found = escalation.Recipients(now).of(_targets(helpers))
        found = [one for one in found if one.user.pk not in known and one.user.pk != by.user_pk]
        _refuse_odd_numbers(found)
        named = {user.pk for user in helpers.people}
        found = [replace(one, reason=BY_NAME) if one.user.pk in named else one for one in found]
        rows = _store(incident, found, by, now, one_line(message, TEXT_LENGTH))
        calls = [(row.user, _why(row), request_message(row)) for row in rows]
        call(incident, PageKind.RESPONDER, rows[0].round, calls, now=now)
        details = {
            "asked": [str(row.user) for row in rows],
            "message": rows[0].message,
            "round": rows[0].round,
        }
        log(incident, EventType.RESPONDER_REQUESTED, by=by, now=now, via=via, details=details)
    return rows


def answer(
    incident: Incident,
    user: User,
    *,
    accept: bool,
    by: Actor,
    now: datetime,
    note: str = "",
    via: str = "",
) -> IncidentResponder:
    """`user` comes, or does not; whoever asked is told. Saying it twice changes nothing.

    Raises NotFound when nobody asked them, IllegalTransition when the request is over.
    """
    with transaction.atomic():
        incident = lock(incident)
        row = _of(incident).filter(user=user).order_by("-id").first()
        if row is None:
            raise NotFound("Nobody has asked you to help with this incident")
        try:
            state = answered(ResponderState(row.state), accept)
        except CannotAnswer as error:
            raise IllegalTransition(str(error), field="status") from error
        if state is None:
            return row
        row.note = one_line(note, TEXT_LENGTH)
        _settle(incident, row, state, now)
        kind = EventType.RESPONDER_ACCEPTED if accept else EventType.RESPONDER_DECLINED
        details = {"who": str(user), "asked_by": row.asked_by_label, "note": row.note}
        log(incident, kind, by=by, now=now, via=via, details=details)
        alone = not accept and nobody_left(_states(incident, row.round))
        asker.tell(incident, row, asker.answer_of(row, alone), loud=alone, by=by, now=now)
    return row


def accept_with_incident(incident: Incident, *, by: Actor, now: datetime, via: str = "") -> None:
    """Who acknowledges the incident has come: a request that waits for them is answered too."""
    if by.user_pk is None:
        return
    rows = _of(incident).filter(user_id=by.user_pk, state=ResponderState.REQUESTED)
    row = rows.first()
    if row is not None:
        answer(incident, row.user, accept=True, by=by, now=now, via=via)


def withdraw(row: IncidentResponder, *, by: Actor, now: datetime, via: str = "") -> None:
    """Not needed any more. One that was answered or is over stays as it is."""
    with transaction.atomic():
        incident = lock(row.incident)
        row = _of(incident).get(pk=row.pk)
        if not row.waits:
            return
        _settle(incident, row, ResponderState.WITHDRAWN, now)
        details = {"who": str(row.user)}
        log(incident, EventType.RESPONDER_WITHDRAWN, by=by, now=now, via=via, details=details)


def end_requests(incident: Incident, now: datetime) -> None:
    """The incident is over: whoever has not answered need not."""
    waiting = (ResponderState.REQUESTED, ResponderState.EXPIRED)
    rows = IncidentResponder.objects.filter(incident=incident, state__in=waiting)
    rows.update(state=ResponderState.ENDED, due_at=None)


def _of(incident: Incident) -> QuerySet[IncidentResponder]:
    return IncidentResponder.objects.filter(incident=incident).select_related("user", "asked_by")


def _states(incident: Incident, number: int) -> list[ResponderState]:
    rows = IncidentResponder.objects.filter(incident=incident, round=number)
    return [ResponderState(state) for state in rows.values_list("state", flat=True)]


def _targets(helpers: Helpers) -> list[Target]:
    found = [Target(TargetKind.USER, user.pk) for user in helpers.people]
    found += [Target(TargetKind.TEAM, team.pk, str(team)) for team in helpers.teams]
    found += [Target(TargetKind.SCHEDULE, one.pk, str(one)) for one in helpers.schedules]
    for policy in helpers.policies:
        steps = escalation.plan_of(policy.current).steps if policy.current else ()
        found += steps[0].targets if steps else ()
    return found


def _refuse_odd_numbers(found: Sequence[escalation.Recipient]) -> None:
    if not found:
        remedy = "There is nobody left to ask: choose somebody who can be paged and was not asked"
        raise ValidationFailed(remedy, field="userIds", reason="nobody")
    if len(found) > MOST:
        raise ValidationFailed(f"{len(found)} people at once: at most {MOST}", field="userIds")


def _store(
    incident: Incident,
    found: Iterable[escalation.Recipient],
    by: Actor,
    now: datetime,
    message: str,
) -> list[IncidentResponder]:
    last = IncidentResponder.objects.filter(incident=incident).aggregate(n=Max("round"))["n"]
    due = now + timedelta(minutes=config.get("responder_minutes"))
    return [
        IncidentResponder.objects.create(
            incident=incident,
            user=one.user,
            asked_by_id=by.user_pk,
            asked_by_label=by.label[:200],
            source=one.reason[:300],
            message=message,
            round=(last or 0) + 1,
            asked_at=now,
            due_at=due,
            planned_at=now,
        )
        for one in found
    ]


def _why(row: IncidentResponder) -> str:
    return f"{row.asked_by_label} asks for your help: {row.message or row.source}"


def _settle(
    incident: Incident, row: IncidentResponder, state: ResponderState, now: datetime
) -> None:
    """The answer is there: no further message of the request is sent."""
    row.state, row.due_at = state, None
    row.answered_at = None if state == ResponderState.WITHDRAWN else now
    row.save(update_fields=["state", "due_at", "answered_at", "note"])
    prefix = calls_of(PageKind.RESPONDER, row.user_id)
    notifications.cancel(
        "incident",
        [incident.pk],
        f"the request was {state.lower()}",
        now=now,
        page_key_prefix=prefix,
    )
