"""Writers of escalation policies: every save makes a new immutable version."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Team
from audit import commands as audit
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from escalation.commands.specs import PolicySpec, check_spec, narrowed
from escalation.commands.turns import begin_turns
from escalation.domain.conditions import PRIORITIES
from escalation.models import EscalationPolicy, PolicyVersion, Step, StepTarget
from notifications.domain.words import Urgency

OUTDATED = "outdated_version"


def create_policy(
    *,
    name: str,
    spec: PolicySpec,
    by: Actor,
    now: datetime,
    description: str = "",
    team: Team | None = None,
) -> EscalationPolicy:
    """Raises ValidationFailed (field named) or Conflict (name taken)."""
    check_spec(spec)
    clean = " ".join(name.split())
    if not clean:
        raise ValidationFailed("Name is required", field="name", reason="required")
    try:
        with transaction.atomic():
            policy = EscalationPolicy.objects.create(
                name=clean[:120], description=description, team=team
            )
            _add_version(policy, spec, number=1, by=by, now=now)
            _audit("policy.created", policy, by=by, now=now)
    except IntegrityError as error:
        raise Conflict(f"A policy named “{clean}” exists already", field="name") from error
    return policy


def save_policy(
    policy: EscalationPolicy,
    spec: PolicySpec,
    *,
    by: Actor,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
    expected_version: int | None = None,
) -> EscalationPolicy:
    """Version n+1. Incidents that run keep theirs.

    Raises Conflict when `expected_version` is given and somebody saved in between.
    """
    check_spec(spec)
    try:
        with transaction.atomic():
            locked = EscalationPolicy.objects.select_for_update().get(pk=policy.pk)
            number = locked.current.number if locked.current else 0
            if expected_version is not None and expected_version != number:
                message = f"The policy is at version {number} now; load it again"
                raise Conflict(message, reason=OUTDATED)
            if name is not None:
                locked.name = " ".join(name.split())[:120] or locked.name
            if description is not None:
                locked.description = description
            locked.save(update_fields=["name", "description"])
            _add_version(locked, spec, number=number + 1, by=by, now=now)
            _audit("policy.updated", locked, by=by, now=now)
    except IntegrityError as error:
        raise Conflict(f"A policy named “{name}” exists already", field="name") from error
    return locked


def give_policy(policy: EscalationPolicy, team: Team | None, *, by: Actor, now: datetime) -> None:
    """Says which team is told of holes ahead; None: the admins. The same team changes nothing."""
    with transaction.atomic():
        locked = EscalationPolicy.objects.select_for_update().get(pk=policy.pk)
        if locked.team_id == (team.pk if team else None):
            return
        locked.team = team
        locked.save(update_fields=["team"])
        _audit("policy.given", locked, by=by, now=now)


def archive_policy(policy: EscalationPolicy, *, by: Actor, now: datetime) -> None:
    """Raises Conflict while a service uses it."""
    users = policy.services.filter(archived_at=None).count()
    if users:
        raise Conflict(f"{users} services use this policy; give them another one first")
    with transaction.atomic():
        policy.archived_at = now
        policy.save(update_fields=["archived_at"])
        _audit("policy.archived", policy, by=by, now=now)


def _add_version(
    policy: EscalationPolicy, spec: PolicySpec, *, number: int, by: Actor, now: datetime
) -> PolicyVersion:
    version = PolicyVersion.objects.create(
        policy=policy,
        number=number,
        initial_delay_minutes=spec.initial_delay_minutes,
        repeat_count=spec.repeat_count,
        low_hours=spec.low_hours,
        created_at=now,
        created_by=by.label[:200],
    )
    version.fallback_users.set(spec.fallback_users)
    for position, step_spec in enumerate(spec.steps):
        step = Step.objects.create(
            version=version,
            position=position,
            escalate_after_minutes=step_spec.escalate_after_minutes,
            channels=list(step_spec.channels),
            urgencies=narrowed(step_spec.urgencies, list(Urgency)),
            priorities=narrowed(step_spec.priorities, PRIORITIES),
            hours=step_spec.hours,
            inside_hours=step_spec.inside_hours,
        )
        StepTarget.objects.bulk_create(
            StepTarget(
                step=step,
                position=place,
                kind=target.kind.value,
                user=target.user,
                team=target.team,
                schedule=target.schedule,
                rank=target.rank,
            )
            for place, target in enumerate(step_spec.targets)
        )
    in_turn = (one.team for step in spec.steps for one in step.targets if one.in_turn)
    begin_turns({team.pk for team in in_turn if team})
    policy.current = version
    policy.save(update_fields=["current"])
    return version


def _audit(action: str, policy: EscalationPolicy, *, by: Actor, now: datetime) -> None:
    version = policy.current.number if policy.current else 0
    audit.record(
        action,
        by=by,
        now=now,
        target_type="policy",
        target_id=policy.public_id,
        target_label=policy.name,
        changes={"version": version},
    )
