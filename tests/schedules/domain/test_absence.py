"""Duty that meets time off, and who could serve instead: against a minute-by-minute count."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schedules.domain import absence, resolver
from schedules.domain.absence import Conflict, Cover
from schedules.domain.model import Because, OnCall, Source, Span
from tests.schedules.domain.rota_strategies import instants, schedules, zones

T0 = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = Because(Source.LAYER, 1, "Week")


def spans(*shifts: tuple[int, int, tuple[int, ...]]) -> list[Span]:
    """From and to in hours after T0, and who serves."""
    return [
        Span(T0 + a * HOUR, T0 + b * HOUR, tuple(OnCall(user, WHY) for user in people))
        for a, b, people in shifts
    ]


def hours(*pairs: tuple[int, int]) -> list[tuple[datetime, datetime]]:
    return [(T0 + a * HOUR, T0 + b * HOUR) for a, b in pairs]


def test_duty_within_time_off_is_a_conflict_of_just_that_time():
    found = absence.conflicts(spans((0, 24, (1,)), (24, 48, (2,))), {1: hours((20, 30))})
    assert found == [Conflict(1, T0 + 20 * HOUR, T0 + 24 * HOUR)]


def test_time_off_that_touches_duty_is_none():
    assert absence.conflicts(spans((0, 24, (1,))), {1: hours((24, 48)), 2: hours((0, 24))}) == []


def test_overlapping_time_off_is_one_conflict():
    away = {1: hours((2, 5), (4, 8), (8, 9))}
    assert absence.conflicts(spans((0, 24, (1,))), away) == [
        Conflict(1, T0 + 2 * HOUR, T0 + 9 * HOUR)
    ]


def test_a_change_of_reason_does_not_split_a_conflict():
    found = absence.conflicts(spans((0, 5, (1,)), (5, 9, (1, 2))), {1: hours((0, 9))})
    assert found == [Conflict(1, T0, T0 + 9 * HOUR)]


def test_whoever_is_on_call_or_away_then_is_not_suggested():
    conflict = Conflict(1, T0, T0 + 24 * HOUR)
    duty = spans((0, 24, (1, 2)), (48, 72, (3,)))
    found = absence.covers(conflict, duty, {1, 2, 3, 4}, {4: hours((23, 30))})
    assert [one.user for one in found] == [3]


def test_whoever_serves_least_around_it_comes_first():
    conflict = Conflict(1, T0 + 48 * HOUR, T0 + 72 * HOUR)
    duty = spans((0, 20, (2,)), (20, 30, (3,)), (48, 72, (1,)))
    found = absence.covers(conflict, duty, {2, 3, 4}, {})
    assert found == [
        Cover(4, timedelta(), back_to_back=False),
        Cover(3, 10 * HOUR, back_to_back=False),
        Cover(2, 20 * HOUR, back_to_back=False),
    ]


def test_whoever_would_serve_back_to_back_comes_last():
    conflict = Conflict(1, T0 + 24 * HOUR, T0 + 48 * HOUR)
    duty = spans((0, 10, (3,)), (10, 24, (2,)), (24, 48, (1,)), (48, 50, (4,)))
    found = absence.covers(conflict, duty, {2, 3, 4}, {})
    assert [(one.user, one.back_to_back) for one in found] == [(3, False), (4, True), (2, True)]


def test_duty_far_away_does_not_count_against_anybody():
    conflict = Conflict(1, T0 + 480 * HOUR, T0 + 490 * HOUR)
    found = absence.covers(conflict, spans((0, 24, (2,))), {2}, {})
    assert found == [Cover(2, timedelta(), back_to_back=False)]


pairs = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60)).map(lambda one: (one[0], sum(one))),
    max_size=6,
)


@given(st.data())
def test_conflicts_are_what_a_count_finds(data):
    zone = data.draw(zones)
    start = data.draw(instants(zone))
    schedule = data.draw(schedules(start, zone))
    people = sorted(absence.named(schedule))
    away = {
        user: [(start + a * HOUR, start + b * HOUR) for a, b in data.draw(pairs)] for user in people
    }
    duty = resolver.spans(schedule, start, start + 10 * DAY)
    found = absence.conflicts(duty, away)
    for at in (start + n * 5 * HOUR for n in range(48)):
        serving = {one.user for one in resolver.on_call(schedule, at)}
        absent = {user for user in serving if any(a <= at < b for a, b in away.get(user, ()))}
        assert {one.user for one in found if one.start <= at < one.end} == absent
    for one in found:
        serving = {
            user for s in duty if s.start < one.end and s.end > one.start for user in s.users
        }
        suggested = {cover.user for cover in absence.covers(one, duty, people, away)}
        assert not suggested & (serving | {one.user})
