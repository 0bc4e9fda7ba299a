"""What must hold for any rota: agreement with a minute-by-minute oracle, no gaps, no overlaps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schedules.domain.edit import successor
from schedules.domain.model import Layer, LayerVersion, Phase, Restriction, Schedule, Span, Unit
from schedules.domain.resolver import on_call, spans
from schedules.domain.rotation import boundary
from schedules.domain.walltime import add, read_clock, resolve
from tests.schedules.domain import rota_oracle as oracle
from tests.schedules.domain.rota import layer, schedule, version
from tests.schedules.domain.rota_strategies import (
    ODD,
    ZONES,
    instants,
    rotations,
    schedules,
    versions,
    zones,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def users(of: Schedule, at: datetime) -> tuple[int, ...]:
    return tuple(one.user for one in on_call(of, at))


def merged(found: list[Span]) -> list[Span]:
    whole = found[:1]
    for one in found[1:]:
        if one.on_call == whole[-1].on_call:
            whole[-1] = replace(whole[-1], end=one.end)
        else:
            whole.append(one)
    return whole


# --- wall clock -----------------------------------------------------------------------------------


@given(st.data(), zones)
def test_a_wall_time_is_the_first_minute_that_shows_it_or_later(
    data: st.DataObject, zone: ZoneInfo
) -> None:
    at = data.draw(instants(zone))
    local = oracle.shown(at, zone) + data.draw(st.integers(-120, 120)) * MINUTE
    assert resolve(local, zone) == oracle.earliest_instant(local, zone)
    assert read_clock(at, zone).reached(local) == (resolve(local, zone) <= at)


@given(st.data(), zones, st.lists(st.integers(-2000, 2000), min_size=2, max_size=20))
def test_later_wall_times_never_come_earlier(
    data: st.DataObject, zone: ZoneInfo, minutes: list[int]
) -> None:
    near = oracle.shown(data.draw(instants(zone)), zone)
    found = [resolve(near + minute * MINUTE, zone) for minute in sorted(minutes)]
    assert found == sorted(found)


# --- rotations ------------------------------------------------------------------------------------


@given(st.data(), zones)
def test_the_fast_answer_is_that_of_the_minute_scan(data: st.DataObject, zone: ZoneInfo) -> None:
    near = data.draw(instants(zone))
    one = data.draw(versions(near, zone))
    for minutes in data.draw(st.lists(st.integers(-3000, 3000), min_size=3, max_size=3)):
        at = near + minutes * MINUTE
        expected = oracle.people(one, at)
        assert users(schedule(layer(one)), at) == tuple(dict.fromkeys(expected))


@given(st.data(), zones)
def test_the_fast_answer_holds_decades_after_the_anchor(
    data: st.DataObject, zone: ZoneInfo
) -> None:
    near, later = sorted([data.draw(instants(zone)), data.draw(instants(zone))])
    one = replace(data.draw(versions(near, zone)), restrictions=())
    assert users(schedule(layer(one)), later) == oracle.people(one, later)


@given(
    st.sampled_from([("hour", 40), ("day", 12), ("week", 2)]),
    st.integers(0, 10**6),
    st.frozensets(st.integers(0, 6), min_size=1, max_size=4),
    st.sampled_from(["09:00-17:00", "22:00-06:00", "08:30-08:45"]),
    st.integers(0, 400),
)
def test_active_phase_is_the_count_of_shifts_with_a_window_one_by_one(
    rhythm: tuple[str, int], pick: int, days: frozenset[int], hours: str, shift: int
) -> None:
    unit, most = rhythm
    rule = f"{unit} {1 + pick % most} @2001-01-03T09:30 A,B,C,D,E"
    one = version("UTC", rule, f"daily {hours}", phase=Phase.ACTIVE)
    restriction = replace(one.restrictions[0], days=days)
    one = replace(one, restrictions=(restriction,))
    begins = oracle.begins(one.rotation, shift)
    later = begins + 8 * DAY
    opens = next(at for at, _ in oracle.hours(restriction, begins, later) if at >= begins)
    at = opens.replace(tzinfo=UTC)
    expected = oracle.people(one, at)
    assert len(expected) == 1
    assert users(schedule(layer(one)), at) == expected


@given(st.data(), zones)
def test_boundaries_never_go_back(data: st.DataObject, zone: ZoneInfo) -> None:
    near = oracle.shown(data.draw(instants(zone)), zone)
    rotation = data.draw(rotations(near, 40))
    found = [boundary(rotation, shift, zone) for shift in range(80)]
    assert found == sorted(found)
    assert all(shift != following for shift, following in pairwise(found)) or rotation.unit == (
        Unit.HOUR
    )


@given(st.data())
def test_without_clock_changes_wall_time_is_elapsed_time(data: st.DataObject) -> None:
    zone = ZoneInfo(data.draw(st.sampled_from(["UTC", "Asia/Kolkata", "America/Phoenix"])))
    near = oracle.shown(data.draw(instants(zone)), zone)
    rotation = data.draw(rotations(near, 40).filter(lambda one: one.unit != Unit.MONTH))
    step = oracle.LONGEST[rotation.unit] * rotation.every
    shift = data.draw(st.integers(0, 1000))
    assert boundary(rotation, shift, zone) == boundary(rotation, 0, zone) + shift * step


@given(st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)), st.integers(-400, 400))
def test_months_keep_the_day_or_the_last_of_the_month(anchor: datetime, count: int) -> None:
    moved = add(anchor, Unit.MONTH, count)
    months = (moved.year - anchor.year) * 12 + moved.month - anchor.month
    assert (months, moved.time()) == (count, anchor.time())
    assert moved.day == anchor.day or ((moved + DAY).day == 1 and moved.day < anchor.day)


# --- whole schedules ------------------------------------------------------------------------------


@given(st.data(), zones)
def test_layers_overrides_and_disabled_people_agree_with_the_minute_scan(
    data: st.DataObject, zone: ZoneInfo
) -> None:
    near = data.draw(instants(zone))
    of = data.draw(schedules(near, zone))
    for minutes in data.draw(st.lists(st.integers(-4000, 4000), min_size=3, max_size=3)):
        at = near + minutes * MINUTE
        assert list(users(of, at)) == oracle.answer(of, at)


# --- spans ----------------------------------------------------------------------------------------


@given(st.data(), zones)
def test_spans_tile_and_agree_with_the_answer_at_any_instant(
    data: st.DataObject, zone: ZoneInfo
) -> None:
    near = data.draw(instants(zone))
    of = data.draw(schedules(near, zone))
    start, end = near - 3 * DAY, near + 4 * DAY
    found = spans(of, start, end)
    assert (found[0].start, found[-1].end) == (start, end)
    for one, following in pairwise(found):
        assert one.end == following.start
        assert one.on_call != following.on_call
    for one in found:
        inner = one.start + data.draw(st.integers(0, 10**6)) % ((one.end - one.start) // MINUTE) * (
            MINUTE
        )
        for at in (one.start, inner, one.end - timedelta(seconds=1)):
            assert on_call(of, at) == one.on_call


@given(st.data(), zones)
def test_cutting_the_period_changes_no_span(data: st.DataObject, zone: ZoneInfo) -> None:
    near = data.draw(instants(zone))
    of = data.draw(schedules(near, zone))
    start, end = near - 3 * DAY, near + 4 * DAY
    cut = near + data.draw(st.integers(-4000, 4000)) * MINUTE
    assert merged(spans(of, start, cut) + spans(of, cut, end)) == spans(of, start, end)


# --- windows --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*ODD, *Random(9).sample(ZONES, 25)}))
def test_windows_with_shared_edges_tile_when_the_clock_changes(name: str) -> None:
    """Four windows around the clock: at any instant exactly one of them is open."""
    zone, random = ZoneInfo(name), Random(name)
    for change in oracle.changes_of_clock(zone)[-12:]:
        jump = oracle.shown(change, zone).replace(microsecond=0)
        edges = {(jump + random.randint(-150, 150) * MINUTE).time() for _ in range(3)}
        found = spans(around_the_clock(zone, sorted(edges)), change - 2 * DAY, change + 2 * DAY)
        assert {len(one.on_call) for one in found} == {1}


def around_the_clock(zone: ZoneInfo, edges: list) -> Schedule:
    windows = zip(edges, [*edges[1:], edges[0]], strict=True)
    always = version("UTC", "week 1 @1999-12-01T00:00 A")
    rules = [
        replace(
            always,
            zone=zone,
            rotation=replace(always.rotation, slots=((number,),)),
            restrictions=(Restriction(frozenset(range(7)), start, end),),
        )
        for number, (start, end) in enumerate(windows)
    ]
    return schedule(*(Layer(n, f"window {n}", 0, n, (rule,)) for n, rule in enumerate(rules)))


# --- edits ----------------------------------------------------------------------------------------


@given(st.data(), zones)
def test_an_edit_changes_no_answer_before_its_cut(data: st.DataObject, zone: ZoneInfo) -> None:
    near = data.draw(instants(zone))
    old = data.draw(versions(near, zone))
    new = data.draw(rotations(oracle.shown(near, zone), 40))
    cut = near + data.draw(st.integers(-4000, 4000)) * MINUTE
    before, after = schedule(layer(old)), schedule(layer(*successor(old, new, cut)))
    period = cut - 7 * DAY, cut
    assert spans(after, *period) == spans(before, *period)


@given(st.data(), zones)
def test_whoever_has_the_pager_keeps_it_to_the_next_boundary_of_the_new_rule(
    data: st.DataObject, zone: ZoneInfo
) -> None:
    """And then the one after him in the new order takes over."""
    near = data.draw(instants(zone))
    old, new = (
        replace(
            data.draw(rotations(oracle.shown(near, zone), 40)),
            slots=tuple((user,) for user in order),
            shift_length_minutes=None,
        )
        for order in ([1, 2, 3, 4], [*data.draw(st.permutations([1, 2, 3, 4])), 5])
    )
    was = LayerVersion(1, None, None, zone, old)
    cut = near + data.draw(st.integers(0, 4000)) * MINUTE
    holder = users(schedule(layer(was)), cut)
    assume(holder)
    closed, opened = successor(was, new, cut)
    after = schedule(layer(closed, opened))
    shift, at = next_hand_off(opened, cut)
    place = new.slots.index(holder)
    assert users(after, cut) == holder
    assert users(after, at - MINUTE) == holder
    assert users(after, at) == new.slots[(place + shift) % 5]


def next_hand_off(of: LayerVersion, cut: datetime) -> tuple[int, datetime]:
    """How many shifts on the next one of any length is, and when it begins."""
    current = oracle.last_begun(of.rotation, oracle.latest_shown(cut, of.zone))
    shift = current + 1
    while start_of(of, shift) == start_of(of, shift + 1):
        shift += 1
    return shift - current, start_of(of, shift)


def start_of(of: LayerVersion, shift: int) -> datetime:
    return oracle.earliest_instant(oracle.begins(of.rotation, shift), of.zone)
