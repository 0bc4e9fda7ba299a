"""Overrides that come back: the same as reading the clock day by day, in any zone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schedules.domain.model import Because, OnCall, Override, OverrideKind, Restriction, Source
from schedules.domain.resolver import on_call, override_warnings, spans
from schedules.domain.series import Series, occurrences, overrides
from tests.schedules.domain.rota import names, person, schedule, utc, window
from tests.schedules.domain.rota_oracle import DAY, MINUTE, latest_shown
from tests.schedules.domain.rota_strategies import instants, restrictions, zones

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
LONG_AGO = datetime(1999, 1, 1, tzinfo=UTC)
TEMPLATE = Override(7, OverrideKind.ADD, person("D"), None, LONG_AGO, LONG_AGO, LONG_AGO)


def weekly(text: str, zone: ZoneInfo = LONDON, **fields: object) -> Series:
    plain = Series(
        TEMPLATE, window(text), zone, date(2026, 1, 1), None, frozenset(), LONG_AGO, None
    )
    return replace(plain, **fields)


def hours(series: Series, start: str, end: str) -> list[str]:
    found = occurrences(series, utc(start), utc(end))
    return [f"{one.start:%d %H:%M}-{one.end:%d %H:%M}" for one in found]


@st.composite
def series_near(draw, at: datetime, zone: ZoneInfo, rule: Restriction) -> Series:
    today = at.astimezone(zone).date()
    days = st.integers(-9, 9).map(lambda off: today + off * DAY)
    minutes = st.integers(-2000, 2000).map(lambda off: at + off * MINUTE)
    return Series(
        TEMPLATE,
        rule,
        zone,
        draw(days | st.just(date(2000, 1, 1))),
        draw(st.none() | days),
        draw(st.frozensets(days, max_size=3)),
        draw(st.just(LONG_AGO) | minutes),
        draw(st.none() | minutes),
    )


def holds(series: Series, at: datetime) -> bool:
    """Day by day, from what clocks have shown by then."""
    if at < series.since or (series.until is not None and at >= series.until):
        return False
    seen = latest_shown(at, series.zone)
    for off in range(-9, 3):
        day = seen.date() + off * DAY
        if not series.window.starts_on(day) or day in series.skipped or day < series.first_day:
            continue
        if series.last_day is not None and day > series.last_day:
            continue
        if series.window.opens(day) <= seen < series.window.closes(day):
            return True
    return False


@given(st.data(), zones, restrictions)
def test_a_series_holds_when_a_day_by_day_reading_says_so(
    data: st.DataObject, zone: ZoneInfo, rule: Restriction
) -> None:
    at = data.draw(instants(zone))
    series = data.draw(series_near(at, zone, rule))
    found = list(occurrences(series, at, at + MINUTE))
    assert any(one.start <= at < one.end for one in found) == holds(series, at)
    assert all(one.start < one.end for one in found)


@given(st.data(), zones, restrictions)
def test_the_period_asked_for_changes_no_occurrence(
    data: st.DataObject, zone: ZoneInfo, rule: Restriction
) -> None:
    at = data.draw(instants(zone))
    series = data.draw(series_near(at, zone, rule))
    cut, end = at + 20 * 60 * MINUTE, at + 12 * DAY
    whole = list(occurrences(series, at, end))
    parts = {*occurrences(series, at, cut), *occurrences(series, cut, end)}
    assert set(whole) == parts
    assert [one.day for one in whole] == sorted({one.day for one in whole})


def test_the_wall_clock_decides_on_the_days_of_a_clock_change() -> None:
    night = weekly("Sat 22:00-02:30", NEW_YORK)
    assert hours(night, "2026-03-07T00:00Z", "2026-03-16T00:00Z") == [
        "08 03:00-08 07:00",
        "15 02:00-15 06:30",
    ]
    lost = weekly("daily 02:15-02:45", NEW_YORK)
    assert hours(lost, "2026-03-08T00:00Z", "2026-03-10T00:00Z") == ["09 06:15-09 06:45"]


def test_skipped_dates_and_the_last_day_are_left_out() -> None:
    friday = weekly(
        "Fri 09:00-12:00", skipped=frozenset({date(2026, 1, 9)}), last_day=date(2026, 1, 16)
    )
    found = hours(friday, "2026-01-01T00:00Z", "2026-03-01T00:00Z")
    assert found == ["02 09:00-02 12:00", "16 09:00-16 12:00"]


def test_nothing_holds_before_it_was_made_or_after_it_was_ended() -> None:
    friday = weekly("Fri 09:00-12:00", since=utc("2026-01-02T10:00Z"))
    ended = replace(friday, until=utc("2026-01-09T11:00Z"))
    found = hours(ended, "2026-01-01T00:00Z", "2026-03-01T00:00Z")
    assert found == ["02 10:00-02 12:00", "09 09:00-09 11:00"]


def test_the_resolver_names_the_series_and_not_an_override_of_the_same_id() -> None:
    friday = weekly("Fri 09:00-12:00")
    coming = tuple(overrides(friday, utc("2026-01-01T00:00Z"), utc("2026-01-31T00:00Z")))
    single = replace(TEMPLATE, start=coming[0].start, end=coming[0].end, user=person("E"))
    rota = schedule(overrides=(*coming, single))
    first = on_call(rota, utc("2026-01-02T10:00Z"))
    assert names(tuple(one.user for one in first)) == "E, D"
    assert first[1] == OnCall(person("D"), Because(Source.SERIES, 7, "ADD"))
    # Taking the single one out of the comparison leaves the series in.
    later = replace(single, kind=OverrideKind.REMOVE, user=person("D"), created_at=single.start)
    found = override_warnings(replace(rota, overrides=(*coming, later)), later)
    assert [one.code for one in found] == ["creates_gap"]


def test_a_series_cuts_the_spans_of_a_schedule() -> None:
    daily = weekly("daily 09:00-17:00", first_day=date(2026, 1, 5))
    at, end = utc("2026-01-05T00:00Z"), utc("2026-01-07T00:00Z")
    rota = schedule(overrides=tuple(overrides(daily, at, end)))
    lengths = [(one.end - one.start) / timedelta(hours=1) for one in spans(rota, at, end)]
    assert lengths == [9, 8, 16, 8, 7]


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    night = weekly("Fri 22:00-06:00", last_day=date(2026, 1, 2))
    assert window("Fri 22:00-06:00").start == time(22)
    assert hours(night, "2026-01-03T05:00Z", "2026-01-03T05:01Z") == ["02 22:00-03 06:00"]
