"""A shift keeps its number when the rules around it are edited."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice

from hypothesis import assume, given
from hypothesis import strategies as st

from schedules.domain.edit import successor
from schedules.domain.identity import coming, moved, shift, shift_between
from schedules.domain.model import LayerVersion
from schedules.domain.walltime import add
from tests.schedules.domain.rota import person, rotation, utc, version
from tests.schedules.domain.rota_strategies import instants, versions, zones

HOUR = timedelta(hours=1)
WEEKLY = version("Europe/London", "week 1 @2026-03-02T09:00 A,B,C")
CUT = utc("2026-03-04T12:00Z")


def edited(old: LayerVersion, rule: str) -> LayerVersion:
    return replace(successor(old, rotation(rule), CUT)[1], id=2)


def at(found) -> str:
    return f"{found.start:%d %b %H:%M} to {found.end:%d %b %H:%M}" if found else "gone"


def test_a_whole_shift_is_known_and_a_part_is_not() -> None:
    week = utc("2026-03-09T09:00Z"), utc("2026-03-16T09:00Z")
    assert shift_between(WEEKLY, person("B"), *week).index == 1
    assert shift_between(WEEKLY, person("A"), *week) is None
    assert shift_between(WEEKLY, person("B"), week[0], week[1] - HOUR) is None


def test_the_duty_of_a_shift_with_hours_goes_from_the_first_to_the_last_of_them() -> None:
    days = version("Europe/London", "day 1 @2026-03-02T00:00 A,B", "Mon,Tue 09:00-17:00")
    assert at(shift(days, 1)) == "03 Mar 09:00 to 03 Mar 17:00"
    assert shift(days, 2) is None
    start, end = utc("2026-03-03T09:00Z"), utc("2026-03-03T17:00Z")
    assert shift_between(days, person("B"), start, end).index == 1


def test_a_moved_hand_off_moves_the_shift() -> None:
    later = edited(WEEKLY, "week 1 @2026-03-03T10:00 A,B,C")
    found = [moved(WEEKLY, later, person("B"), index, CUT) for index in (1, 4)]
    assert [at(one) for one in found] == [
        "10 Mar 10:00 to 17 Mar 10:00",
        "31 Mar 09:00 to 07 Apr 09:00",
    ]


def test_another_order_keeps_the_count_of_the_persons_own_shifts() -> None:
    swapped = edited(WEEKLY, "week 1 @2026-03-02T09:00 A,C,B")
    assert at(moved(WEEKLY, swapped, person("B"), 1, CUT)) == "16 Mar 09:00 to 23 Mar 09:00"
    assert at(moved(WEEKLY, swapped, person("A"), 3, CUT)) == "23 Mar 09:00 to 30 Mar 08:00"


def test_somebody_who_was_taken_out_has_no_shift_any_more() -> None:
    without = edited(WEEKLY, "week 1 @2026-03-02T09:00 A,C")
    assert moved(WEEKLY, without, person("B"), 1, CUT) is None
    assert moved(WEEKLY, WEEKLY, person("C"), 1, CUT) is None


def test_a_shift_that_runs_at_the_edit_ends_with_the_new_hand_off() -> None:
    later = edited(WEEKLY, "week 1 @2026-03-03T10:00 A,B,C")
    assert moved(WEEKLY, later, person("A"), 0, CUT).end == utc("2026-03-10T10:00Z")
    without = edited(WEEKLY, "week 1 @2026-03-03T10:00 B,C")
    assert moved(WEEKLY, without, person("A"), 0, CUT) is None


@given(st.data(), zones)
def test_an_edit_that_changes_nothing_moves_nothing(data, zone) -> None:
    cut = data.draw(instants(zone))
    old = data.draw(versions(cut, zone))
    assume(old.rotation.slots and old.valid_to is None)
    assume(old.valid_from is None or old.valid_from <= cut)
    new = successor(old, old.rotation, cut)[1]
    for user in {one for slot in old.rotation.slots for one in slot}:
        for found in islice(coming(old, user, cut), 3):
            assume(found.end < cut + 300 * timedelta(days=1))
            after = moved(old, new, user, found.index, cut)
            assert after is not None
            assert (after.start, after.end) == (found.start, found.end)


def test_the_search_ends() -> None:
    over = replace(WEEKLY, end=add(WEEKLY.rotation.anchor, WEEKLY.rotation.unit, 2))
    assert list(coming(over, person("C"), CUT)) == []
    assert len(list(coming(WEEKLY, person("A"), CUT))) == 38
