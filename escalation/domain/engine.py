"""The escalation engine: what happens next for an incident. Pure; the only place that decides it.

Rules: steps fire in order, each followed by its wait; after the
last wait the policy repeats `repeat_count` times, at most MAX_CYCLES passes in all; then the run
is exhausted: the fallback contact is paged, and the last step repeats hourly until a human takes
the incident. A step that reaches nobody is skipped at once. Waits are elapsed time, never wall
clock.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

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
    """One rung: page `targets`, then give them `wait`. `channels` empty = as people prefer."""

    targets: tuple[Target, ...]
    wait: timedelta
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A policy version as the engine sees it. `repeat_count` None = until acknowledged."""

    steps: tuple[StepPlan, ...]
    initial_delay: timedelta = timedelta(0)
    repeat_count: int | None = 0

    @property
    def cycles(self) -> int:
        """Passes through all steps before the run is exhausted."""
        if self.repeat_count is None:
            return MAX_CYCLES
        return min(self.repeat_count + 1, MAX_CYCLES)


@dataclass(frozen=True, slots=True)
class State:
    """Where a run stands: `next_step` (0-based) of pass `cycle` (1-based) fires at `due`."""

    cycle: int
    next_step: int
    due: datetime
    exhausted: bool = False


class Act(StrEnum):
    WAIT = "wait"
    PAGE_STEP = "page_step"
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


def decide(plan: Plan, state: State, now: datetime) -> Decision:
    """What is to be done for a run in `state` at `now`. Never earlier than `state.due`."""
    if now < state.due:
        return Decision(Act.WAIT, state, state, reason="not due yet")
    if state.exhausted:
        return _repeat_last(plan, state, now)
    if state.next_step < len(plan.steps):
        return _page_step(plan, state, now)
    return _exhaust(plan, state, now)


def wait_again(plan: Plan, state: State, current_step: int | None, now: datetime) -> State:
    """The state after an acknowledgement was taken back: the current step's wait, then the next."""
    if current_step is None or not plan.steps:
        return replace(state, due=now)
    wait = plan.steps[min(current_step, len(plan.steps) - 1)].wait
    return replace(state, due=now + wait)


def _page_step(plan: Plan, state: State, now: datetime) -> Decision:
    index = state.next_step
    step = plan.steps[index]
    start = state.due if now - state.due <= LATE else now
    then = _after(plan, state, index, start + step.wait)
    skipped = _after(plan, state, index, state.due)
    if index == 0 and state.cycle > 1:
        reason = f"step 1 again, cycle {state.cycle} of {plan.cycles}"
    else:
        reason = f"step {index + 1} of {len(plan.steps)}"
    return Decision(Act.PAGE_STEP, then, skipped, step, index, reason)


def _after(plan: Plan, state: State, index: int, due: datetime) -> State:
    if index + 1 < len(plan.steps):
        return State(state.cycle, index + 1, due)
    if state.cycle < plan.cycles:
        return State(state.cycle + 1, 0, due)
    return State(state.cycle, len(plan.steps), due)


def _exhaust(plan: Plan, state: State, now: datetime) -> Decision:
    then = State(state.cycle + 1, len(plan.steps), now + EXHAUSTED_REPEAT, exhausted=True)
    return Decision(
        Act.PAGE_FALLBACK,
        then,
        then,
        step_index=len(plan.steps),
        reason="nobody acknowledged and the policy is exhausted",
    )


def _repeat_last(plan: Plan, state: State, now: datetime) -> Decision:
    then = replace(state, cycle=state.cycle + 1, due=now + EXHAUSTED_REPEAT)
    if not plan.steps:
        return replace(_exhaust(plan, state, now), then=then, skipped=then)
    index = len(plan.steps) - 1
    reason = "still nobody: the last step repeats every hour"
    return Decision(Act.REPEAT_LAST, then, then, plan.steps[index], index, reason)
