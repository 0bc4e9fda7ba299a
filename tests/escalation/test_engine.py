"""The engine decides: order, waits, repeats, exhaustion, lateness."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.domain.conditions import Case, Condition
from escalation.domain.engine import (
    EXHAUSTED_REPEAT,
    LATE,
    MAX_CYCLES,
    Act,
    Plan,
    State,
    StepPlan,
    Target,
    TargetKind,
    begin,
    decide,
    foretell,
    wait_again,
)

HIGH = Case("HIGH")
T0 = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def step(minutes: int, person: int = 1) -> StepPlan:
    return StepPlan((Target(TargetKind.USER, person),), minutes * MINUTE)


TWO = Plan((step(5, 1), step(10, 2)))


def walk(plan: Plan, *, until: timedelta, reached: bool = True) -> list[tuple[timedelta, Act, int]]:
    """Fires every decision exactly at its due time; (elapsed, act, step index) of each."""
    state, log = begin(plan, T0), []
    while state.due - T0 <= until and len(log) < 500:
        decision = decide(plan, state, state.due, HIGH)
        log.append((state.due - T0, decision.act, decision.step_index))
        state = decision.then if reached else decision.skipped
    return log


def test_first_step_fires_at_once_and_the_second_after_the_first_wait() -> None:
    log = walk(TWO, until=5 * MINUTE)
    assert log == [(0 * MINUTE, Act.PAGE_STEP, 0), (5 * MINUTE, Act.PAGE_STEP, 1)]


def test_initial_delay_holds_the_first_step_back() -> None:
    plan = Plan(TWO.steps, initial_delay=7 * MINUTE)
    assert decide(plan, begin(plan, T0), T0, HIGH).act is Act.WAIT
    assert walk(plan, until=7 * MINUTE) == [(7 * MINUTE, Act.PAGE_STEP, 0)]


def test_nothing_fires_before_its_due_time() -> None:
    state = State(1, 1, T0 + 5 * MINUTE)
    decision = decide(TWO, state, T0 + 5 * MINUTE - timedelta(microseconds=1), HIGH)
    assert decision.act is Act.WAIT and decision.then == state


def test_after_the_last_wait_the_fallback_is_paged_and_then_the_last_step_every_hour() -> None:
    log = walk(TWO, until=15 * MINUTE + 2 * EXHAUSTED_REPEAT)
    assert log[2:] == [
        (15 * MINUTE, Act.PAGE_FALLBACK, 2),
        (15 * MINUTE + EXHAUSTED_REPEAT, Act.REPEAT_LAST, 1),
        (15 * MINUTE + 2 * EXHAUSTED_REPEAT, Act.REPEAT_LAST, 1),
    ]


def test_repeat_goes_back_to_step_one_as_often_as_asked() -> None:
    log = walk(Plan(TWO.steps, repeat_count=2), until=45 * MINUTE)
    assert [index for _, _, index in log] == [0, 1, 0, 1, 0, 1, 2]
    assert log[-1] == (45 * MINUTE, Act.PAGE_FALLBACK, 2)


@pytest.mark.parametrize(("repeat", "cycles"), [(0, 1), (3, 4), (8, 9), (9, 9), (None, 9)])
def test_cycles_are_capped_even_until_acknowledged(repeat: int | None, cycles: int) -> None:
    assert Plan(TWO.steps, repeat_count=repeat).cycles == cycles <= MAX_CYCLES


def test_empty_policy_goes_straight_to_the_fallback_and_repeats_it_hourly() -> None:
    log = walk(Plan(()), until=EXHAUSTED_REPEAT)
    assert log == [
        (0 * MINUTE, Act.PAGE_FALLBACK, 0),
        (EXHAUSTED_REPEAT, Act.PAGE_FALLBACK, 0),
    ]


def test_a_policy_that_reaches_nobody_is_exhausted_within_the_same_instant() -> None:
    log = walk(Plan(TWO.steps, repeat_count=None), until=timedelta(0), reached=False)
    assert [act for _, act, _ in log] == [Act.PAGE_STEP] * 18 + [Act.PAGE_FALLBACK]


def test_zero_waits_follow_in_order_at_the_same_instant() -> None:
    log = walk(Plan((step(0, 1), step(0, 2), step(5, 3))), until=timedelta(0))
    assert [index for _, _, index in log] == [0, 1, 2]


def only(minutes: int, *urgencies: str, priorities: tuple[str, ...] = ()) -> StepPlan:
    when = Condition(frozenset(urgencies), frozenset(priorities))
    return replace(step(minutes), when=when)


def acts(plan: Plan, case: Case) -> list[tuple[int, Act, str]]:
    """What happens from the start until the first wait or page: (step number, act, why)."""
    state, log = begin(plan, T0), []
    while True:
        decision = decide(plan, state, T0, case)
        log.append((decision.step_index + 1, decision.act, decision.reason))
        if decision.act is not Act.SKIP_STEP:
            return log
        state = decision.then


def test_a_step_that_is_not_for_such_an_incident_is_skipped_at_once_with_its_reason() -> None:
    plan = Plan((only(5, "HIGH"), only(5, "HIGH", "MEDIUM", priorities=("P1", "")), step(5)))
    assert acts(plan, Case("HIGH")) == [(1, Act.PAGE_STEP, "step 1 of 3")]
    first = (1, Act.SKIP_STEP, "step 1 of 3 is only for HIGH: skipped")
    assert acts(plan, Case("MEDIUM")) == [first, (2, Act.PAGE_STEP, "step 2 of 3")]
    second = (2, Act.SKIP_STEP, "step 2 of 3 is only for P1 or no priority: skipped")
    last = (3, Act.PAGE_STEP, "step 3 of 3")
    assert acts(plan, Case("MEDIUM", "P2")) == [first, second, last]
    assert foretell(plan, begin(plan, T0), Case("MEDIUM", "P2"))[0].step_index == 2


def test_when_no_step_is_for_such_an_incident_the_fallback_is_paged_at_once_and_hourly() -> None:
    plan = Plan((only(5, "HIGH"), only(5, "HIGH")), repeat_count=None)
    why = "no step of the policy applies: they are only for HIGH"
    assert acts(plan, Case("LOW")) == [(3, Act.PAGE_FALLBACK, why)]
    state = decide(plan, begin(plan, T0), T0, Case("LOW")).then
    assert (state.exhausted, state.due) == (True, T0 + EXHAUSTED_REPEAT)
    assert decide(plan, state, state.due, Case("LOW")).act is Act.PAGE_FALLBACK
    raised = decide(plan, state, state.due, HIGH)
    assert (raised.act, raised.step_index) == (Act.REPEAT_LAST, 1)


def test_a_slightly_late_step_keeps_the_rhythm_of_its_due_time() -> None:
    decision = decide(TWO, State(1, 0, T0), T0 + LATE, HIGH)
    assert decision.then.due == T0 + 5 * MINUTE


def test_after_an_outage_people_get_their_whole_wait() -> None:
    late = T0 + timedelta(hours=2)
    assert decide(TWO, State(1, 0, T0), late, HIGH).then.due == late + 5 * MINUTE


def test_taken_back_acknowledgement_waits_for_the_current_step_again() -> None:
    state = wait_again(TWO, State(1, 1, T0), current_step=0, now=T0)
    assert state == State(1, 1, T0 + 5 * MINUTE)


def test_taken_back_before_any_page_fires_now() -> None:
    assert wait_again(TWO, State(1, 0, T0), current_step=None, now=T0).due == T0


plans = st.builds(
    Plan,
    steps=st.lists(st.integers(0, 60).map(step), max_size=5).map(tuple),
    initial_delay=st.integers(0, 30).map(lambda minutes: minutes * MINUTE),
    repeat_count=st.one_of(st.none(), st.integers(0, 9)),
)


@given(plans, st.lists(st.tuples(st.booleans(), st.integers(0, 7200)), min_size=1, max_size=60))
def test_there_is_always_a_next_step_and_it_never_lies_in_the_past(
    plan: Plan, history: list[tuple[bool, int]]
) -> None:
    """Whatever happened, the next state has a due time; a paged step waits from it."""
    state, now = begin(plan, T0), T0
    for reached, late in history:
        now = max(now, state.due) + timedelta(seconds=late)
        decision = decide(plan, state, now, HIGH)
        assert decision.act is not Act.WAIT
        after = decision.then if reached else decision.skipped
        assert after.due >= state.due
        if decision.act in {Act.PAGE_FALLBACK, Act.REPEAT_LAST}:
            assert after.due == now + EXHAUSTED_REPEAT and after.exhausted
        state = after


@given(plans)
def test_a_silent_policy_pages_every_step_in_each_cycle_before_it_is_exhausted(plan: Plan) -> None:
    state, seen = begin(plan, T0), []
    while not state.exhausted:
        decision = decide(plan, state, state.due, HIGH)
        if decision.act is Act.PAGE_STEP:
            seen.append((state.cycle, decision.step_index))
        state = decision.then
    cycles = range(1, plan.cycles + 1) if plan.steps else []
    assert seen == [(cycle, index) for cycle in cycles for index in range(len(plan.steps))]
