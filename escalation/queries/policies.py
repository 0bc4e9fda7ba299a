"""Readers of policies: plans for the engine, and who a target means right now."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from django.db import Error as DatabaseTrouble
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.models import Membership, Role, User, UserStatus
from core import config
from escalation.domain import wording
from escalation.domain.engine import FIRST_RANK, Plan, StepPlan, Target, TargetKind
from escalation.models import EscalationPolicy, PolicyVersion, StepTarget
from schedules import queries as schedules

log = logging.getLogger("opsknight.paging")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person to page and why."""

    user: User
    reason: str
    on_duty: bool = False  # named by a schedule: it is the person's turn


def plans(version_ids: Iterable[int]) -> dict[int, Plan]:
    """Policy versions as the engine sees them; few queries for any number of versions."""
    versions = PolicyVersion.objects.filter(pk__in=set(version_ids))
    versions = versions.prefetch_related("steps", _named_targets("steps__targets"))
    return {version.pk: plan_of(version) for version in versions}


def _named_targets(path: str) -> Prefetch:
    """Targets with the rows that they name, in one query."""
    return Prefetch(path, StepTarget.objects.select_related("user", "team", "schedule"))


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
    named = row.named
    if named is None:
        return None  # the team or schedule is gone; the step goes on with its other targets
    return Target(TargetKind(row.kind), named.pk, str(named), row.rank)


class Recipients:
    """Resolves targets at one instant, remembering what it read: made anew for each batch."""

    def __init__(self, now: datetime, known: Iterable[User] = ()) -> None:
        """`known`: people just read, who need not be read again."""
        self.now = now
        self._users: dict[int, User | None] = {
            user.pk: None if _is_disabled(user) else user for user in known
        }
        self._members: dict[int, list[Membership]] = {}
        self._on_call: dict[tuple[int, int], list[schedules.OnCallNow]] = {}

    def of(self, targets: Sequence[Target]) -> list[Recipient]:
        """People behind the targets, each once, first reason kept; disabled people never."""
        self._load(targets)
        found: dict[int, Recipient] = {}
        for target in targets:
            for user, reason in self._people(target):
                duty = target.kind is TargetKind.SCHEDULE
                known = found.setdefault(user.pk, Recipient(user, reason, duty))
                if duty and not known.on_duty:
                    found[user.pk] = replace(known, on_duty=True)
        return list(found.values())

    def _people(self, target: Target) -> list[tuple[User, str]]:
        if target.kind is TargetKind.USER:
            user = self._users.get(target.id)
            return [(user, "named in the step")] if user else []
        if target.kind is TargetKind.SCHEDULE:
            found = self._on_call.get((target.id, target.rank), [])
            place = _place(target)
            return [(entry.user, f"{place}, {entry.reason}") for entry in found]
        members = self._members.get(target.id, [])
        if target.kind is TargetKind.TEAM_LEAD:
            leads = (member for member in members if member.team.lead_id == member.user_id)
            return [(member.user, f"lead of {member.team}") for member in leads]
        return [(member.user, f"member of {member.team}") for member in members]

    def _load(self, targets: Sequence[Target]) -> None:
        wanted: dict[TargetKind, set[int]] = {kind: set() for kind in TargetKind}
        for target in targets:
            wanted[target.kind].add(target.id)
        self._load_on_call(targets)
        self._load_users(wanted[TargetKind.USER] - set(self._users))
        teams = wanted[TargetKind.TEAM] | wanted[TargetKind.TEAM_LEAD]
        self._load_members(teams - set(self._members))

    def _load_users(self, ids: set[int]) -> None:
        if ids:
            self._users |= dict.fromkeys(ids) | User.objects.pageable().in_bulk(ids)

    def _load_members(self, ids: set[int]) -> None:
        """Those who are paged with the team; who is not, is not paged as its lead either."""
        if not ids:
            return
        self._members.update({pk: [] for pk in ids})
        rows = Membership.objects.filter(team_id__in=ids, receives_pages=True)
        rows = rows.select_related("user", "team")
        for member in rows.filter(user__in=User.objects.pageable()):
            self._members[member.team_id].append(member)

    def _load_on_call(self, targets: Iterable[Target]) -> None:
        """Together for all schedules of which the same rank is wanted: mostly one question."""
        asked = {(one.rank, one.id) for one in targets if one.kind is TargetKind.SCHEDULE}
        missing = sorted(pair for pair in asked if pair[::-1] not in self._on_call)
        for rank, pairs in groupby(missing, key=itemgetter(0)):
            found = _on_call([pk for _, pk in pairs], self.now, rank)
            self._on_call.update({(pk, rank): people for pk, people in found.items()})


def _place(target: Target) -> str:
    if target.rank == FIRST_RANK:
        return f"on call in {target.label}"
    return wording.behind(target.label, target.rank)


def _on_call(ids: Sequence[int], now: datetime, rank: int) -> dict[int, list[schedules.OnCallNow]]:
    """A schedule that cannot be read is a gap that the escalation climbs past."""
    try:
        return schedules.on_call(ids, now, rank=rank)
    except DatabaseTrouble:
        raise  # the whole batch is tried again
    except Exception:
        log.exception("a schedule cannot be read; looking at %s one by one", sorted(ids))
    return {pk: _on_call_alone(pk, now, rank) for pk in ids}


def _on_call_alone(pk: int, now: datetime, rank: int) -> list[schedules.OnCallNow]:
    try:
        return schedules.on_call([pk], now, rank=rank)[pk]
    except DatabaseTrouble:
        raise
    except Exception:
        log.exception("schedule %d cannot be read: nobody is taken to be on call in it", pk)
        return []


def _is_disabled(user: User) -> bool:
    return user.status == UserStatus.DISABLED


def fallback(version_id: int | None) -> list[Recipient]:
    """The fallback contact, never empty while an active admin exists: a policy ends at a human."""
    links = PolicyVersion.fallback_users.through.objects.filter(policyversion=version_id)
    wide = set(config.get("fallback_users") or [])
    named = Exists(links.filter(user=OuterRef("pk")))
    admin = Q(role=Role.ADMIN, status=UserStatus.ACTIVE)
    rows = User.objects.pageable().annotate(named=named)
    people = list(rows.filter(Q(named=True) | Q(pk__in=wide) | admin))
    if chosen := [user for user in people if getattr(user, "named", False)]:
        return [Recipient(user, "fallback contact of the policy") for user in chosen]
    if chosen := [user for user in people if user.pk in wide]:
        return [Recipient(user, "fallback contact of the installation") for user in chosen]
    return [Recipient(user, "active admin, no fallback contact is set") for user in people]


def policies_using_schedule(schedule_id: int) -> list[str]:
    """Names of the policies in use or usable that page whoever is on call in the schedule."""
    rows = EscalationPolicy.objects.filter(archived_at=None)
    rows = rows.filter(current__steps__targets__schedule=schedule_id).distinct()
    return list(rows.order_by("name").values_list("name", flat=True))


def with_steps() -> QuerySet[EscalationPolicy]:
    """Policies in use or usable, with what the current version says."""
    rows = EscalationPolicy.objects.filter(archived_at=None).select_related("current", "team")
    return rows.prefetch_related("current__steps", _named_targets("current__steps__targets"))


def whole() -> QuerySet[EscalationPolicy]:
    """The same with the fallback contacts."""
    return with_steps().prefetch_related("current__fallback_users")
