"""When a monthly test page is due, with the days written out, also where the clocks change."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from notifications.domain.drill_times import LAST_WEEK, Monthly, Rhythm, next_after

BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("plan", "after", "due"),
    [
        (Monthly(Rhythm.WEEKDAY, 1, 1, time(10)), "2026-11-21T12:00", "2026-12-01T10:00"),
        (Monthly(Rhythm.WEEKDAY, 1, 1, time(10)), "2026-12-01T09:59", "2026-12-01T10:00"),
        (Monthly(Rhythm.WEEKDAY, 1, 1, time(10)), "2026-12-01T10:00", "2027-01-05T10:00"),
        (Monthly(Rhythm.WEEKDAY, LAST_WEEK, 4, time(16)), "2026-11-21T12:00", "2026-11-27T16:00"),
        (Monthly(Rhythm.WEEKDAY, LAST_WEEK, 0, time(16)), "2027-05-01T12:00", "2027-05-31T16:00"),
        (Monthly(Rhythm.DAY, 31, 0, time(9)), "2027-02-01T00:00", "2027-02-28T09:00"),
        (Monthly(Rhythm.DAY, 31, 0, time(9)), "2027-02-28T09:00", "2027-03-31T09:00"),
    ],
)
def test_the_next_one_is_the_first_of_its_rhythm_that_lies_ahead(plan, after, due):
    assert next_after(plan, local(after), BERLIN) == local(due)


def test_a_clock_time_that_is_skipped_counts_after_the_skip_and_a_double_one_first():
    spring = Monthly(Rhythm.DAY, 28, 0, time(2, 30))
    assert next_after(spring, local("2027-03-20T00:00"), BERLIN) == datetime(
        2027, 3, 28, 1, 30, tzinfo=UTC
    )
    autumn = Monthly(Rhythm.DAY, 31, 0, time(2, 30))
    assert next_after(autumn, local("2027-10-20T00:00"), BERLIN) == datetime(
        2027, 10, 31, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "plan",
    [
        Monthly(Rhythm.DAY, 0, 0, time(9)),
        Monthly(Rhythm.DAY, 32, 0, time(9)),
        Monthly(Rhythm.WEEKDAY, 5, 0, time(9)),
        Monthly(Rhythm.WEEKDAY, 1, 7, time(9)),
    ],
)
def test_days_that_no_month_has_are_refused(plan):
    assert plan.problem()
