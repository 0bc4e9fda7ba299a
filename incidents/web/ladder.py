"""The escalation ladder of one incident: who was paged when and how, what comes next, how it ends.

A view of rows, decided by nobody here: the plan is the policy version of the incident, the past
its pages with their deliveries, the future its `next_step` at `escalate_at`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from escalation import queries as escalation
from escalation.domain.conditions import Case, in_words
from escalation.domain.engine import Plan, State, TargetKind, foretell
from escalation.domain.reasons import Code
from escalation.models import PolicyVersion, Step, StepTarget
from escalation.queries import StepWithTargets
from incidents import paging
from incidents.models import (
    OF_ESCALATION,
    Bundle,
    BundleKind,
    BundleState,
    EscalationState,
    HoursWait,
    Incident,
    Page,
    PageKind,
    Status,
)
from notifications.models import Channel, Delivery, DeliveryState

LOOKS = {
    DeliveryState.WAITING: ("waits for an earlier channel", "neutral", "clock"),
    DeliveryState.QUEUED: ("queued", "info", "clock"),
    DeliveryState.SENDING: ("sending", "info", "send"),
    DeliveryState.SENT: ("sent", "ok", "check"),
    DeliveryState.FAILED: ("failed", "danger", "circle-x"),
    DeliveryState.CANCELLED: ("not sent", "neutral", "ban"),
}
TARGET_ICONS = {
    TargetKind.USER: "user",
    TargetKind.TEAM: "users",
    TargetKind.TEAM_LEAD: "star",
    TargetKind.TEAM_TURN: "rotate-cw",
    TargetKind.SCHEDULE: "calendar-clock",
}

REACHED_NOBODY = "Did not apply or reached nobody, and was skipped at once."


class Place(StrEnum):
    """Where a rung stands: its pages are out, it is next, it may come, it will not come now."""

    PAST = "past"
    NEXT = "next"
    LATER = "later"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Try:
    """One channel of one page and what became of it."""

    channel: str
    word: str
    tone: str
    icon: str
    attempts: int
    reason: str
    at: datetime | None
    maybe_twice: bool


@dataclass(frozen=True, slots=True)
class Paged:
    """One person who was paged, why, and through which channels; `id` of the page."""

    id: int
    name: str
    reason: str
    at: datetime
    cycle: int
    run: int
    tries: tuple[Try, ...]
    bundle: Bundle | None = None

    @property
    def held(self) -> bool:
        """Put among others, and so far, or for good, not sent."""
        return self.bundle is not None and not self.tries


@dataclass(frozen=True, slots=True)
class Goal:
    """Whom a rung pages, as the policy names it."""

    label: str
    icon: str


@dataclass(slots=True)
class Rung:
    """One step of the policy, or the end of the ladder."""

    number: int
    goals: tuple[Goal, ...]
    wait: timedelta
    place: Place = Place.IDLE
    due: datetime | None = None
    people: list[Paged] = field(default_factory=list)
    silence: str = ""
    only: str = ""

    @property
    def fired_at(self) -> datetime | None:
        return self.people[0].at if self.people else None


@dataclass(slots=True)
class Ladder:
    """Everything that the ladder's fragment shows."""

    rungs: list[Rung]
    end: Rung
    policy: PolicyVersion | None
    delay: timedelta
    cycle: int
    cycles: int
    exhausted: bool
    running: bool
    outdated: bool
    waits_for: str = ""  # the support hours before which nobody is paged

    @property
    def reached_nobody(self) -> bool:
        """Gone through without anybody to ask: nobody's silence is to blame."""
        reached = [rung.people for rung in self.rungs]
        return self.exhausted and bool(reached) and not any(reached)

    @property
    def next(self) -> Rung | None:
        """The rung that fires next, the end included."""
        return next((rung for rung in (*self.rungs, self.end) if rung.place is Place.NEXT), None)

    @property
    def repeats_left(self) -> int:
        return 0 if self.exhausted else max(0, self.cycles - self.cycle)

    @property
    def paged_names(self) -> list[str]:
        """Everyone paged so far, each once, first the first; not whose page has not left."""
        return list(dict.fromkeys(page.name for page in self._pages if not page.held))

    @property
    def held(self) -> list[Paged]:
        """The pages that wait with others for the message that takes them."""
        waiting = BundleState.GATHERING
        return [page for page in self._pages if page.bundle and page.bundle.state == waiting]

    @property
    def _pages(self) -> list[Paged]:
        return [page for rung in (*self.rungs, self.end) for page in rung.people]


def ladder_of(incident: Incident) -> Ladder:
    """The ladder as it stands: three queries, and the fallback contact while it may still come.

    Two more where pages travel in a bundle.
    """
    version = incident.policy_version
    steps = _steps(incident)
    rungs = [_rung(step, targets) for step, targets in steps] or _implicit(incident)
    plan = Plan(steps=(), repeat_count=version.repeat_count if version else 0)
    running = incident.status == Status.OPEN
    exhausted = running and incident.escalation_state == EscalationState.EXHAUSTED
    end = Rung(len(rungs) + 1, _fallback(incident) if running else (), timedelta(0))
    _add_people(incident, rungs, end)
    current = incident.service.policy.current_id if incident.service.policy else None
    ladder = Ladder(
        rungs=rungs,
        end=end,
        policy=version,
        delay=timedelta(minutes=version.initial_delay_minutes if version else 0),
        cycle=min(incident.cycle, plan.cycles),
        cycles=plan.cycles,
        exhausted=exhausted,
        running=running,
        outdated=running and current != incident.policy_version_id,
    )
    foretold = _foretold(incident, version, steps) if running else None
    ladder.waits_for = foretold.waits_for if foretold else ""
    _place(incident, ladder, foretold)
    return ladder


@dataclass(frozen=True, slots=True)
class Foretold:
    """Which rung is next, when, and the support hours that hold it back."""

    position: int
    due: datetime | None
    waits_for: str = ""


def _foretold(
    incident: Incident, version: PolicyVersion | None, steps: Sequence[StepWithTargets]
) -> Foretold:
    """Behind steps that are not for such an incident, and not before LOW may be paged."""
    due = incident.escalate_at
    if version is None or due is None or not steps:
        return Foretold(incident.next_step, due)
    plan = escalation.plan_of(version, steps)
    hours = escalation.hours_of_plans([plan], due)
    waived = incident.hours_wait == HoursWait.WAIVED
    case = Case(incident.urgency, incident.priority, hours, at_any_hour=waived)
    exhausted = incident.escalation_state == EscalationState.EXHAUSTED
    state = State(incident.cycle, incident.next_step, due, exhausted)
    decision, when = foretell(plan, state, case)
    waits = incident.hours_wait == HoursWait.WAITING or when > due
    return Foretold(decision.step_index, when, str(version.low_hours) if waits else "")


def _steps(incident: Incident) -> list[StepWithTargets]:
    """The marks of `sheet.found` know how many there are."""
    version = incident.policy_version_id
    return escalation.steps_of(version, getattr(incident, "steps", -1)) if version else []


def _rung(step: Step, targets: Sequence[StepTarget]) -> Rung:
    return Rung(
        number=step.position + 1,
        goals=tuple(_goal(target) for target in targets),
        wait=timedelta(minutes=step.escalate_after_minutes),
        only=in_words(step.condition),
    )


def _goal(target: StepTarget) -> Goal:
    kind = TargetKind(target.kind)
    if target.named is None:
        return Goal("a target that was deleted", "circle-alert")
    return Goal(target.words, TARGET_ICONS[kind])


def _implicit(incident: Incident) -> list[Rung]:
    """A service without policy pages its owners once, then the fallback: see paging._owners."""
    teams = {incident.assigned_team, incident.service.team} - {None}
    goals = [Goal(str(team), TARGET_ICONS[TargetKind.TEAM]) for team in teams]
    if incident.assignee:
        goals.insert(0, Goal(str(incident.assignee), TARGET_ICONS[TargetKind.USER]))
    return [Rung(1, tuple(goals), paging.IMPLICIT_WAIT)] if goals else []


def _fallback(incident: Incident) -> tuple[Goal, ...]:
    people = escalation.fallback(incident.policy_version_id)
    return tuple(Goal(str(person.user), TARGET_ICONS[TargetKind.USER]) for person in people)


def _add_people(incident: Incident, rungs: list[Rung], end: Rung) -> None:
    tries: dict[str, list[Try]] = defaultdict(list)
    sent = Delivery.objects.filter(subject_kind="incident", subject_id=incident.pk)
    for delivery in sent.defer("message", "secret").order_by("position", "id"):
        tries[delivery.page_key].append(_try(delivery))
    rows = Page.objects.filter(incident=incident, kind__in=OF_ESCALATION)
    pages = list(rows.select_related("user").order_by("-id")[:200])
    bundled = any(why.get("code") == Code.BUNDLED for page in pages for why in page.why)
    bundles = _bundles(incident, tries) if bundled else {}
    for page in pages:
        rung = end if page.kind == PageKind.FALLBACK else _rung_at(rungs, page.step)
        if rung is not None:
            rung.people.append(_paged(page, tries[page.key], bundles.get(page.key)))


def _bundles(incident: Incident, tries: dict[str, list[Try]]) -> dict[str, Bundle]:
    """By page key: what the page travels in; the tries of the bundle are those of the page."""
    if not getattr(incident, "has_bundles", True):
        return {}
    members = incident.bundled.select_related("bundle").exclude(bundle__kind=BundleKind.NEWS)
    bundles = {member.page_key: member.bundle for member in members}
    ids = {bundle.pk for bundle in bundles.values()}
    sent = Delivery.objects.filter(subject_kind="bundle", subject_id__in=ids)
    by_bundle: dict[int, list[Try]] = defaultdict(list)
    for delivery in sent.defer("message", "secret").order_by("position", "id"):
        by_bundle[delivery.subject_id].append(_try(delivery))
    for key, bundle in bundles.items():
        tries[key] += by_bundle[bundle.pk]
    return bundles


def _rung_at(rungs: list[Rung], step: int) -> Rung | None:
    return rungs[step] if step < len(rungs) else None


def _paged(page: Page, tries: Iterable[Try], bundle: Bundle | None = None) -> Paged:
    return Paged(
        id=page.pk,
        name=str(page.user),
        reason=page.reason,
        at=page.created_at,
        cycle=page.cycle,
        run=page.run,
        tries=tuple(tries),
        bundle=bundle,
    )


def _try(delivery: Delivery) -> Try:
    state = DeliveryState(delivery.state)
    word, tone, icon = LOOKS[state]
    reason = delivery.reason
    if state == DeliveryState.QUEUED and delivery.attempts:
        word = "tried, will try again"
    return Try(
        channel=Channel(delivery.channel).label,
        word=word,
        tone=tone,
        icon=icon,
        attempts=delivery.attempts,
        reason=reason,
        at=delivery.finished_at,
        maybe_twice=delivery.possible_duplicate,
    )


def _place(incident: Incident, ladder: Ladder, foretold: Foretold | None) -> None:
    position = foretold.position if foretold else None
    due = foretold.due if foretold else None
    for index, rung in enumerate(ladder.rungs):
        if rung.people:
            rung.place = Place.PAST
        if ladder.exhausted and not rung.people:
            rung.place, rung.silence = Place.PAST, REACHED_NOBODY
        if position is None or ladder.exhausted:
            continue
        if index == position:
            rung.place, rung.due = Place.NEXT, due
        elif index > position:
            rung.place = rung.place if rung.people else Place.LATER
        elif not rung.people:
            rung.place, rung.silence = Place.PAST, _why_silent(incident, index)
    _place_end(ladder, foretold)


def _place_end(ladder: Ladder, foretold: Foretold | None) -> None:
    end = ladder.end
    if foretold and (ladder.exhausted or foretold.position >= len(ladder.rungs)):
        end.place, end.due = Place.NEXT, foretold.due
    elif ladder.running:
        end.place = Place.LATER
    elif end.people:
        end.place = Place.PAST


def _why_silent(incident: Incident, index: int) -> str:
    if incident.quiet_start and incident.run == 1 and index == 0:
        return "Fired without notifications, as asked for when the incident was opened."
    if index >= incident.next_step:
        return "Will be skipped: it is not for such an incident."
    return REACHED_NOBODY
