"""What a shift asks of somebody who serves already."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schedules.domain.burden import LONG_RUN, common, duty, long_run, run_around
from tests.schedules.domain.rota import person, simple, utc

HOUR = timedelta(hours=1)
NOON = utc("2026-03-02T12:00Z")
hours = st.integers(0, 90).map(lambda hour: NOON + hour * HOUR)
shifts = st.tuples(hours, st.integers(1, 30)).map(lambda one: (one[0], one[0] + one[1] * HOUR))


@given(st.lists(shifts, max_size=8), shifts)
def test_a_run_is_what_hour_by_hour_looking_finds(own: list, taken: tuple) -> None:
    def serves(at):
        return any(low <= at < high for low, high in [*own, taken])

    low, high = taken
    while serves(low - HOUR):
        low -= HOUR
    while serves(high):
        high += HOUR
    assert run_around(own, *taken) == (low, high)
    long = high - low > LONG_RUN and high - low > taken[1] - taken[0]
    assert long_run(own, *taken) == (high - low if long else None)


def test_a_shift_that_is_long_by_itself_is_no_long_run() -> None:
    week = (NOON, NOON + 168 * HOUR)
    assert long_run([], *week) is None
    assert long_run([(NOON - 9 * HOUR, NOON)], *week) == 177 * HOUR
    assert long_run([(NOON - 10 * HOUR, NOON - HOUR)], NOON, NOON + 20 * HOUR) is None


def test_duty_is_cut_to_the_period_and_merged() -> None:
    rota = simple("UTC", "day 1 @2026-03-02T00:00 A,A,B")
    found = duty(rota, person("A"), NOON, NOON + 72 * HOUR)
    assert found == [(NOON, NOON + 36 * HOUR), (NOON + 60 * HOUR, NOON + 72 * HOUR)]
    assert common(found, NOON + HOUR, NOON + 61 * HOUR) == [
        (NOON + HOUR, NOON + 36 * HOUR),
        (NOON + 60 * HOUR, NOON + 61 * HOUR),
    ]
