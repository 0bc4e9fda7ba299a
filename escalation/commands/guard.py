"""The guard of policies: whom each would reach in the days ahead, and whether only ever one."""

from collections.abc import Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import Membership, User
from escalation import queries
from escalation.domain import guard
from escalation.domain.engine import TargetKind
from escalation.domain.guard import People, Rung, Timeline
from escalation.models import EscalationPolicy, StepTarget
from notifications.commands import readiness
from notifications.domain.reach import NOTHING
from schedules import queries as schedules
from schedules.commands import findings, watch
from schedules.commands.findings import Subject
from schedules.domain import ranks
from schedules.domain.guard import Found, Look
from schedules.domain.windows import Interval, without
from schedules.models import SubjectKind

KIND = SubjectKind.POLICY


def guard_policies(now: datetime) -> int:
    """Looks at the policies that are due (bounded: the ticker asks again); returns how many."""
    watch.stir(KIND, _live, _touched, now)
    return watch.run(KIND, lambda ids: look_at(ids, now), now)


def look_at(ids: Collection[int], now: datetime) -> None:
    """Looks at these policies now. An archived one has nothing wrong any more."""
    rows = queries.with_steps().filter(pk__in=ids).in_bulk()
    gone = set(ids) - set(rows)
    watch.forget(KIND, gone)
    nothing: dict[Subject, list[Found]] = {Subject(KIND, pk): [] for pk in gone}
    findings.keep(nothing | _findings(rows.values(), now), now=now)


def _findings(rows: Iterable[EscalationPolicy], now: datetime) -> dict[Subject, list[Found]]:
    policies = list(rows)
    everything = _Timelines(policies, now)
    found: dict[Subject, list[Found]] = {}
    for row in policies:
        subject = Subject(KIND, row.pk, row.public_id, row.name, row.team_id)
        look = Look.around(now, _zone(row))
        low = everything.fires(row.current.low_hours_id if row.current else None)
        found[subject] = guard.rungs_findings(everything.of(row), look, low)
    return found


def _targets(policy: EscalationPolicy) -> list[StepTarget]:
    steps = policy.current.steps.all() if policy.current else []
    return [target for step in steps for target in step.targets.all()]


def _zone(policy: EscalationPolicy) -> ZoneInfo:
    """The clocks by which a hole comes back: those of the first schedule that is paged."""
    zones = (target.schedule.time_zone for target in _targets(policy) if target.schedule)
    return ZoneInfo(next(zones, "UTC"))


class _Timelines:
    """Who each of some targets means through the look; whom nothing reaches counts as nobody."""

    def __init__(self, policies: Collection[EscalationPolicy], now: datetime) -> None:
        targets = [target for row in policies for target in _targets(row)]
        self.look = Look.around(now, ZoneInfo("UTC"))
        plans = [queries.plan_of(row.current) for row in policies if row.current]
        self._hours = queries.hours_of_plans(plans, now)
        asked = {(row.schedule_id, row.rank) for row in targets if row.schedule_id}
        self._spans = self._on_call(asked)
        self._pageable = set(
            User.objects.pageable()
            .filter(pk__in={row.user_id for row in targets if row.user_id})
            .values_list("pk", flat=True)
        )
        self._members = self._read_members({row.team_id for row in targets if row.team_id})
        lines = [line for row in targets if (line := self._line(row))]
        everybody = {user for line in lines for _, people in line for user in people}
        reach = readiness.reach_of(everybody, now)
        self._deaf = {user for user in everybody if reach.get(user, NOTHING).is_deaf}

    def of(self, policy: EscalationPolicy) -> list[Rung]:
        """For each step, a timeline for each target, and when it fires at all."""
        return [
            Rung(
                [self._heard(self._line(row)) for row in step.targets.all()],
                step.condition,
                self.fires(step.hours_id, inside=step.inside_hours),
            )
            for step in (policy.current.steps.all() if policy.current else [])
        ]

    def fires(self, hours: int | None, *, inside: bool = True) -> list[Interval] | None:
        """When support hours are open (or shut) during the look; None: no such hours."""
        value = self._hours.get(hours or 0)
        if value is None:
            return None
        spans = value.spans(self.look.start, self.look.end)
        return spans if inside else without([(self.look.start, self.look.end)], spans)

    def _heard(self, line: Timeline) -> Timeline:
        return [(when, people - self._deaf) for when, people in line]

    def _line(self, row: StepTarget) -> Timeline:
        if row.schedule_id:
            return self._spans[row.schedule_id, row.rank]
        return [(self.look.start, self._standing(row))]

    def _standing(self, row: StepTarget) -> People:
        """Of a person or a team, as they are now."""
        if row.kind == TargetKind.USER:
            return frozenset({row.user_id} & self._pageable) if row.user_id else frozenset()
        members = self._members.get(row.team_id or 0, [])
        if row.kind == TargetKind.TEAM_LEAD:
            return frozenset(m.user_id for m in members if m.team.lead_id == m.user_id)
        return frozenset(member.user_id for member in members)

    def _on_call(self, asked: set[tuple[int, int]]) -> dict[tuple[int, int], Timeline]:
        start, end = self.look.start, self.look.end
        values = schedules.load({pk for pk, _ in asked}, start=start, end=end)
        return {
            (pk, rank): [
                (span.start, frozenset(span.users))
                for span in ranks.spans(values[pk], start, end, rank)
            ]
            for pk, rank in asked
        }

    def _read_members(self, teams: set[int]) -> dict[int, list[Membership]]:
        found: dict[int, list[Membership]] = {}
        rows = Membership.objects.filter(team__in=teams, receives_pages=True)
        for member in rows.filter(user__in=User.objects.pageable()).select_related("team"):
            found.setdefault(member.team_id, []).append(member)
        return found


def _live() -> list[int]:
    return list(EscalationPolicy.objects.filter(archived_at=None).values_list("pk", flat=True))


def _touched(changes: Collection[tuple[str, str]]) -> Collection[int] | None:
    """Of a policy: that one. Of a schedule: those that page it. Of people: perhaps any."""
    if {noun for noun, _ in changes} - {"schedule", "policy"}:
        return None
    policies = [public_id for noun, public_id in changes if noun == "policy"]
    paged = [public_id for noun, public_id in changes if noun == "schedule"]
    named = EscalationPolicy.objects.filter(public_id__in=policies)
    paging = EscalationPolicy.objects.filter(current__steps__targets__schedule__public_id__in=paged)
    return {*named.values_list("pk", flat=True), *paging.values_list("pk", flat=True)}
