"""The escalation engine: what happens next for an incident. Pure; the only place that decides it.

Rules: steps fire in order, each followed by its wait; after the
last wait the policy repeats `repeat_count` times, at most MAX_CYCLES passes in all; then the run
is exhausted: the fallback contact is paged, and the last step repeats hourly until a human takes
the incident. A step that reaches nobody, or whose condition is not met, is skipped at once; when
no step of the policy applies the run is exhausted at once. Waits are elapsed time, never wall
clock; only LOW may be told to wait for support hours, which are.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.phrase import Phrase
from escalation.domain.conditions import (
    ALWAYS,
    Case,
    Condition,
    HoursRule,
    name_of,
    refusal,
    waits_until,
)

MAX_CYCLES = 9
FIRST_RANK = 1
EXHAUSTED_REPEAT = timedelta(hours=1)
# A step that fires later than this after its due time gives people their full wait from now on:
# after an outage nobody is woken twice within a second.
LATE = timedelta(seconds=30)


class TargetKind(StrEnum):
    USER = "USER"
    TEAM = "TEAM"
    TEAM_LEAD = "TEAM_LEAD"
    TEAM_TURN = "TEAM_TURN"  # one member, in turn
    SCHEDULE = "SCHEDULE"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to page: `id` is the primary key of the person, team or schedule.

    `rank` counts in the rotation of a schedule: 1 is on call, 2 the next in turn.
    """

    kind: TargetKind
    id: int
    label: str = ""
    rank: int = FIRST_RANK


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One rung: page `targets`, then give them `wait`. `channels` empty = as people prefer.

    It fires only when the incident is as `when` asks.
    """

    targets: tuple[Target, ...]
    wait: timedelta
    channels: tuple[str, ...] = ()
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Plan:
    """A policy version as the engine sees it. `repeat_count` None = until acknowledged.

    `low_waits_for`: the support hours for which LOW waits; None: it never waits.
    """

    steps: tuple[StepPlan, ...]
    initial_delay: timedelta = timedelta(0)
    repeat_count: int | None = 0
    low_waits_for: HoursRule | None = None

    @property
    def cycles(self) -> int:
        """Passes through all steps before the run is exhausted."""
        if self.repeat_count is None:
            return MAX_CYCLES
        return min(self.repeat_count + 1, MAX_CYCLES)

    @property
    def hours(self) -> set[int]:
        """The support hours that it goes by."""
        rules = (self.low_waits_for, *(step.when.hours for step in self.steps))
        return {rule.hours for rule in rules if rule}

    @property
    def conditional(self) -> bool:
        return any(step.when for step in self.steps)


@dataclass(frozen=True, slots=True)
class State:
    """Where a run stands: `next_step` (0-based) of pass `cycle` (1-based) fires at `due`."""

    cycle: int
    next_step: int
    due: datetime
    exhausted: bool = False


class Act(StrEnum):
    WAIT = "wait"
    WAIT_FOR_HOURS = "wait_for_hours"
    PAGE_STEP = "page_step"
    SKIP_STEP = "skip_step"
    PAGE_FALLBACK = "page_fallback"
    REPEAT_LAST = "repeat_last"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now. `then` is the state afterwards, `skipped` the one when nobody was found."""

    act: Act
    then: State
    skipped: State
    step: StepPlan | None = None
    step_index: int = 0
    reason: str = ""


def begin(plan: Plan, now: datetime) -> State:
    """The state of a run that starts now."""
    return State(cycle=1, next_step=0, due=now + plan.initial_delay)


def decide(plan: Plan, state: State, now: datetime, case: Case) -> Decision:
    """What is to be done for a run in `state` at `now`. Never earlier than `state.due`."""
    if now < state.due:
        return Decision(Act.WAIT, state, state, reason="not due yet")
    at = _moment(state, now)
    if until := opening(plan, case, at):
        later = replace(state, due=until)
        reason = f"{case.urgency} waits for {name_of(plan.low_waits_for)}"
        return Decision(Act.WAIT_FOR_HOURS, later, later, step_index=state.next_step, reason=reason)
    if state.exhausted:
        return _repeat_last(plan, state, now, case)
    if state.next_step >= len(plan.steps):
        return _exhaust(plan, state, now)
    if state.next_step == 0 and not _applying(plan, case, at):
        return _exhaust(plan, state, now, _why_no_step(plan, case, at))
    return _fire(plan, state, now, case)


def opening(plan: Plan, case: Case, at: datetime) -> datetime | None:
    """When such an incident may be paged that waits for support hours; None: at once."""
    return waits_until(plan.low_waits_for, case, at)


def newly_applying(plan: Plan, state: State, before: Case, after: Case, at: datetime) -> int | None:
    """The first step that a run has behind it, was not for `before` and is for `after`."""
    behind = len(plan.steps) if state.exhausted else state.next_step
    for index, step in enumerate(plan.steps[:behind]):
        if refusal(step.when, before, at) and not refusal(step.when, after, at):
            return index
    return None


def foretell(plan: Plan, state: State, case: Case) -> tuple[Decision, datetime]:
    """Whom the run turns to next, and when, as long as nothing changes: skips are no news."""
    while True:
        decision = decide(plan, state, state.due, case)
        if decision.act not in {Act.SKIP_STEP, Act.WAIT_FOR_HOURS}:
            return decision, state.due
        state = decision.then


def wait_again(plan: Plan, state: State, current_step: int | None, now: datetime) -> State:
    """The state after an acknowledgement was taken back: the current step's wait, then the next."""
    if current_step is None or not plan.steps:
        return replace(state, due=now)
    wait = plan.steps[min(current_step, len(plan.steps) - 1)].wait
    return replace(state, due=now + wait)


def _moment(state: State, now: datetime) -> datetime:
    """When a step counts as fired: at its due time, or now after an outage."""
    return state.due if now - state.due <= LATE else now


def _applying(plan: Plan, case: Case, at: datetime) -> list[int]:
    """The steps whose condition is met."""
    steps = enumerate(plan.steps)
    return [index for index, step in steps if not refusal(step.when, case, at)]


def _why_no_step(plan: Plan, case: Case, at: datetime) -> str:
    refusals = dict.fromkeys(refusal(step.when, case, at) for step in plan.steps)
    return Phrase(
        "no step of the policy applies: they are {refusals}", refusals=", ".join(refusals)
    )


def _fire(plan: Plan, state: State, now: datetime, case: Case) -> Decision:
    index, start = state.next_step, _moment(state, now)
    step = plan.steps[index]
    skipped = _after(plan, state, index, state.due)
    if refused := refusal(step.when, case, start):
        reason = f"step {index + 1} of {len(plan.steps)} is {refused}: skipped"
        return Decision(Act.SKIP_STEP, skipped, skipped, step, index, reason)
    if index == 0 and state.cycle > 1:
        reason = Phrase(
            "step 1 again, cycle {cycle} of {cycles}", cycle=state.cycle, cycles=plan.cycles
        )
    else:
        reason = Phrase("step {step} of {steps}", step=index + 1, steps=len(plan.steps))
    then = _after(plan, state, index, start + step.wait)
    return Decision(Act.PAGE_STEP, then, skipped, step, index, reason)


def _after(plan: Plan, state: State, index: int, due: datetime) -> State:
    if index + 1 < len(plan.steps):
        return State(state.cycle, index + 1, due)
    if state.cycle < plan.cycles:
        return State(state.cycle + 1, 0, due)
    return State(state.cycle, len(plan.steps), due)


def _exhaust(plan: Plan, state: State, now: datetime, why: str = "") -> Decision:
    then = State(state.cycle + 1, len(plan.steps), now + EXHAUSTED_REPEAT, exhausted=True)
    return Decision(
        Act.PAGE_FALLBACK,
        then,
        then,
        step_index=len(plan.steps),
        reason=why or Phrase("nobody acknowledged and the policy is exhausted"),
    )


def _repeat_last(plan: Plan, state: State, now: datetime, case: Case) -> Decision:
    """The last step that applies; the fallback contact when there is none."""
    then = replace(state, cycle=state.cycle + 1, due=now + EXHAUSTED_REPEAT)
    applying = _applying(plan, case, _moment(state, now))
    if not applying:
        return replace(_exhaust(plan, state, now), then=then, skipped=then)
    index = applying[-1]
    reason = Phrase("still nobody: the last step repeats every hour")
    return Decision(Act.REPEAT_LAST, then, then, plan.steps[index], index, reason)
