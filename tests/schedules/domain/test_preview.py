"""Comparing two schedules, held against asking both at every quarter of an hour."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.domain import draft, edit
from schedules.domain.model import Rotation, Schedule
from schedules.domain.preview import compare, new_gaps, twice_named
from schedules.domain.resolver import on_call
from schedules.domain.walltime import Unit
from tests.schedules.domain.rota import layer, override, schedule, utc, version, wall

START = utc("2026-03-16T12:00Z")
WEEK = timedelta(weeks=1)
QUARTER = timedelta(minutes=15)

RULES = st.sampled_from(
    [
        ("Europe/London", "week 1 @2026-03-02T09:00 A,B,C"),
        ("Europe/London", "week 1 @2026-03-02T09:00 A,C,B", "Mon,Tue,Wed 09:00-17:30"),
        ("America/New_York", "day 1 @2026-03-02T02:30 B,-,D"),
        ("Australia/Lord_Howe", "hour 12 @2026-03-02T08:00 A+B,C", "Fri 18:00-Mon 08:00"),
        ("Asia/Kolkata", "day 2 @2026-03-01T00:00 C,D"),
    ]
)


def people(of: Schedule, at) -> frozenset[int]:
    return frozenset(one.user for one in on_call(of, at))


def stack(rules: list[tuple]) -> Schedule:
    rows = [
        layer(version(*rule), number=number, priority=number % 2)
        for number, rule in enumerate(rules, start=1)
    ]
    return schedule(*rows, overrides=(override("remove A 2026-03-17T00:00Z 2026-03-18T00:00Z"),))


@settings(max_examples=25, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=2), st.lists(RULES, min_size=0, max_size=2))
def test_a_comparison_says_what_asking_both_would_say(old: list, new: list):
    before, after = stack(old), stack(new)
    found = compare(before, after, START, START + WEEK)
    at = START
    while at < START + WEEK:
        here = [one for one in found.differences if one.start <= at < one.end]
        same = people(before, at) == people(after, at)
        assert len(here) == (0 if same else 1)
        for one in here:
            assert (one.before, one.after) == (people(before, at), people(after, at))
        opened = any(start <= at < end for start, end in found.new_gaps)
        assert opened == (bool(people(before, at)) and not people(after, at))
        at += QUARTER
    assert sum(line.shifts for line in found.lines) == len(found.differences)
    assert list(found.new_gaps) == new_gaps(before, after, START, START + WEEK)


def test_bob_instead_of_alice_is_one_line_with_all_its_shifts():
    before = schedule(layer(version("Europe/London", "week 1 @2026-03-02T09:00 A,C")))
    after = schedule(layer(version("Europe/London", "week 1 @2026-03-02T09:00 B,C")))
    found = compare(before, after, START, START + 9 * WEEK)
    (line,) = found.lines
    assert (line.before, line.after, line.shifts) == ({1}, {2}, 5)
    assert line.first == START
    assert line.total == 5 * WEEK - timedelta(hours=3)
    assert not found.new_gaps and not found.gaps


def test_a_draft_of_an_edit_is_the_edit():
    old = version("Europe/London", "week 1 @2026-03-02T09:00 A,B,C")
    before = schedule(layer(old))
    wanted = Rotation(Unit.WEEK, 1, wall("2026-03-02T09:00"), ((1,), (2,), (3,), (4,)))
    versions = edit.successor(old, wanted, START)
    after = draft.with_edit(before, 1, versions, priority=7)
    assert [one.priority for one in after.layers] == [0, 7]
    assert people(after, START) == {3}
    assert people(after, utc("2026-03-23T09:00Z")) == {4}
    assert people(after, START - WEEK) == people(before, START - WEEK) == {2}


def test_without_a_layer_the_next_one_answers_and_the_past_stays():
    rules = ("Europe/London", "week 1 @2026-03-02T09:00 A"), ("UTC", "week 1 @2026-03-02T09:00 B")
    before = schedule(
        layer(version(*rules[0]), number=1, priority=1), layer(version(*rules[1]), number=2)
    )
    after = draft.without_layer(before, 1, START)
    assert people(after, START) == {2}
    assert people(after, START - timedelta(seconds=1)) == {1}
    assert draft.without_layer(draft.without_layer(before, 1, START), 2, START).layers
    gone = draft.without_layer(after, 2, START)
    assert new_gaps(before, gone, START, START + WEEK) == [(START, START + WEEK)]


def test_a_person_whom_two_equal_layers_name_at_once_is_found():
    one = layer(version("UTC", "week 1 @2026-03-16T09:00 A,B"), number=1)
    other = layer(version("UTC", "week 1 @2026-03-16T09:00 C,B"), number=2)
    higher = layer(version("UTC", "week 1 @2026-03-16T09:00 B"), number=3, priority=1)
    both = schedule(one, other, higher)
    assert twice_named(both, START, START + 3 * WEEK) == {2: utc("2026-03-23T09:00Z")}
    assert twice_named(schedule(one, higher), START, START + 3 * WEEK) == {}
