"""Figures of duty, to the minute, against a clock that is read minute by minute."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.domain import fairness, periods
from schedules.domain.fairness import Duty, Load, Place
from schedules.domain.periods import Preset
from tests.schedules.domain.rota import utc

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Clocks change in London on the 29th (a Sunday), in Lord Howe on the 5th of April.
START, END = utc("2026-03-27T12:00Z"), utc("2026-03-30T12:00Z")
PERIOD = int((END - START) / MINUTE)
ZONES = [ZoneInfo(name) for name in ("Europe/London", "Asia/Kathmandu", "America/St_Johns", "UTC")]
EASTER = frozenset({date(2026, 3, 28)})

minutes = st.integers(-300, PERIOD + 300)
duties = st.lists(
    st.builds(
        lambda user, schedule, start, length: Duty(
            user, schedule, START + start * MINUTE, START + (start + length) * MINUTE
        ),
        st.integers(1, 3),
        st.integers(1, 2),
        minutes,
        st.integers(1, 2000),
    ),
    max_size=6,
)
zones = st.sampled_from(ZONES)
places = st.fixed_dictionaries(
    {1: st.builds(Place, zones, st.just(EASTER)), 2: st.builds(Place, zones)}
)
few = settings(max_examples=20)


@few
@given(duties, st.tuples(zones, zones, zones), places)
def test_figures_are_those_of_a_clock_read_minute_by_minute(
    found: list, homes: tuple, places: dict
):
    living = dict(enumerate(homes, start=1))
    loads = fairness.loads(found, living, places, START, END)
    assert loads == {
        user: load for user in living if (load := _scanned(user, found, living, places)).total
    }


def _scanned(user: int, found: list[Duty], living: dict, places: dict[int, Place]) -> Load:
    total = nights = weekends = holidays = doubled = 0
    for number in range(PERIOD):
        at = START + number * MINUTE
        serving = [one for one in found if one.user == user and one.start <= at < one.end]
        if not serving:
            continue
        walls = [(at.astimezone(places[one.schedule].zone), one.schedule) for one in serving]
        total += 1
        doubled += len(serving) - 1
        nights += not 7 <= at.astimezone(living[user]).hour < 22
        weekends += any(wall.weekday() >= 5 for wall, _ in walls)
        holidays += any(wall.date() in places[schedule].holidays for wall, schedule in walls)
    return Load(
        total * MINUTE, nights * MINUTE, weekends * MINUTE, holidays * MINUTE, doubled * MINUTE
    )


@few
@given(duties, st.tuples(zones, zones, zones), places)
def test_what_people_carried_adds_up_to_the_spans(found: list, homes: tuple, places: dict):
    living = dict(enumerate(homes, start=1))
    cut = [
        Duty(one.user, one.schedule, max(one.start, START), min(one.end, END))
        for one in found
        if one.start < END and one.end > START
    ]
    sums = fairness.sums(cut, fairness.loads(found, living, places, START, END))
    assert sums.balanced
    assert sums.spans == sum((one.end - one.start for one in cut), timedelta())


def test_a_night_on_which_clocks_go_forward_is_an_hour_short():
    night = Duty(1, 1, utc("2026-03-28T22:00Z"), utc("2026-03-29T08:00Z"))
    place = {1: Place(ZoneInfo("Europe/London"))}
    load = fairness.loads([night], {1: ZoneInfo("Europe/London")}, place, START, END)[1]
    assert (load.total, load.nights) == (10 * HOUR, 8 * HOUR)


def test_nights_are_those_of_the_person():
    duty = Duty(1, 1, utc("2026-03-28T13:00Z"), utc("2026-03-28T21:00Z"))
    place = {1: Place(ZoneInfo("Europe/London"))}
    load = fairness.loads([duty], {1: ZoneInfo("Asia/Tokyo")}, place, START, END)[1]
    assert load.nights == 8 * HOUR


LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.FOUR_WEEKS, date(2026, 1, 18), date(2026, 2, 14)),
        (Preset.LAST_QUARTER, date(2025, 10, 1), date(2025, 12, 31)),
        (Preset.QUARTER, date(2026, 1, 1), date(2026, 3, 31)),
        (Preset.NEXT_QUARTER, date(2026, 4, 1), date(2026, 6, 30)),
    ],
)
def test_presets(preset: Preset, first: date, last: date):
    period = periods.named(preset, date(2026, 2, 15), LONDON)
    assert (period.first, period.last) == (first, last)


def test_a_period_is_made_of_whole_days_of_its_zone():
    period = periods.between(date(2026, 3, 28), date(2026, 3, 29), LONDON)
    assert (period.start, period.end) == (utc("2026-03-28T00:00Z"), utc("2026-03-29T23:00Z"))


@pytest.mark.parametrize("last", [date(2026, 3, 1), date(2028, 3, 1)])
def test_a_period_backwards_or_beyond_all_measure_is_refused(last: date):
    with pytest.raises(ValueError, match="period|days"):
        periods.between(date(2026, 3, 28), last, LONDON)


def test_the_years_of_a_period_hold_the_neighbouring_days():
    period = periods.between(date(2026, 1, 1), date(2026, 12, 31), LONDON)
    assert list(period.years) == [2025, 2026, 2027]


def test_night_is_asked_of_an_instant():
    assert fairness.is_night(datetime(2026, 3, 28, 6, 59, tzinfo=ZoneInfo("UTC")), LONDON)
    assert not fairness.is_night(datetime(2026, 3, 28, 7, tzinfo=ZoneInfo("UTC")), LONDON)
