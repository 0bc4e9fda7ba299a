"""Support hours: brute force over minutes, and the days on which people get them wrong."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.domain.hours import FURTHEST, SupportHours
from schedules.domain.model import Restriction
from tests.schedules.domain.rota_oracle import LOOK_BACK, MINUTE, inside, shown
from tests.schedules.domain.rota_strategies import instants, restrictions, zones

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKDAYS = frozenset(range(5))
OFFICE = SupportHours(BERLIN, (Restriction(WEEKDAYS, time(9), time(17)),))
# 2026-03-29 02:00 jumps to 03:00; 2026-10-25 03:00 falls back to 02:00.
NIGHT = Restriction(frozenset({5, 6}), time(22), time(6))
CHRISTMAS = frozenset({date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26)})


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def scan(hours: SupportHours, start: datetime, minutes: int) -> Iterator[bool]:
    """Minute by minute, by the latest time that the wall clock has shown; sharing no arithmetic."""
    seen = datetime.min  # noqa: DTZ901 - a wall time
    for number in range(-LOOK_BACK, minutes):
        seen = max(seen, shown(start + number * MINUTE, hours.zone))
        if number >= 0:
            free = seen.date() not in hours.holidays
            yield free and any(inside(one, seen) for one in hours.windows)


@st.composite
def cases(draw) -> tuple[SupportHours, datetime]:
    zone = draw(zones)
    start = draw(instants(zone))
    near = shown(start, zone).date()
    days = st.integers(-2, 3).map(lambda n: near + n * DAY)
    windows = tuple(draw(st.lists(restrictions, min_size=1, max_size=3)))
    return SupportHours(zone, windows, draw(st.frozensets(days, max_size=3))), start


@given(cases(), st.integers(1, 1800))
def test_every_minute_counts_as_a_scan_of_the_wall_clock_counts_it(case, minutes: int):
    hours, start = case
    found = list(scan(hours, start, minutes))
    assert hours.elapsed(start, start + minutes * MINUTE) == sum(found) * MINUTE
    assert hours.open_at(start) == found[0]
    if True in found:
        assert hours.next_open(start) == start + found.index(True) * MINUTE
        assert hours.after(start, sum(found) * MINUTE) <= start + minutes * MINUTE
    else:
        opens = hours.next_open(start)
        assert opens is None or opens >= start + minutes * MINUTE


@given(cases(), st.integers(1, 20_000))
def test_after_is_the_first_instant_at_which_so_much_was_open(case, minutes: int):
    hours, start = case
    end = hours.after(start, minutes * MINUTE)
    if end is not None:
        assert hours.elapsed(start, end) == minutes * MINUTE
        assert hours.elapsed(start, end - MINUTE) < minutes * MINUTE


@given(cases(), st.integers(0, 9000), st.integers(0, 9000))
def test_two_parts_make_the_whole(case, first: int, second: int):
    hours, start = case
    middle, end = start + first * MINUTE, start + (first + second) * MINUTE
    assert hours.elapsed(start, middle) + hours.elapsed(middle, end) == hours.elapsed(start, end)


@pytest.mark.parametrize(
    ("start", "end", "open_hours"),
    [
        ("2026-03-28T12:00", "2026-03-29T12:00", 7),  # the clocks jump: one hour is missing
        ("2026-10-24T12:00", "2026-10-25T12:00", 9),  # they fall back: one hour comes twice
        ("2026-03-14T12:00", "2026-03-15T12:00", 8),
    ],
)
def test_a_night_of_a_clock_change_has_its_real_length(start: str, end: str, open_hours: int):
    hours = SupportHours(BERLIN, (NIGHT,))
    assert hours.elapsed(berlin(start), berlin(end)) == open_hours * HOUR


def test_four_hours_from_friday_afternoon_end_on_monday():
    assert OFFICE.after(berlin("2026-03-27T15:00"), 4 * HOUR) == berlin("2026-03-30T11:00")
    assert OFFICE.next_open(berlin("2026-03-27T17:00")) == berlin("2026-03-30T09:00")
    assert OFFICE.next_close(berlin("2026-03-27T15:00")) == berlin("2026-03-27T17:00")


def test_a_holiday_is_closed_from_midnight_to_midnight_even_for_a_night_that_runs_into_it():
    nights = Restriction(frozenset(range(7)), time(22), time(6))
    hours = SupportHours(BERLIN, (nights,), CHRISTMAS)
    assert hours.next_close(berlin("2026-12-23T23:00")) == berlin("2026-12-24T00:00")
    assert hours.next_open(berlin("2026-12-24T00:00")) == berlin("2026-12-27T00:00")


def test_what_is_open_day_and_night_never_closes():
    always = SupportHours(BERLIN, (Restriction(frozenset(range(7)), time(0), time(0)),))
    start = berlin("2026-03-27T15:00")
    assert always.next_close(start) is None
    assert always.elapsed(start, start + 100 * DAY) == 100 * DAY


def test_without_windows_it_is_never_open_and_the_search_ends():
    never = SupportHours(BERLIN, ())
    start = berlin("2026-03-27T15:00")
    assert never.next_open(start) is None
    assert never.after(start, HOUR) is None
    assert not never.elapsed(start, start + FURTHEST)
