"""Whom a step may page, as the select lists of the policy form offer it."""

from collections.abc import Sequence
from typing import Any

from accounts.models import Team, User, UserStatus
from escalation.commands import MAX_RANK, TargetSpec
from escalation.domain import wording
from escalation.domain.engine import FIRST_RANK, TargetKind
from escalation.models import PolicyVersion, Step, StepTarget
from schedules.models import Schedule, SupportHours
from schedules.queries import support_hours

# Offered for each schedule: on call, and the two behind; what a version names already stays.
RANKS = (FIRST_RANK, 2, 3)
TEAM_WORDS = {
    TargetKind.TEAM: "team",
    TargetKind.TEAM_LEAD: "lead",
    TargetKind.TEAM_TURN: "turn",
}


class Choices:
    """Everybody and everything that a step may page; what a version names already stays in it."""

    def __init__(self, version: PolicyVersion | None = None) -> None:
        targets = [] if version is None else _targets(version)
        self.fallback = [] if version is None else list(version.fallback_users.all())
        people = [target.user for target in targets if target.user] + self.fallback
        schedules = [target.schedule for target in targets if target.schedule]
        hours = [] if version is None else _hours(version)
        self.hours = _with(support_hours(), hours)
        self.ranks = sorted({*RANKS, *(target.rank for target in targets)})
        self.people = _with(User.objects.pageable(), people)
        self.teams = list(Team.objects.all())
        self.schedules = _with(Schedule.objects.filter(archived_at=None), schedules)

    def groups(self) -> list[tuple[str, Any]]:
        return [
            ("", "Choose"),
            *((_place(rank), self._ranked(rank)) for rank in self.ranks),
            ("A whole team", [(f"team:{t.public_id}", f"{t} (whole team)") for t in self.teams]),
            (
                "The lead of a team",
                [(f"lead:{t.public_id}", f"{t} (team lead)") for t in self.teams],
            ),
            (
                "One member of a team, a different one each time (round robin)",
                [(f"turn:{t.public_id}", f"{t} (one, in turn)") for t in self.teams],
            ),
            ("One person", [(f"user:{user.public_id}", _named(user)) for user in self.people]),
        ]

    def _ranked(self, rank: int) -> list[tuple[str, str]]:
        words = {FIRST_RANK: "on call", wording.SECONDARY: "secondary"}
        word = words.get(rank, f"{wording.ordinal(rank)} in rotation")
        return [(_of_schedule(one, rank), f"{one} ({word})") for one in self.schedules]

    def persons(self) -> list[tuple[str, str]]:
        return [("", "Choose"), *((user.public_id, _named(user)) for user in self.people)]

    def owners(self) -> list[tuple[str, str]]:
        return [("", "Choose"), *((team.public_id, team.name) for team in self.teams)]

    def times(self) -> list[tuple[str, Any]]:
        """When a step applies, by support hours."""
        inside = [(f"in:{one.public_id}", f"Only in {one}") for one in self.hours]
        outside = [(f"out:{one.public_id}", f"Only outside {one}") for one in self.hours]
        return [("", "At any time"), *inside, *outside]

    def patience(self) -> list[tuple[str, str]]:
        """What LOW may wait for."""
        waits = [(one.public_id, f"Waits for {one}") for one in self.hours]
        return [("", "Pages at any time"), *waits]

    def hours_named(self, value: str) -> SupportHours | None:
        """Of either list."""
        wanted = value.rpartition(":")[2]
        return next((one for one in self.hours if one.public_id == wanted), None)

    def specs(self) -> dict[str, TargetSpec]:
        found = {f"user:{user.public_id}": TargetSpec(user=user) for user in self.people}
        for rank in range(FIRST_RANK, MAX_RANK + 1):
            found |= {
                _of_schedule(one, rank): TargetSpec(schedule=one, rank=rank)
                for one in self.schedules
            }
        for team in self.teams:
            found[f"team:{team.public_id}"] = TargetSpec(team=team)
            found[f"turn:{team.public_id}"] = TargetSpec(team=team, in_turn=True)
            found[f"lead:{team.public_id}"] = TargetSpec(team=team, lead_only=True)
        return found


def _targets(version: PolicyVersion) -> list[StepTarget]:
    return [target for step in version.steps.all() for target in step.targets.all()]


def _hours(version: PolicyVersion) -> list[SupportHours]:
    named = [version.low_hours, *(step.hours for step in version.steps.all())]
    return [hours for hours in named if hours]


def time_value(step: Step) -> str:
    if step.hours is None:
        return ""
    return f"{'in' if step.inside_hours else 'out'}:{step.hours.public_id}"


def value_of(target: StepTarget) -> str:
    if target.user:
        return f"user:{target.user.public_id}"
    if target.schedule:
        return _of_schedule(target.schedule, target.rank)
    return f"{TEAM_WORDS[TargetKind(target.kind)]}:{target.team.public_id}" if target.team else ""


def _of_schedule(schedule: Schedule, rank: int) -> str:
    plain = f"schedule:{schedule.public_id}"
    return plain if rank == FIRST_RANK else f"{plain}:{rank}"


def _place(rank: int) -> str:
    if rank == FIRST_RANK:
        return "On call in a schedule"
    if rank == wording.SECONDARY:
        return "The secondary: next in the rotation of a schedule"
    return f"The {wording.ordinal(rank)} in the rotation of a schedule"


def _with(rows: Any, named: Sequence[Any]) -> list[Any]:
    """The rows, and those that are named already though they do not count any more."""
    found = list(rows)
    known = {row.pk for row in found}
    return [*found, *{row.pk: row for row in named if row.pk not in known}.values()]


def _named(user: User) -> str:
    if user.status == UserStatus.ACTIVE:
        return user.name
    return f"{user.name}, {user.get_status_display().lower()}"
