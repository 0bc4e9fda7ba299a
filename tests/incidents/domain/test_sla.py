"""Clocks of a service level, read from what happened: one story per rule."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain import sla
from incidents.domain.lifecycle import MOVES, Status
from incidents.domain.sla import Change, Clock, Goal, Run, Word
from schedules.domain.hours import SupportHours
from schedules.domain.model import Restriction
from services.domain import levels
from services.domain.levels import BadTarget, Target

T0 = datetime(2026, 3, 27, 14, tzinfo=UTC)  # Friday, 15:00 in Berlin; clocks jump on Sunday
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
ONE_HOUR = Goal(HOUR, 15 * MINUTE)
OFFICE = SupportHours(
    ZoneInfo("Europe/Berlin"), (Restriction(frozenset(range(5)), time(9), time(17)),)
)
O, A, R, S, X = (  # noqa: E741
    Status.OPEN,
    Status.ACKNOWLEDGED,
    Status.RESOLVED,
    Status.SNOOZED,
    Status.SUPPRESSED,
)


def clocks(*changes: tuple[int, Status]) -> list[Run]:
    return sla.runs([Change(T0 + minute * MINUTE, status) for minute, status in changes])


def minutes(at: datetime | None) -> int | None:
    return None if at is None else (at - T0) // MINUTE


def ack_of(*changes: tuple[int, Status]) -> Run:
    return [run for run in clocks(*changes) if run.clock is Clock.ACK][-1]


def resolve_of(*changes: tuple[int, Status]) -> Run:
    return clocks(*changes)[-1]


@pytest.mark.parametrize(
    ("changes", "rounds", "met"),
    [
        ([(0, O)], 1, None),
        ([(0, O), (3, A)], 1, 3),
        ([(0, O), (3, R)], 1, 3),  # whoever resolves it has taken it
        ([(0, O), (3, A), (9, O)], 2, None),  # taken back: somebody has to take it anew
        ([(0, O), (3, R), (9, O), (12, A)], 2, 12),
        ([(0, O), (3, S), (9, O), (12, A)], 1, 12),
        ([(0, O), (3, A), (5, S), (9, O)], 2, None),  # back from snooze and nobody's
        ([(0, O), (3, S), (9, A)], 1, 9),
    ],
)
def test_each_wait_for_somebody_has_a_clock_of_its_own(changes, rounds: int, met: int | None):
    run = ack_of(*changes)
    assert (run.round, minutes(run.met_at)) == (rounds, met)


@pytest.mark.parametrize(
    ("changes", "due", "left"),
    [
        ([(0, O)], 60, 60),
        ([(0, O), (10, A)], 60, 60),
        ([(0, O), (10, S)], None, 50),  # stands still
        ([(0, O), (10, S), (40, O)], 90, 50),
        ([(0, O), (10, X), (40, O), (50, S), (55, A)], 95, 40),
        ([(0, O), (70, S)], 60, 60),  # it was over before the snooze
        ([(0, O), (30, R), (500, O)], 530, 30),  # reopened: goes on where it stood
    ],
)
def test_quiet_time_moves_the_end(changes, due: int | None, left: int):
    face = sla.face(resolve_of(*changes), ONE_HOUR, T0)
    assert (minutes(face.due), face.left) == (due, left * MINUTE)


def test_the_warning_comes_before_the_end_by_its_notice():
    face = sla.face(resolve_of((0, O), (10, S), (40, O)), ONE_HOUR, T0)
    assert minutes(face.warn) == 75


def test_done_at_the_last_instant_is_in_time():
    run = resolve_of((0, O), (60, R))
    due = sla.face(run, ONE_HOUR, T0 + HOUR).due
    assert minutes(run.met_at) == 60
    assert not sla.breached(run, due, T0 + 2 * HOUR)
    assert sla.breached(resolve_of((0, O)), due, T0 + HOUR)
    assert sla.breached(resolve_of((0, O), (61, R)), due, T0 + 2 * HOUR)


def test_outside_support_hours_the_clock_stands_still_and_says_when_it_goes_on():
    goal = Goal(4 * HOUR, 15 * MINUTE, OFFICE)  # from Friday 15:00 to Monday 11:00 in Berlin
    run = resolve_of((0, O))
    monday = datetime(2026, 3, 30, 7, tzinfo=UTC)  # 09:00 there, in summer time
    open_now = sla.face(run, goal, T0)
    assert (open_now.due, open_now.opens) == (monday + 2 * HOUR, None)
    assert open_now.turns == T0 + 2 * HOUR
    closed = sla.face(run, goal, T0 + 5 * HOUR)
    assert (closed.opens, closed.turns, closed.left) == (monday, monday, 2 * HOUR)


def test_a_snooze_over_the_weekend_costs_no_more_than_the_weekend():
    goal = Goal(4 * HOUR, 15 * MINUTE, OFFICE)
    run = resolve_of((0, O), (60, S), (24 * 60, O))
    assert sla.face(run, goal, T0).due == datetime(2026, 3, 30, 10, tzinfo=UTC)


def test_a_jump_of_the_computers_clock_is_no_time_that_passed():
    goal = Goal(HOUR, 15 * MINUTE, shift=2 * HOUR)
    assert minutes(sla.face(resolve_of((0, O)), goal, T0).due) == 180
    paused = sla.face(resolve_of((0, O), (130, S)), goal, T0 + 3 * HOUR)
    assert paused.left == 50 * MINUTE


@st.composite
def histories(draw) -> list[Change]:
    found, at = [Change(T0, O)], T0
    for _ in range(draw(st.integers(0, 8))):
        at += draw(st.integers(0, 120)) * MINUTE
        options = sorted(MOVES[found[-1].status])
        found.append(Change(at, draw(st.sampled_from(options))))
    return found


@given(histories(), st.integers(1, 300))
def test_time_is_used_up_when_a_count_by_minutes_says_so(history, target: int):
    status_at = [
        [change.status for change in history if change.at <= T0 + n * MINUTE][-1]
        for n in range(24 * 60)
    ]
    spent = [n for n, status in enumerate(status_at) if status in (O, A)]
    run = sla.runs(history)[-1]
    due = sla.face(run, Goal(target * MINUTE, MINUTE), T0).due
    if due is not None and len(spent) > target and run.met_at is None:
        assert minutes(due) in (spent[target], spent[target - 1] + 1)


@given(histories())
def test_what_came_first_is_never_read_otherwise_later(history):
    before, after = sla.runs(history[:-1]) if history[1:] else [], sla.runs(history)
    done = [run for run in before if run.clock is Clock.ACK and run.met_at]
    assert done == [run for run in after if run.clock is Clock.ACK][: len(done)]


@pytest.mark.parametrize(
    ("met", "breached", "still", "says"),
    [
        (False, False, False, Word.RUNNING),
        (False, False, True, Word.PAUSED),
        (False, True, True, Word.BREACHED),
        (True, False, False, Word.MET),
        (True, True, False, Word.LATE),
    ],
)
def test_a_clock_says_one_word(met: bool, breached: bool, still: bool, says: Word):
    assert sla.word(met=met, breached=breached, still=still) is says


def test_a_priority_wins_over_the_urgency_and_an_own_target_over_the_default():
    stored = levels.checked({"HIGH": Target(7, None), "P2": Target(15, 240)}, has_hours=False)
    assert list(stored) == ["HIGH"]  # the other is the default
    assert levels.target_for(stored, "HIGH", None) == Target(7, None)
    assert levels.target_for(stored, "HIGH", "P1") == Target(5, 60)
    assert levels.target_for({}, "LOW", None) == Target(120, 1440)


@pytest.mark.parametrize(
    ("target", "wished", "notice"), [(15, 5, 5), (60, 15, 15), (5, 5, 1), (30, 15, 6)]
)
def test_a_short_target_is_warned_of_in_its_last_fifth(target: int, wished: int, notice: int):
    assert levels.notice(target, wished) == notice * MINUTE


@pytest.mark.parametrize(
    ("scope", "target", "field"),
    [
        ("P1", Target(0, 60), "targets.P1.acknowledgeMinutes"),
        ("LOW", Target(1, 10**9), "targets.LOW.resolveMinutes"),
        ("P9", Target(1, 1), "targets"),
        ("P1", Target(1, 1, in_hours=True), "targets.P1.inSupportHours"),
    ],
)
def test_a_table_that_does_not_work_is_refused_at_its_place(scope, target, field):
    with pytest.raises(BadTarget) as refused:
        levels.checked({scope: target}, has_hours=False)
    assert refused.value.field == field
