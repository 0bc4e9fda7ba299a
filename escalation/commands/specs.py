"""What a version of a policy says, as given, and what about it is refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from accounts.models import Team, User
from core.errors import ValidationFailed
from escalation.domain.conditions import PRIORITIES
from escalation.domain.engine import FIRST_RANK, MAX_CYCLES, TargetKind
from notifications.domain.words import Urgency
from notifications.models import OFFERED
from schedules.models import Schedule, SupportHours

MAX_STEPS = 20
MAX_TARGETS = 20
MAX_WAIT_MINUTES = 24 * 60
MAX_RANK = 9


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """Whom a step pages; exactly one of the three rows, `lead_only` for the lead of the team.

    `in_turn`: one member of the team, another one each time. `rank` in the rotation of a
    schedule: 1 is on call, 2 the next in turn.
    """

    user: User | None = None
    team: Team | None = None
    schedule: Schedule | None = None
    lead_only: bool = False
    rank: int = FIRST_RANK
    in_turn: bool = False

    @property
    def kind(self) -> TargetKind:
        if self.user:
            return TargetKind.USER
        if self.schedule:
            return TargetKind.SCHEDULE
        if self.in_turn:
            return TargetKind.TEAM_TURN
        return TargetKind.TEAM_LEAD if self.lead_only else TargetKind.TEAM


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One rung: targets, then the wait in minutes before the next rung.

    Fires only for these `urgencies` and `priorities` ("" = without one); empty or all = for all;
    and only inside `hours` (outside them when not `inside_hours`).
    """

    targets: Sequence[TargetSpec]
    escalate_after_minutes: int = 5
    channels: Sequence[str] = ()
    urgencies: Collection[str] = ()
    priorities: Collection[str] = ()
    hours: SupportHours | None = None
    inside_hours: bool = True


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """A whole version. `repeat_count` None = until acknowledged.

    `low_hours`: incidents of urgency LOW wait for these support hours.
    """

    steps: Sequence[StepSpec]
    initial_delay_minutes: int = 0
    repeat_count: int | None = 0
    fallback_users: Sequence[User] = ()
    low_hours: SupportHours | None = None


def check_spec(spec: PolicySpec) -> None:
    """Raises ValidationFailed, the field named as the API names it."""
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
        _check_target(target, f"{field}.targets")
    _check_among(step.urgencies, list(Urgency), "urgency", f"{field}.urgencies")
    _check_among(step.priorities, PRIORITIES, "priority", f"{field}.priorities")
    _check_among(step.channels, list(OFFERED), "channel", f"{field}.channels")


def _check_target(target: TargetSpec, field: str) -> None:
    if sum(row is not None for row in (target.user, target.team, target.schedule)) != 1:
        raise ValidationFailed("A target is one person, team or schedule", field=field)
    if not FIRST_RANK <= target.rank <= (MAX_RANK if target.schedule else FIRST_RANK):
        raise ValidationFailed(
            f"The position in a rotation is 1 to {MAX_RANK}, and only schedules have one",
            field=field,
        )
    if target.in_turn and (target.team is None or target.lead_only):
        message = "Only the members of a team are paged in turn, and not its lead alone"
        raise ValidationFailed(message, field=field)


def _check_among(given: Collection[str], known: Sequence[str], noun: str, field: str) -> None:
    unknown = sorted(set(given) - {str(one) for one in known})
    if unknown:
        options = ", ".join(str(one) or "none" for one in known)
        raise ValidationFailed(f"Unknown {noun} {unknown[0]}; possible: {options}", field=field)


def narrowed(given: Collection[str], known: Sequence[str]) -> list[str]:
    """In their order; all of them are no condition."""
    chosen = [str(one) for one in known if one in given]
    return [] if len(chosen) == len(known) else chosen
