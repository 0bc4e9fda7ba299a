"""Writers of escalation policies: every save makes a new immutable version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Team, User
from audit import commands as audit
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from escalation.domain.engine import FIRST_RANK, MAX_CYCLES, TargetKind
from escalation.models import EscalationPolicy, PolicyVersion, Step, StepTarget
from notifications.models import OFFERED
from schedules.models import Schedule

MAX_STEPS = 20
MAX_TARGETS = 20
MAX_WAIT_MINUTES = 24 * 60
MAX_RANK = 9
OUTDATED = "outdated_version"


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """Whom a step pages; exactly one of the three rows, `lead_only` for the lead of the team.

    `rank` in the rotation of a schedule: 1 is on call, 2 the next in turn.
    """

    user: User | None = None
    team: Team | None = None
    schedule: Schedule | None = None
    lead_only: bool = False
    rank: int = FIRST_RANK

    @property
    def kind(self) -> TargetKind:
        if self.user:
            return TargetKind.USER
        if self.schedule:
            return TargetKind.SCHEDULE
        return TargetKind.TEAM_LEAD if self.lead_only else TargetKind.TEAM


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One rung: targets, then the wait in minutes before the next rung."""

    targets: Sequence[TargetSpec]
    escalate_after_minutes: int = 5
    channels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """A whole version. `repeat_count` None = until acknowledged."""

    steps: Sequence[StepSpec]
    initial_delay_minutes: int = 0
    repeat_count: int | None = 0
    fallback_users: Sequence[User] = ()


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
    _check(spec)
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
    _check(spec)
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


def _check(spec: PolicySpec) -> None:
    if len(spec.steps) > MAX_STEPS:
        raise ValidationFailed(f"At most {MAX_STEPS} steps", field="steps")
    if spec.repeat_count is not None and not 0 <= spec.repeat_count <= MAX_CYCLES:
        raise ValidationFailed(f"Repeat 0 to {MAX_CYCLES} times", field="repeatCount")
    if not 0 <= spec.initial_delay_minutes <= MAX_WAIT_MINUTES:
        raise ValidationFailed("Initial delay is 0 to 1440 minutes", field="initialDelayMinutes")
    for index, step in enumerate(spec.steps):
        _check_step(step, f"steps[{index}]")


def _check_step(step: StepSpec, field: str) -> None:
    if not 0 <= step.escalate_after_minutes <= MAX_WAIT_MINUTES:
        raise ValidationFailed(
            "The wait is 0 to 1440 minutes", field=f"{field}.escalateAfterMinutes"
        )
    if len(step.targets) > MAX_TARGETS:
        raise ValidationFailed(f"At most {MAX_TARGETS} targets", field=f"{field}.targets")
    for target in step.targets:
        if sum(row is not None for row in (target.user, target.team, target.schedule)) != 1:
            raise ValidationFailed(
                "A target is one person, team or schedule", field=f"{field}.targets"
            )
        if not FIRST_RANK <= target.rank <= (MAX_RANK if target.schedule else FIRST_RANK):
            raise ValidationFailed(
                f"The position in a rotation is 1 to {MAX_RANK}, and only schedules have one",
                field=f"{field}.targets",
            )
    unknown = set(step.channels) - {channel.value for channel in OFFERED}
    if unknown:
        options = ", ".join(channel.value for channel in OFFERED)
        raise ValidationFailed(
            f"Unknown channel {sorted(unknown)[0]}; possible: {options}", field=f"{field}.channels"
        )


def _add_version(
    policy: EscalationPolicy, spec: PolicySpec, *, number: int, by: Actor, now: datetime
) -> PolicyVersion:
    version = PolicyVersion.objects.create(
        policy=policy,
        number=number,
        initial_delay_minutes=spec.initial_delay_minutes,
        repeat_count=spec.repeat_count,
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
