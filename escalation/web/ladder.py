"""A policy as a ladder: each rung in words, and whom it would page right now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.urls import reverse

from accounts.models import User, UserStatus
from core import config
from escalation import queries
from escalation.domain import conditions
from escalation.domain.conditions import Case, refusal, waits_until
from escalation.domain.engine import MAX_CYCLES, Plan, Target, TargetKind
from escalation.models import PolicyVersion, Step, StepTarget
from escalation.queries import Recipient, Recipients
from notifications import queries as notifications
from notifications.domain.choice import Method, Wish, choose
from notifications.models import Channel, Urgency

ICONS = {
    TargetKind.USER: "user",
    TargetKind.TEAM: "users",
    TargetKind.TEAM_LEAD: "star",
    TargetKind.TEAM_TURN: "rotate-cw",
    TargetKind.SCHEDULE: "calendar-clock",
}
PAGES = {
    TargetKind.USER: "users:detail",
    TargetKind.TEAM: "teams:detail",
    TargetKind.TEAM_LEAD: "teams:detail",
    TargetKind.TEAM_TURN: "teams:detail",
    TargetKind.SCHEDULE: "schedules:detail",
}
NO_WAY = "cannot be reached: every way is switched off"
NO_SERVER = "mail is not set up, nothing would leave"
INVITED = "has not accepted the invitation yet"


@dataclass(frozen=True, slots=True)
class Goal:
    """Whom a rung pages, as the policy names it."""

    label: str
    icon: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Paged:
    """A person who would be paged now: why, through which ways, and what is wrong with that."""

    user: User
    reason: str
    ways: tuple[str, ...]
    trouble: str


@dataclass(slots=True)
class Rung:
    """One step, or the end of the ladder. `at` is elapsed time since the incident opened.

    `only`: its condition in words; `skipped`: whether an incident as asked for passes it by.
    """

    number: int
    goals: list[Goal]
    at: timedelta
    wait: timedelta = timedelta(0)
    channels: list[str] = field(default_factory=list)
    people: list[Paged] = field(default_factory=list)
    only: str = ""
    skipped: bool = False

    @property
    def reaches_nobody(self) -> bool:
        """Nobody at all, or nobody to whom a message would leave."""
        reached = (paged.ways and paged.trouble != NO_SERVER for paged in self.people)
        return self.skipped or not any(reached)


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs of a version; `passes` through them, then the end."""

    version: PolicyVersion
    rungs: list[Rung]
    end: Rung
    passes: int
    until_acknowledged: bool
    opening: datetime | None = None  # LOW waits until then, if opened now

    @property
    def repeats(self) -> int:
        return self.passes - 1

    @property
    def reaches_nobody(self) -> bool:
        return all(rung.reaches_nobody for rung in (*self.rungs, self.end))

    @property
    def conditional(self) -> bool:
        return bool(self.version.low_hours or any(rung.only for rung in self.rungs))

    @property
    def applies(self) -> bool:
        """Whether any step is for such an incident."""
        return not all(rung.skipped for rung in self.rungs)


def ladder_of(version: PolicyVersion, now: datetime, case: Case) -> Ladder:
    """For such an incident, with the people of right now; queries do not grow with the steps."""
    plan = queries.plan_of(version)
    case = replace(case, hours=queries.hours_of_plans([plan], now))
    opening = waits_until(plan.low_waits_for, case, now)
    rungs = rungs_of(version)
    steps = list(version.steps.all())
    found = _recipients(steps, plan, now)
    fallback = queries.fallback(version.pk)
    ways = _Ways(user for people in (*found, fallback) for user in people)
    for rung, step, people in zip(rungs, steps, found, strict=True):
        rung.skipped = bool(refusal(step.condition, case, opening or now))
        rung.people = ways.of(people, Wish(Urgency.HIGH, channels=step.channels))
    end = Rung(len(rungs) + 1, [], plan.initial_delay + _time_out(rungs, plan) * plan.cycles)
    end.people = ways.of(fallback, Wish(Urgency.HIGH, all_channels=True))
    forever = version.repeat_count is None
    return Ladder(version, rungs, end, plan.cycles, until_acknowledged=forever, opening=opening)


def _time_out(rungs: Sequence[Rung], plan: Plan) -> timedelta:
    """Length of one pass. A step that is skipped takes no time: what follows comes earlier."""
    at = timedelta(0)
    for rung in rungs:
        rung.at = plan.initial_delay + at
        at += rung.wait if rung.people and not rung.skipped else timedelta(0)
    return at


def rungs_of(version: PolicyVersion) -> list[Rung]:
    """The steps in words; no queries when steps and targets were read with the version."""
    at = timedelta(minutes=version.initial_delay_minutes)
    rungs = []
    for step in version.steps.all():
        wait = timedelta(minutes=step.escalate_after_minutes)
        channels = [Channel(name).label for name in step.channels]
        goals = [_goal(target) for target in step.targets.all()]
        only = conditions.in_words(step.condition)
        rungs.append(Rung(step.position + 1, goals, at, wait, channels, only=only))
        at += wait
    return rungs


def repeats_in_words(repeat_count: int | None) -> str:
    if repeat_count is None:
        return f"repeats until somebody acknowledges, at most {MAX_CYCLES} passes"
    times = Plan((), repeat_count=repeat_count).cycles - 1
    return {0: "does not repeat", 1: "repeats once"}.get(times, f"repeats {times} times")


def _recipients(steps: Sequence[Step], plan: Plan, now: datetime) -> list[list[Recipient]]:
    known = {target.user for step in steps for target in step.targets.all() if target.user}
    recipients = Recipients(now, known=known)
    everyone: list[Target] = [target for step in plan.steps for target in step.targets]
    recipients.of(everyone)  # reads all of them at once
    return [recipients.of(step.targets) for step in plan.steps]


def _goal(target: StepTarget) -> Goal:
    named = target.named
    if named is None:
        return Goal("a target that was deleted", "circle-alert")
    kind, label = TargetKind(target.kind), target.words
    gone = getattr(named, "archived_at", None) or getattr(named, "status", "") == "DISABLED"
    if gone:
        return Goal(f"{label} ({'archived' if target.schedule else 'disabled'})", "circle-alert")
    return Goal(label, ICONS[kind], reverse(PAGES[kind], args=[named.public_id]))


class _Ways:
    """How each of some people would be reached; one query."""

    def __init__(self, recipients: Iterable[Recipient]) -> None:
        people = {recipient.user.pk: recipient.user for recipient in recipients}
        self._stored = notifications.methods_by_user(people) if people else {}
        self._mail_works = bool(config.get("email_url"))

    def of(self, recipients: Iterable[Recipient], wish: Wish) -> list[Paged]:
        return [self._paged(recipient, wish) for recipient in recipients]

    def _paged(self, recipient: Recipient, wish: Wish) -> Paged:
        methods = self._methods(recipient.user)
        channels = [methods[choice.method_id].channel for choice in self._chosen(methods, wish)]
        labels = tuple(dict.fromkeys(Channel(name).label for name in channels))
        trouble = self._trouble(recipient.user, channels)
        return Paged(recipient.user, recipient.reason, labels, trouble)

    def _methods(self, user: User) -> Mapping[int, Method]:
        """As they are stored; without any e-mail row the account's address counts as one."""
        rows = self._stored.get(user.pk, [])
        found = {row.pk: Method(row.pk, row.channel, row.enabled, row.position) for row in rows}
        if user.email and not any(row.channel == Channel.EMAIL for row in rows):
            found[0] = Method(0, Channel.EMAIL)
        return found

    def _chosen(self, methods: Mapping[int, Method], wish: Wish):  # noqa: ANN202
        return choose(list(methods.values()), [], wish)

    def _trouble(self, user: User, channels: Sequence[str]) -> str:
        if not channels:
            return NO_WAY
        if set(channels) == {Channel.EMAIL} and not self._mail_works:
            return NO_SERVER
        return INVITED if user.status == UserStatus.INVITED else ""
