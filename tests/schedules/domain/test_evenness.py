"""The order that evens the load out: never worse than what is, and the best there is."""

from datetime import timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.domain import evenness
from schedules.domain.edit import restarted
from schedules.domain.evenness import Coming, Shift
from schedules.domain.model import Phase, Rotation
from schedules.domain.resolver import spans
from schedules.domain.walltime import to_local
from tests.schedules.domain.rota import WORKDAYS, layer, schedule, utc, version, who

HOUR = timedelta(hours=1)
NOON = utc("2026-03-18T12:00Z")
LONDON = "Europe/London"
hours = st.integers(0, 200).map(lambda count: count * HOUR)
few = settings(max_examples=30)


def ahead(places: int, lengths: list[timedelta]) -> Coming:
    shifts = tuple(Shift(NOON, NOON.replace(tzinfo=None), one) for one in lengths)
    return Coming(tuple(range(places)), shifts)


def mean_spread(carried: list[timedelta], order: tuple[int, ...], lengths: list) -> timedelta:
    load, along = list(carried), timedelta()
    for step, one in enumerate(lengths):
        load[order[step % len(order)]] += one
        along += max(load) - min(load)
    return along / len(lengths)


@few
@given(st.lists(hours, min_size=2, max_size=5), st.lists(hours, min_size=1, max_size=9))
def test_no_order_that_begins_with_the_least_loaded_is_better(carried: list, lengths: list):
    slots = [(number,) for number in range(len(carried))]
    found = evenness.suggestion(slots, dict(enumerate(carried)), ahead(len(slots), lengths))
    kept = mean_spread(carried, tuple(range(len(slots))), lengths)
    if found is None:
        return
    first = min(range(len(carried)), key=lambda at: (carried[at], at))
    assert sorted(found.order) == list(range(len(slots)))
    assert found.order[0] == first
    assert found.kept_mean == kept
    assert found.then_mean <= kept - HOUR
    rivals = [order for order in permutations(range(len(slots))) if order[0] == first]
    assert found.then_mean == min(mean_spread(carried, order, lengths) for order in rivals)


def test_the_least_loaded_goes_first():
    carried = {1: 30 * HOUR, 2: 10 * HOUR, 3: 20 * HOUR}
    found = evenness.suggestion([(1,), (2,), (3,)], carried, ahead(3, [10 * HOUR] * 2))
    assert found
    assert found.order == (1, 2, 0)
    assert (found.now, found.kept, found.then) == (20 * HOUR, 20 * HOUR, 10 * HOUR)


def test_an_even_rotation_is_left_alone():
    carried = {1: 10 * HOUR, 2: 10 * HOUR}
    assert evenness.suggestion([(1,), (2,)], carried, ahead(2, [HOUR] * 4)) is None


def test_nobody_can_even_out_a_planned_gap_or_a_single_person():
    assert evenness.suggestion([(1,), ()], {1: HOUR}, ahead(2, [HOUR])) is None
    assert evenness.suggestion([(1,)], {1: HOUR}, ahead(1, [HOUR])) is None


def test_a_long_rotation_is_sorted():
    carried = {number: (20 - number) * HOUR for number in range(20)}
    slots = [(number,) for number in range(20)]
    found = evenness.suggestion(slots, carried, ahead(20, [HOUR] * 10))
    assert found
    assert found.order == tuple(reversed(range(20)))


def test_coming_shifts_follow_the_clock():
    rota = version(LONDON, "week 1 @2026-03-02T09:00 A,B,C")
    found = evenness.coming(rota, NOON, 3)
    assert found
    assert found.order == (0, 1, 2)
    assert [shift.begins for shift in found.shifts] == [
        utc("2026-03-23T09:00Z"),
        utc("2026-03-30T08:00Z"),
        utc("2026-04-06T08:00Z"),
    ]
    assert [shift.length for shift in found.shifts] == [167 * HOUR, 168 * HOUR, 168 * HOUR]


def test_coming_shifts_count_hours_of_duty_and_days_with_duty():
    windows = f"{WORKDAYS} 09:00-17:00"
    rota = version(LONDON, "day 1 @2026-03-02T00:00 A,B,C", windows, phase=Phase.ACTIVE)
    found = evenness.coming(rota, NOON, 4)
    assert found
    assert [to_local(shift.begins, rota.zone).strftime("%a") for shift in found.shifts] == [
        "Thu",
        "Fri",
        "Mon",
        "Tue",
    ]
    assert {shift.length for shift in found.shifts} == {8 * HOUR}


def test_a_monthly_rotation_is_anchored_on_its_own_day():
    rota = version("UTC", "month 1 @2026-01-31T08:00 A,B,C")
    found = evenness.coming(rota, utc("2026-03-31T12:00Z"), 2)
    assert found
    assert found.shifts[0].wall.isoformat() == "2026-05-31T08:00:00"
    assert found.order == (1, 2, 0)


def test_a_rotation_that_ends_has_no_next_order():
    rota = version("UTC", "week 1 @2026-03-02T09:00 A,B", end=NOON.replace(tzinfo=None))
    assert evenness.coming(rota, NOON, 2) is None


def test_the_suggested_order_is_what_the_rotation_then_does():
    """Begun anew at the first coming shift, the reordered slots serve as was computed."""
    rota = version(LONDON, "week 1 @2026-03-02T09:00 A,B,C")
    coming = evenness.coming(rota, NOON, 3)
    assert coming
    carried = {1: 300 * HOUR, 2: 200 * HOUR, 3: 100 * HOUR}
    found = evenness.suggestion(rota.rotation.slots, carried, coming)
    assert found
    slots = tuple(rota.rotation.slots[at] for at in found.order)
    new = Rotation(rota.rotation.unit, 1, coming.shifts[0].wall, slots)
    after = schedule(layer(*restarted(rota, new, NOON, zone=ZoneInfo(LONDON))))
    assert [who(after, shift.begins) for shift in coming.shifts] == ["C", "B", "A"]
    assert who(after, NOON) == who(schedule(layer(rota)), NOON)
    assert spans(after, NOON, coming.shifts[0].begins)
