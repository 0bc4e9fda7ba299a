"""Seams of clock changes: the days that the specification of schedules works out by hand."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.domain.clock_changes import clock_changes
from schedules.domain.resolver import spans
from schedules.domain.seams import report
from schedules.domain.weekly_seams import SeamKind, weekly_seams
from tests.schedules.domain.rota import layer, schedule, simple, utc, version

YEAR = timedelta(days=365)
HOUR = timedelta(hours=1)
JANUARY = utc("2026-01-01T00:00Z")
UTC_ZONE = ZoneInfo("UTC")
SUN = schedule(
    layer(version("Asia/Tokyo", "week 1 @2026-01-05T09:00 A,B", "daily 08:00-17:00"), number=1),
    layer(version("Europe/London", "week 1 @2026-01-05T09:00 C", "daily 08:00-16:00"), number=2),
    layer(
        version("America/New_York", "day 1 @2026-01-05T09:00 D,E", "daily 11:00-19:00"), number=3
    ),
)


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        ("Europe/London", {"2026-03-29T01:00Z": 60, "2026-10-25T01:00Z": -60}),
        ("America/New_York", {"2026-03-08T07:00Z": 60, "2026-11-01T06:00Z": -60}),
        ("Australia/Lord_Howe", {"2026-04-04T15:00Z": -30, "2026-10-03T15:30Z": 30}),
        ("Europe/Dublin", {"2026-03-29T01:00Z": 60, "2026-10-25T01:00Z": -60}),
        ("Asia/Kolkata", {}),
    ],
)
def test_clock_changes_are_found_to_the_second(zone: str, changes: dict[str, int]):
    found = clock_changes(ZoneInfo(zone), JANUARY, JANUARY + YEAR)
    assert {one.at: one.step // timedelta(minutes=1) for one in found} == {
        utc(at): minutes for at, minutes in changes.items()
    }


@pytest.mark.parametrize(
    ("zone", "rule", "lengths"),
    [
        ("America/New_York", "day 1 @2026-03-06T09:00 A,B", {23 * HOUR, 25 * HOUR}),
        ("Europe/London", "week 1 @2026-03-23T09:00 A,B", {167 * HOUR, 169 * HOUR}),
        ("Europe/London", "hour 12 @2026-01-01T08:00 A,B", {11 * HOUR, 13 * HOUR}),
        ("Australia/Lord_Howe", "day 1 @2026-01-02T09:00 A,B", {23.5 * HOUR, 24.5 * HOUR}),
        ("Asia/Kolkata", "day 1 @2026-01-01T09:00 A,B", set()),
    ],
)
def test_shifts_that_a_clock_change_makes_longer_or_shorter(
    zone: str, rule: str, lengths: set[timedelta]
):
    value = simple(zone, rule)
    found = report(value, JANUARY, JANUARY + YEAR).shifts
    assert {one.length for one in found} == lengths
    for one in found:
        (span,) = spans(value, one.start, one.end)
        assert span.users == one.users


def test_a_night_is_an_hour_shorter_in_spring():
    value = simple("America/New_York", "week 1 @2026-01-05T09:00 A,B", "daily 22:00-06:00")
    spring, autumn = report(value, JANUARY, JANUARY + YEAR).shifts
    assert (spring.length, spring.shown) == (7 * HOUR, 8 * HOUR)
    assert (autumn.length, autumn.shown) == (9 * HOUR, 8 * HOUR)


def test_hand_offs_at_missing_and_repeated_times():
    value = simple("America/New_York", "day 1 @2026-03-06T02:30 A,B")
    (moved,) = report(value, JANUARY, JANUARY + YEAR).hand_offs
    assert (moved.at, moved.missing) == (utc("2026-03-08T07:00Z"), True)
    value = simple("America/New_York", "week 1 @2026-01-05T09:00 A,B", "daily 22:00-01:30")
    (twice,) = report(value, JANUARY, JANUARY + YEAR).hand_offs
    assert (twice.at, twice.missing) == (utc("2026-11-01T05:30Z"), False)


def test_follow_the_sun_tiles_only_part_of_the_year():
    found = weekly_seams(SUN, UTC_ZONE, JANUARY, JANUARY + YEAR)
    assert {one.kind for one in found} == {SeamKind.DOUBLE}
    assert {one.days for one in found} == {(0, 1, 2, 3, 4, 5, 6)}
    for day, hours in {"03-02": 23, "03-10": 15, "04-01": 7, "10-27": 15}.items():
        at = utc(f"2026-{day}T12:00Z")
        (seam,) = [
            one for one in found if (one.since or JANUARY) <= at < (one.until or JANUARY + YEAR)
        ]
        assert (seam.start, seam.end) == (time(hours), time((hours + 1) % 24))


def test_clocks_of_one_zone_have_no_weekly_seams_however_many_gaps_there_are():
    value = simple("Europe/London", "day 1 @2026-01-05T09:00 A", "Mon,Tue 09:00-17:30")
    assert weekly_seams(value, UTC_ZONE, JANUARY, JANUARY + YEAR) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 364), st.integers(0, 23))
def test_a_weekly_seam_is_what_the_resolver_answers(day: int, hour: int):
    at = JANUARY + timedelta(days=day, hours=hour, minutes=30)
    near = [one for zone in ("Europe/London", "America/New_York") for one in _near(zone, at)]
    if near:
        return
    told = {
        one.kind
        for one in weekly_seams(SUN, UTC_ZONE, JANUARY, JANUARY + YEAR)
        if (one.since or JANUARY) <= at < (one.until or JANUARY + YEAR)
        and at.weekday() in one.days
        and one.start <= at.time() < (one.end if one.end > time() else time.max)
    }
    (span,) = spans(SUN, at, at + timedelta(seconds=1))
    if at >= utc("2026-01-05T15:00Z"):
        assert (len(span.users) > 1) == (SeamKind.DOUBLE in told)


def _near(zone: str, at):
    return clock_changes(ZoneInfo(zone), at - timedelta(days=1), at + timedelta(days=1))
