"""Whom each step of a policy would page in the days ahead: those who must be reachable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Membership, User
from escalation.domain.engine import TargetKind
from escalation.models import EscalationPolicy, Step, StepTarget
from schedules import queries as schedules


@dataclass(frozen=True, slots=True)
class TargetPeople:
    """The people behind a target. `turns`: one after the other is on duty, else all are paged."""

    label: str
    people: frozenset[int]
    turns: bool


@dataclass(frozen=True, slots=True)
class StepPeople:
    number: int
    targets: tuple[TargetPeople, ...]

    @property
    def people(self) -> set[int]:
        return {user for target in self.targets for user in target.people}


def people_of_steps(
    policies: Sequence[EscalationPolicy], now: datetime
) -> dict[int, list[StepPeople]]:
    """By policy (read by `with_steps`), the steps in order; few queries for any number."""
    rows = [target for policy in policies for target in _targets(policy)]
    members = _members({row.team_id for row in rows if row.team_id})
    duty = schedules.ranked_ahead(
        {(row.schedule_id, row.rank) for row in rows if row.schedule_id}, now
    )
    pageable = set(
        User.objects.pageable()
        .filter(pk__in={row.user_id for row in rows if row.user_id})
        .values_list("pk", flat=True)
    )

    def behind(row: StepTarget) -> Iterable[int]:
        if row.schedule_id:
            return duty[row.schedule_id, row.rank]
        if row.user_id:
            return {row.user_id} & pageable
        team = members.get(row.team_id or 0, [])
        lead = row.kind == TargetKind.TEAM_LEAD
        return {one.user_id for one in team if not lead or one.team.lead_id == one.user_id}

    return {
        policy.pk: [
            StepPeople(
                number,
                tuple(
                    TargetPeople(row.words, frozenset(behind(row)), _takes_turns(row))
                    for row in step.targets.all()
                ),
            )
            for number, step in enumerate(_steps(policy), 1)
        ]
        for policy in policies
    }


def _takes_turns(row: StepTarget) -> bool:
    return bool(row.schedule_id) or row.kind == TargetKind.TEAM_TURN


def _steps(policy: EscalationPolicy) -> Iterable[Step]:
    return policy.current.steps.all() if policy.current else ()


def _targets(policy: EscalationPolicy) -> list[StepTarget]:
    return [target for step in _steps(policy) for target in step.targets.all()]


def _members(teams: set[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    rows = Membership.objects.filter(team__in=teams, receives_pages=True)
    for member in rows.filter(user__in=User.objects.pageable()).select_related("team"):
        found.setdefault(member.team_id, []).append(member)
    return found
