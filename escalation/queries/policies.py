"""Readers of policies: plans for the engine, the fallback contact, lists."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import Error as DatabaseTrouble
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.models import Role, User, UserStatus
from core import config
from core.domain.phrase import Phrase, mark
from escalation.domain import reasons
from escalation.domain.conditions import Hours, HoursRule
from escalation.domain.engine import Plan, StepPlan, Target, TargetKind
from escalation.domain.reasons import Code, Fallback
from escalation.models import EscalationPolicy, PolicyVersion, Step, StepTarget
from escalation.queries.recipients import Recipient
from schedules import queries as schedules

log = logging.getLogger("opsknight.paging")


StepWithTargets = tuple[Step, list[StepTarget]]


def plans(version_ids: Iterable[int]) -> dict[int, Plan]:
    """Policy versions as the engine sees them; few queries for any number of versions."""
    rows = PolicyVersion.objects.filter(pk__in=set(version_ids))
    versions = rows.select_related("low_hours")
    versions = versions.prefetch_related(_steps("steps"), _named_targets("steps__targets"))
    return {version.pk: plan_of(version) for version in versions}


def _steps(path: str) -> Prefetch:
    """Steps with the hours that they name, in one query."""
    return Prefetch(path, Step.objects.select_related("hours"))


def _named_targets(path: str) -> Prefetch:
    """Targets with the rows that they name, in one query."""
    return Prefetch(path, StepTarget.objects.select_related("user", "team", "schedule"))


def plan_of(version: PolicyVersion, steps: Iterable[StepWithTargets] | None = None) -> Plan:
    """A version as the engine sees it; `steps`: its own, where they have been read already."""
    if steps is None:
        steps = ((step, list(step.targets.all())) for step in version.steps.all())
    rungs = tuple(
        StepPlan(
            targets=tuple(filter(None, map(_target, targets))),
            wait=timedelta(minutes=step.escalate_after_minutes),
            channels=tuple(step.channels),
            when=step.condition,
        )
        for step, targets in steps
    )
    delay = timedelta(minutes=version.initial_delay_minutes)
    hours = version.low_hours
    low = HoursRule(hours.pk, label=hours.name) if hours else None
    return Plan(rungs, delay, version.repeat_count, low_waits_for=low)


def steps_of(version_id: int, count: int) -> list[StepWithTargets]:
    """The steps of a version in order, by one query where each of the `count` has a target."""
    named = StepTarget.objects.select_related("step__hours", "user", "team", "schedule")
    targets = named.filter(step__version=version_id).order_by("position", "id")
    found: dict[int, StepWithTargets] = {}
    for target in targets:
        found.setdefault(target.step_id, (target.step, []))[1].append(target)
    if len(found) != count:
        rest = Step.objects.filter(version=version_id).exclude(pk__in=found)
        found |= {step.pk: (step, []) for step in rest.select_related("hours")}
    return sorted(found.values(), key=lambda pair: pair[0].position)


def hours_of_plans(plans: Iterable[Plan], now: datetime) -> dict[int, Hours]:
    """The support hours that these plans name; no query without. Hours that cannot be read are
    left out: they restrict nothing."""
    wanted = {pk for plan in plans for pk in plan.hours}
    if not wanted:
        return {}
    try:
        return dict(schedules.hours_of(wanted, now))
    except DatabaseTrouble:
        raise  # the whole batch is tried again
    except Exception:
        log.exception("support hours cannot be read: %s restrict nothing", sorted(wanted))
        return {}


def policies_using_hours(pk: int) -> list[str]:
    """The policies in use or usable that go by the support hours, as words."""
    named = Q(current__low_hours=pk) | Q(current__steps__hours=pk)
    rows = EscalationPolicy.objects.filter(named, archived_at=None).distinct().order_by("name")
    return [f"the policy “{name}”" for name in rows.values_list("name", flat=True)]


def _target(row: StepTarget) -> Target | None:
    named = row.named
    if named is None:
        return None  # the team or schedule is gone; the step goes on with its other targets
    return Target(TargetKind(row.kind), named.pk, str(named), row.rank)


def fallback(version_id: int | None) -> list[Recipient]:
    """The fallback contact, never empty while an active admin exists: a policy ends at a human."""
    links = PolicyVersion.fallback_users.through.objects.filter(policyversion=version_id)
    wide = set(config.get("fallback_users") or [])
    named = Exists(links.filter(user=OuterRef("pk")))
    admin = Q(role=Role.ADMIN, status=UserStatus.ACTIVE)
    rows = User.objects.pageable().annotate(named=named)
    people = list(rows.filter(Q(named=True) | Q(pk__in=wide) | admin))
    if chosen := [user for user in people if getattr(user, "named", False)]:
        return _as_fallback(chosen, Fallback.POLICY, mark("fallback contact of the policy"))
    if chosen := [user for user in people if user.pk in wide]:
        return _as_fallback(
            chosen, Fallback.INSTALLATION, mark("fallback contact of the installation")
        )
    return _as_fallback(people, Fallback.ADMINS, mark("active admin, no fallback contact is set"))


def _as_fallback(people: Iterable[User], of: Fallback, text: str) -> list[Recipient]:
    why = reasons.reason(Code.FALLBACK, of=str(of))
    return [Recipient(user, Phrase(text), why=(why,)) for user in people]


def policies_using_schedule(schedule_id: int) -> list[str]:
    """Names of the policies in use or usable that page whoever is on call in the schedule."""
    rows = EscalationPolicy.objects.filter(archived_at=None)
    rows = rows.filter(current__steps__targets__schedule=schedule_id).distinct()
    return list(rows.order_by("name").values_list("name", flat=True))


def with_steps() -> QuerySet[EscalationPolicy]:
    """Policies in use or usable, with what the current version says."""
    rows = EscalationPolicy.objects.filter(archived_at=None).select_related(
        "current__low_hours", "team"
    )
    return rows.prefetch_related(
        _steps("current__steps"), _named_targets("current__steps__targets")
    )


def whole() -> QuerySet[EscalationPolicy]:
    """The same with the fallback contacts."""
    return with_steps().prefetch_related("current__fallback_users")
