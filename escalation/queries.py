"""Readers of policies: plans for the engine, and who a target means right now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Membership, Role, Team, User
from core import config
from escalation.domain.engine import Plan, StepPlan, Target, TargetKind
from escalation.models import EscalationPolicy, PolicyVersion, StepTarget
from schedules import queries as schedules


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person to page and why."""

    user: User
    reason: str


def plans(version_ids: Iterable[int]) -> dict[int, Plan]:
    """Policy versions as the engine sees them; few queries for any number of versions."""
    versions = PolicyVersion.objects.filter(pk__in=set(version_ids)).prefetch_related(
        "steps__targets__user", "steps__targets__team", "steps__targets__schedule"
    )
    return {version.pk: plan_of(version) for version in versions}


def plan_of(version: PolicyVersion) -> Plan:
    steps = tuple(
        StepPlan(
            targets=tuple(filter(None, map(_target, step.targets.all()))),
            wait=timedelta(minutes=step.escalate_after_minutes),
            channels=tuple(step.channels),
        )
        for step in version.steps.all()
    )
    delay = timedelta(minutes=version.initial_delay_minutes)
    return Plan(steps, initial_delay=delay, repeat_count=version.repeat_count)


def _target(row: StepTarget) -> Target | None:
    named = row.user or row.team or row.schedule
    if named is None:
        return None  # the team or schedule is gone; the step goes on with its other targets
    return Target(TargetKind(row.kind), named.pk, str(named))


class Recipients:
    """Resolves targets at one instant, remembering what it read: made anew for each batch."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._users: dict[int, User] = {}
        self._teams: dict[int, list[Membership]] = {}
        self._leads: dict[int, Membership | None] = {}
        self._on_call: dict[int, list[schedules.OnCallNow]] = {}

    def of(self, targets: Sequence[Target]) -> list[Recipient]:
        """People behind the targets, each once, first reason kept; disabled people never."""
        self._load(targets)
        found: dict[int, Recipient] = {}
        for target in targets:
            for user, reason in self._people(target):
                found.setdefault(user.pk, Recipient(user, reason))
        return list(found.values())

    def _people(self, target: Target) -> list[tuple[User, str]]:
        if target.kind is TargetKind.USER:
            user = self._users.get(target.id)
            return [(user, "named in the step")] if user else []
        if target.kind is TargetKind.SCHEDULE:
            return [(entry.user, entry.reason) for entry in self._on_call.get(target.id, [])]
        if target.kind is TargetKind.TEAM_LEAD:
            lead = self._leads.get(target.id)
            return [(lead.user, f"lead of {lead.team}")] if lead else []
        members = self._teams.get(target.id, [])
        return [(member.user, f"member of {member.team}") for member in members]

    def _load(self, targets: Sequence[Target]) -> None:
        wanted: dict[TargetKind, set[int]] = {kind: set() for kind in TargetKind}
        for target in targets:
            wanted[target.kind].add(target.id)
        self._load_users(wanted[TargetKind.USER] - set(self._users))
        self._load_teams(wanted[TargetKind.TEAM] - set(self._teams))
        self._load_leads(wanted[TargetKind.TEAM_LEAD] - set(self._leads))
        missing = wanted[TargetKind.SCHEDULE] - set(self._on_call)
        if missing:
            self._on_call.update(schedules.on_call(missing, self.now))

    def _load_users(self, ids: set[int]) -> None:
        if ids:
            self._users.update(User.objects.pageable().in_bulk(ids))

    def _load_teams(self, ids: set[int]) -> None:
        if not ids:
            return
        self._teams.update({pk: [] for pk in ids})
        for member in _pageable_members(ids).filter(receives_pages=True):
            self._teams[member.team_id].append(member)

    def _load_leads(self, ids: set[int]) -> None:
        if not ids:
            return
        self._leads.update(dict.fromkeys(ids))
        leads = dict(Team.objects.filter(pk__in=ids).values_list("pk", "lead_id"))
        for member in _pageable_members(ids):
            if leads.get(member.team_id) == member.user_id:
                self._leads[member.team_id] = member


def _pageable_members(team_ids: set[int]):  # noqa: ANN202 - a queryset of Membership
    members = Membership.objects.filter(team_id__in=team_ids).select_related("user", "team")
    return members.filter(user__in=User.objects.pageable())


def fallback(version_id: int | None) -> list[Recipient]:
    """The fallback contact, never empty while an active admin exists (architecture decision 16)."""
    if version_id is not None:
        named = User.objects.pageable().filter(policyversion_fallback_of=version_id)
        if people := [Recipient(user, "fallback contact of the policy") for user in named]:
            return people
    wide = User.objects.pageable().filter(pk__in=config.get("fallback_users") or [])
    if people := [Recipient(user, "fallback contact of the installation") for user in wide]:
        return people
    admins = User.objects.active().filter(role=Role.ADMIN)
    return [Recipient(user, "active admin, no fallback contact is set") for user in admins]


def with_steps() -> QuerySet[EscalationPolicy]:
    """Policies in use or usable, with what the current version says."""
    rows = EscalationPolicy.objects.filter(archived_at=None).select_related("current")
    return rows.prefetch_related(
        "current__fallback_users",
        "current__steps__targets__user",
        "current__steps__targets__team",
        "current__steps__targets__schedule",
    )
