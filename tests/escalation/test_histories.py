"""Random policies, random histories: never early, never stalled, never two pages for one key.

`make proof ARGS=escalation` takes ten thousand of each.
"""

import os
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings

from escalation.domain.conditions import refusal
from escalation.domain.engine import EXHAUSTED_REPEAT, LATE, Act
from tests.escalation.run_model import MINUTE, NEARLY, Office, Run, histories, runs

HISTORIES = int(os.environ.get("OPSKNIGHT_PROOF_HISTORIES", "100"))
PROMPT = {"tick", "leave"}  # deeds that move nothing by themselves


def live(run: Run, history: list) -> list[tuple[int, str]]:
    """Lives through it; (how many acts there were before, the deed) of each deed."""
    deeds = []
    for (seconds, late), (name, *arguments) in history:
        pass_time(run, moment(run, seconds), timedelta(seconds=late))
        deeds.append((len(run.acts), name))
        getattr(run, name)(*arguments)
        look(run)
    return deeds


def moment(run: Run, seconds: int) -> datetime:
    """When the deed is done."""
    if seconds != NEARLY:
        return run.now + timedelta(seconds=seconds)
    due = run.snoozed_until or run.state.due
    return max(run.now, due - timedelta(seconds=1))


def pass_time(run: Run, until: datetime, late: timedelta) -> None:
    """A ticker that is `late` each time works until then."""
    while True:
        due = run.snoozed_until or (run.state.due if run.open else None)
        at = max(run.now, due + late) if due else None
        if at is None or at > until:
            break
        run.now = at
        run.tick()
        look(run)
        if not run.snoozed_until and run.open:
            assert run.state.due > run.now, "it stalls"
    run.now = until


def look(run: Run) -> None:
    """What holds at every moment."""
    keys = [page.key for page in run.pages]
    assert len(keys) == len(set(keys)), "two pages for one key"
    assert all(page.at >= page.due for page in run.pages), "a page before it was due"
    if run.open and not run.waiting:
        longest = max([EXHAUSTED_REPEAT, run.plan.initial_delay, *(s.wait for s in run.plan.steps)])
        assert run.state.due <= run.now + longest
    if run.waiting:
        assert run.urgency == "LOW"
        assert run.state.due == Office().next_open(run.state.due)


@settings(max_examples=HISTORIES)
@given(runs, histories)
def test_no_page_is_early_and_none_is_paged_twice(run: Run, history: list) -> None:
    deeds = live(run, history)
    moved = {at for at, name in deeds if name not in PROMPT}
    fired = [(number, *act) for number, act in enumerate(run.acts) if act[1] is Act.PAGE_STEP]
    paged = {page.key[:3] for page in run.pages if page.key[3] == "step"}
    for (first, at, _, key), (second, later, _, _) in pairwise(fired):
        apart = any(first < number <= second for number in moved)
        if not apart and key in paged:
            assert later >= at - LATE + run.plan.steps[key[2]].wait


@settings(max_examples=HISTORIES)
@given(runs, histories)
def test_only_steps_that_are_for_the_incident_are_paged(run: Run, history: list) -> None:
    """Asked of each act at its own moment, with the slack that a late ticker has."""
    perform = run._perform

    def checked(decision):
        at = run.state.due if run.now - run.state.due <= LATE else run.now
        if decision.act in {Act.PAGE_STEP, Act.REPEAT_LAST}:
            assert refusal(decision.step.when, run.case, at) == ""
        if decision.act is Act.SKIP_STEP:
            assert refusal(decision.step.when, run.case, at) != ""
        if decision.act not in {Act.WAIT_FOR_HOURS} and run.urgency == "LOW" and not run.waived:
            assert run.plan.low_waits_for is None or Office().open_at(at)
        return perform(decision)

    run._perform = checked  # type: ignore[method-assign]
    live(run, history)


@settings(max_examples=HISTORIES)
@given(runs, histories)
def test_left_alone_it_always_ends_at_a_human(run: Run, history: list) -> None:
    """Whatever happened: when nobody does anything more, the fallback hears of it, then hourly."""
    live(run, history)
    if run.snoozed_until is None and not run.open:
        return
    run.now += MINUTE
    for _ in range(400):
        due = run.snoozed_until or run.state.due
        run.now = max(run.now, due)
        run.tick()
        if run.ended:
            break
    assert run.ended, "silence"
    before = len(run.pages)
    run.now = run.state.due
    run.tick()
    assert len(run.pages) > before or run.waiting
