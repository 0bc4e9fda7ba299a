"""Keeps the promise of an open incident: fires due steps, writes pages and their deliveries.

One batch is one short transaction: rows are locked (`SKIP LOCKED` on PostgreSQL, the write lock
on SQLite), the engine decides, pages, deliveries and timeline entries are written together, and
nothing is sent here. A crash rolls the whole batch back and the next call finds it due again. Any
number of processes may call `advance`.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from core.actor import SYSTEM
from core.database import AWAY
from core.domain.phrase import Phrase
from core.portions import Portion
from escalation import queries as escalation
from escalation.commands import Turns, claim_turns
from escalation.domain import engine, reasons
from escalation.domain.conditions import Case, Hours
from escalation.domain.engine import Act, Decision, Plan, State, Target, TargetKind
from incidents import escalation_rows, queries, why
from incidents.commands.faults import note_fault
from incidents.models import (
    EscalationState,
    EventType,
    HoursWait,
    Incident,
    IncidentEvent,
    Page,
    PageKind,
    Status,
)
from incidents.shield.paging import Call, leaving_now
from notifications import commands as notifications

log = logging.getLogger("opsknight.paging")

PORTION = Portion(most=100)  # as many as the `batch` of its job, at most
IMPLICIT_WAIT = timedelta(minutes=5)  # service without policy: owner first, then the fallback
RETRY_AFTER_ERROR = timedelta(seconds=15)


@dataclass
class Batch:
    """What one transaction will write."""

    now: datetime
    recipients: escalation.Recipients
    plans: dict[int, Plan]
    turns: Turns = field(default_factory=lambda: Turns({}))
    hours: dict[int, Hours] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    shielded: bool = True
    events: list[IncidentEvent] = field(default_factory=list)
    exhausted: list[Incident] = field(default_factory=list)


def advance(now: datetime, limit: int | None = None) -> int:
    """Fires what is due, HIGH and oldest first; returns how many incidents were handled.

    At most `limit`, else as many as a slow computer gets done before it is taken for a stuck one.
    """
    if limit is None:
        return PORTION.timed(lambda most: _advance(now, most))
    return _advance(now, limit)


def _advance(now: datetime, limit: int) -> int:
    ids = escalation_rows.due(now, limit)
    if not ids:
        return 0
    try:
        return _advance_together(ids, now)
    except AWAY:
        raise
    except Exception:
        log.exception("a batch of %d escalations failed; trying one by one", len(ids))
    return _advance_singly(ids, now)


def _advance_together(ids: list[int], now: datetime, *, shielded: bool = True) -> int:
    with transaction.atomic():
        rows = Incident.objects.filter(pk__in=ids, status=Status.OPEN, escalate_at__lte=now)
        skip = connection.features.has_select_for_update_skip_locked
        rows = rows.select_for_update(skip_locked=skip, of=("self",), no_key=True).order_by("pk")
        incidents = list(rows.select_related("service", "assignee", "assigned_team"))
        versions = {row.policy_version_id for row in incidents if row.policy_version_id}
        plans = escalation.plans(versions) if versions else {}
        turns = claim_turns(plans.values())
        hours = escalation.hours_of_plans(plans.values(), now)
        recipients = escalation.Recipients(now, turns=turns.last)
        batch = Batch(now, recipients, plans, turns, hours, shielded=shielded)
        incidents = [incident for incident in incidents if not _waits_for_turn(incident, batch)]
        for incident in incidents:
            _step(incident, batch)
        _write(incidents, batch)
    return len(incidents)


def _waits_for_turn(incident: Incident, batch: Batch) -> bool:
    plan = batch.plans.get(incident.policy_version_id or 0)
    return batch.turns.waits(plan, incident.escalate_at or batch.now, batch.now)


def _advance_singly(ids: list[int], now: datetime) -> int:
    """Each alone. One that cannot even be put off raises when the others have had their turn."""
    done, stuck = 0, None
    for pk in ids:
        try:
            done += _advance_alone(pk, now)
        except AWAY:
            raise
        except Exception as fault:
            log.exception("escalation of incident %d failed; next try in %s", pk, RETRY_AFTER_ERROR)
            stuck = _contain(pk, fault, now) or stuck
    if stuck:
        raise stuck  # the caller rests longer after each failure
    return done


def _advance_alone(pk: int, now: datetime) -> int:
    """If need be without the storm shield: rather loud than lost."""
    try:
        return _advance_together([pk], now)
    except AWAY:
        raise
    except Exception:
        log.exception("escalation of incident %d failed; once more without the shield", pk)
    return _advance_together([pk], now, shielded=False)


def _contain(pk: int, fault: Exception, now: datetime) -> Exception | None:
    """Pages the fallback contact, and puts the next try off; what went wrong with the latter."""
    told = False
    try:
        told = _page_fallback_instead(pk, now)
    except AWAY:
        raise
    except Exception:
        log.exception("the fallback contact of incident %d could not be paged either", pk)
    note_fault(pk, fault, told=told, now=now)
    try:
        rows = Incident.objects.filter(pk=pk, status=Status.OPEN, escalate_at__lte=now)
        rows.update(escalate_at=now + RETRY_AFTER_ERROR)
    except AWAY:
        raise
    except Exception as error:
        log.exception("incident %d could not be put off", pk)
        return error
    return None


def _page_fallback_instead(pk: int, now: datetime) -> bool:
    """Whatever broke, a human hears of it, once per run, while the tries go on. Was one told?"""
    with transaction.atomic():
        incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if incident.status != Status.OPEN or queries.fallback_paged(incident):
            return True
        batch = Batch(now, escalation.Recipients(now), {}, shielded=False)
        state = State(incident.cycle, incident.next_step, now + RETRY_AFTER_ERROR)
        reason = "the escalation could not be worked out, see the log"
        decision = Decision(Act.PAGE_FALLBACK, state, state, reason=reason)
        _page_fallback(incident, state, decision, batch)
        _write([], batch)
        return bool(batch.pages)


def _step(incident: Incident, batch: Batch) -> None:
    """Runs the engine until it has to wait: empty and zero-wait steps follow in the same tick."""
    plan = _plan(incident, batch)
    state = _state(incident)
    waived = incident.hours_wait == HoursWait.WAIVED
    case = Case(incident.urgency, incident.priority, batch.hours, at_any_hour=waived)
    waits = False
    while True:
        decision = engine.decide(plan, state, batch.now, case)
        if decision.act is Act.WAIT:
            break
        waits = decision.act is Act.WAIT_FOR_HOURS
        state = _perform(incident, state, decision, batch)
    incident.cycle, incident.next_step = state.cycle, state.next_step
    incident.escalate_at = state.due
    if not waived:
        incident.hours_wait = HoursWait.WAITING if waits else HoursWait.NONE
    incident.updated_at = batch.now
    if state.exhausted:
        incident.escalation_state = EscalationState.EXHAUSTED


def _state(incident: Incident) -> State:
    exhausted = incident.escalation_state == EscalationState.EXHAUSTED
    due = incident.escalate_at
    if due is None:  # the database constraint forbids it
        raise ValueError(f"open incident {incident.pk} has no next step")
    return State(incident.cycle, incident.next_step, due, exhausted)


def _plan(incident: Incident, batch: Batch) -> Plan:
    plan = batch.plans.get(incident.policy_version_id or 0)
    if plan is None or not plan.steps:
        owners = _owners(incident)
        step = engine.StepPlan(targets=owners, wait=IMPLICIT_WAIT)
        low = plan.low_waits_for if plan else None
        return Plan(steps=(step,) if owners else (), low_waits_for=low)
    return plan


def _owners(incident: Incident) -> tuple[Target, ...]:
    """Assignee and teams: whom a service without policy pages, before the fallback."""
    found = []
    if incident.assignee_id:
        found.append(Target(TargetKind.USER, incident.assignee_id, reasons.ASSIGNEE))
    teams = {team for team in (incident.assigned_team_id, incident.service.team_id) if team}
    return (*found, *(Target(TargetKind.TEAM, team) for team in sorted(teams)))


def _perform(incident: Incident, state: State, decision: Decision, batch: Batch) -> State:
    if decision.act is Act.PAGE_FALLBACK:
        _page_fallback(incident, state, decision, batch)
        return decision.then
    if decision.act in {Act.SKIP_STEP, Act.WAIT_FOR_HOURS}:
        _note_skipped(incident, decision, decision.reason, [], batch)
        return decision.skipped
    targets = decision.step.targets if decision.step else ()
    begins = decision.step_index == 0 or incident.current_step is None
    if begins and incident.assignee_id:
        owner = Target(TargetKind.USER, incident.assignee_id, reasons.ASSIGNEE)
        # A later run begins because of something: whoever has it comes first.
        targets = (*targets, owner) if incident.run == 1 else (owner, *targets)
    people = batch.recipients.of(targets)
    if decision.act is Act.REPEAT_LAST and not people:
        _page_fallback(incident, state, decision, batch)
        return decision.then
    passed = batch.recipients.passed_over(targets)
    if not people:
        turns = batch.recipients.why_no_turn(targets)
        reason = f"{decision.reason} reaches nobody{turns}: skipped"
        _note_skipped(incident, decision, reason, passed, batch)
        return decision.skipped
    _page_step(incident, state, decision, people, passed, batch)
    return decision.then


def _page_step(
    incident: Incident,
    state: State,
    decision: Decision,
    people: list[escalation.Recipient],
    passed: list[escalation.PassedOver],
    batch: Batch,
) -> None:
    # Only the start is quiet: a later run was asked for by whoever reopened or restarted it.
    first = state.cycle == 1 and incident.run == 1 and decision.step_index == 0
    quiet = incident.quiet_start and first
    reason = f"{decision.reason} (first notifications suppressed)" if quiet else decision.reason
    details = {
        "from_step": None if incident.current_step is None else incident.current_step + 1,
        "to_step": decision.step_index + 1,
        "cycle": state.cycle,
        "reason": reason,
        "paged": [] if quiet else [str(person.user) for person in people],
        "not_paged": why.not_paged(passed, people if quiet else ()),
        "next_at": decision.then.due.isoformat(),
    }
    incident.current_step = decision.step_index
    _note(incident, batch, details)
    if quiet:
        return
    channels = decision.step.channels if decision.step else ()
    for person in people:
        said = Phrase("{what}: {why}", what=reason, why=person.reason)
        page = _page(incident, state, decision.step_index, PageKind.STEP, person, said, batch)
        hand = _by_hand(incident)
        batch.calls.append(Call(page, person, said, channels=channels, by_hand=hand))
        if person.turn_of:
            batch.turns.take(person.turn_of, person.user.pk)


def _page_fallback(incident: Incident, state: State, decision: Decision, batch: Batch) -> None:
    people = _last_resort(incident, batch)
    details = {
        "reason": decision.reason,
        "exhausted": True,
        "paged": [str(person.user) for person in people],
        "next_at": decision.then.due.isoformat(),
    }
    _note(incident, batch, details)
    batch.exhausted.append(incident)
    for person in people:
        said = Phrase("{what}: {why}", what=decision.reason, why=person.reason)
        page = _page(incident, state, decision.step_index, PageKind.FALLBACK, person, said, batch)
        hand = _by_hand(incident)
        batch.calls.append(Call(page, person, said, all_channels=True, by_hand=hand))


def _by_hand(incident: Incident) -> bool:
    """Whether somebody asked for what fires now: it is due because of them."""
    return incident.pressed_at is not None and incident.pressed_at == incident.escalate_at


def _last_resort(incident: Incident, batch: Batch) -> list[escalation.Recipient]:
    """The fallback contact; with the assignee, when no step came to page them."""
    people = escalation.fallback(incident.policy_version_id)
    if incident.current_step is not None or not incident.assignee_id:
        return people
    known = {person.user.pk for person in people}
    owner = batch.recipients.of([Target(TargetKind.USER, incident.assignee_id, reasons.ASSIGNEE)])
    return [*people, *(person for person in owner if person.user.pk not in known)]


def _note_skipped(
    incident: Incident,
    decision: Decision,
    reason: str,
    passed: list[escalation.PassedOver],
    batch: Batch,
) -> None:
    waits = decision.act is Act.WAIT_FOR_HOURS
    details = {
        "to_step": decision.step_index + 1,
        "cycle": decision.skipped.cycle,
        "reason": reason,
        "waits_until": decision.then.due.isoformat() if waits else None,
        "paged": [],
        "not_paged": why.not_paged(passed),
    }
    _note(incident, batch, details)


def _note(incident: Incident, batch: Batch, details: dict) -> None:
    batch.events.append(
        IncidentEvent(
            incident=incident,
            type=EventType.ESCALATION,
            at=batch.now,
            actor_type=SYSTEM.type,
            actor_label=SYSTEM.label,
            via=SYSTEM.via,
            details=details,
            # Nobody reacts to a step; that the policy has ended is news for those who watch.
            published_at=None if details.get("exhausted") else batch.now,
        )
    )


def _page(
    incident: Incident,
    state: State,
    step: int,
    kind: PageKind,
    person: escalation.Recipient,
    said: str,
    batch: Batch,
) -> Page:
    page = Page(
        incident=incident,
        user=person.user,
        run=incident.run,
        cycle=state.cycle,
        step=step,
        kind=kind,
        reason=said[:300],
        why=list(person.why),
        created_at=batch.now,
    )
    batch.pages.append(page)
    return page


def _write(incidents: list[Incident], batch: Batch) -> None:
    requests = leaving_now(batch.calls, batch.now, shielded=batch.shielded)
    Page.objects.bulk_create(batch.pages, ignore_conflicts=True)
    if requests:
        notifications.enqueue(requests, now=batch.now)
    IncidentEvent.objects.bulk_create(batch.events)
    batch.turns.save()
    escalation_rows.save(incidents, batch.now)
