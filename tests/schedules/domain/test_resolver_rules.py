"""Rules beside the vectors: shift length, disabled people, reasons, warnings, searches."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from schedules.domain.model import Layer, Schedule
from schedules.domain.resolver import (
    gaps,
    next_change,
    on_call,
    override_warnings,
    shift_of,
    spans,
)
from schedules.domain.walltime import resolve
from tests.schedules.domain.rota import (
    WORKDAYS,
    active,
    layer,
    names,
    override,
    overrides,
    person,
    schedule,
    simple,
    utc,
    version,
    who,
)

DAILY = "day 1 @2026-01-01T09:00"


def answers(of: Schedule, start: str, end: str) -> list[tuple[str, str]]:
    found = spans(of, utc(start), utc(end))
    return [(f"{one.start:%d %H:%M}", names(one.users)) for one in found]


# --- shift length ---------------------------------------------------------------------------------


def test_a_shift_length_ends_duty_on_the_wall_and_leaves_a_gap() -> None:
    of = simple("Europe/London", f"{DAILY} A,B", shift_length_minutes=480)
    assert answers(of, "2026-03-28T09:00Z", "2026-03-30T09:00Z") == [
        ("28 09:00", "A"),
        ("28 17:00", "nobody"),
        ("29 08:00", "B"),
        ("29 16:00", "nobody"),
        ("30 08:00", "A"),
    ]
    assert who(of, "2026-03-29T15:59Z") == "B"
    assert who(of, "2026-03-29T16:00Z") == "nobody"


def test_a_shift_length_is_counted_on_the_wall_across_a_clock_change() -> None:
    of = simple("America/New_York", "day 1 @2026-10-30T22:00 A,B", shift_length_minutes=8 * 60)
    start, end = shift_of(of, person("B"), utc("2026-11-01T06:00Z"))
    assert (start, end) == (utc("2026-11-01T02:00Z"), utc("2026-11-01T11:00Z"))


def test_duty_that_would_end_in_a_missing_hour_ends_with_the_gap() -> None:
    of = simple("America/New_York", "day 1 @2026-03-06T22:00 A,B", shift_length_minutes=270)
    _, end = shift_of(of, person("B"), utc("2026-03-08T06:00Z"))
    assert end == utc("2026-03-08T07:00Z")


def test_a_shift_longer_than_the_turn_ends_with_the_turn() -> None:
    long = simple("UTC", f"{DAILY} A,B", shift_length_minutes=3000)
    plain = simple("UTC", f"{DAILY} A,B")
    period = utc("2026-03-01T00:00Z"), utc("2026-03-05T00:00Z")
    assert spans(long, *period) == spans(plain, *period)


def test_a_single_person_with_a_shift_length_goes_off_duty_too() -> None:
    of = simple("UTC", f"{DAILY} A", shift_length_minutes=60)
    assert gaps(of, utc("2026-03-01T09:00Z"), utc("2026-03-02T09:00Z")) == [
        (utc("2026-03-01T10:00Z"), utc("2026-03-02T09:00Z"))
    ]


def test_a_lower_layer_answers_in_the_rest_of_a_short_shift() -> None:
    short = version("UTC", f"{DAILY} A,B", shift_length_minutes=480)
    of = schedule(layer(short, number=1, priority=2), layer(version("UTC", f"{DAILY} C"), number=2))
    assert who(of, "2026-03-01T16:59Z") == "B"
    assert who(of, "2026-03-01T17:00Z") == "C"


# --- disabled people ------------------------------------------------------------------------------


def two_layers(high: str, low: str, *texts: str, inactive: str = "") -> Schedule:
    return schedule(
        layer(version("UTC", f"{DAILY} {high}"), number=1, priority=2),
        layer(version("UTC", f"{DAILY} {low}"), number=2, priority=1),
        overrides=overrides(*texts),
        inactive=inactive,
    )


NOON = "2026-03-01T12:00Z"
DAY = "2026-03-01T00:00Z 2026-03-02T00:00Z"


@pytest.mark.parametrize(
    ("high", "texts", "inactive", "expected"),
    [
        ("A", [], "", "A"),
        ("A", [], "A", "B"),
        ("A", [], "AB", "nobody"),
        ("A+C", [], "A", "C"),
        ("A", [f"replace A D {DAY}"], "A", "D"),
        ("A", [f"replace A D {DAY}"], "AD", "B"),
        ("A", [f"replace A D {DAY}", f"replace D E {DAY}"], "AD", "E"),
        ("A", [f"replace C D {DAY}"], "A", "B"),
        ("A", [f"remove A {DAY}"], "A", "B"),
        ("A", [f"add D {DAY}"], "A", "B, D"),
        ("A", [f"remove A {DAY}"], "", "nobody"),
        ("A", [f"replace A D {DAY}"], "D", "nobody"),
        ("A", [f"cover-all D {DAY}"], "A", "D"),
        ("A", ["replace A D 2026-03-01T13:00Z 2026-03-02T00:00Z"], "A", "B"),
    ],
)
def test_a_layer_without_active_people_is_empty_unless_one_of_them_is_replaced(
    high: str, texts: list[str], inactive: str, expected: str
) -> None:
    of = two_layers(high, "B", *texts, inactive=inactive)
    assert who(of, NOON) == expected
    day = [utc(text) for text in DAY.split()]
    (noon,) = [one for one in spans(of, *day) if one.start <= utc(NOON) < one.end]
    assert names(noon.users) == expected


# --- layers ---------------------------------------------------------------------------------------


def test_layers_of_one_priority_are_united_in_order_and_without_doubles() -> None:
    one = layer(version("UTC", f"{DAILY} B+A"), number=2)
    other = layer(version("UTC", f"{DAILY} C+B"), number=1)
    assert who(schedule(one, other), NOON) == "C, B, A"


def test_a_slot_without_people_is_a_gap_of_its_layer() -> None:
    assert who(simple("UTC", f"{DAILY} A,-"), "2026-01-02T12:00Z") == "nobody"
    assert who(two_layers("A,-", "B"), "2026-01-02T12:00Z") == "B"


def test_a_layer_ends_on_the_wall() -> None:
    of = simple("America/New_York", f"{DAILY} A", end=datetime(2026, 3, 8, 2, 30))
    assert gaps(of, utc("2026-03-08T00:00Z"), utc("2026-03-09T00:00Z")) == [
        (utc("2026-03-08T07:00Z"), utc("2026-03-09T00:00Z"))
    ]
    assert who(of, "2026-03-08T06:59Z") == "A"
    assert who(of, "2026-03-08T07:00Z") == "nobody"


def test_an_end_typed_as_for_ever_does_no_harm() -> None:
    of = simple("America/New_York", f"{DAILY} A,B", end=datetime(9999, 12, 31, 23, 59))
    assert who(of, NOON) == "A"
    assert len(spans(of, utc("2026-03-01T00:00Z"), utc("2026-03-03T00:00Z"))) == 3


def test_a_rotation_that_never_comes_round_does_no_harm() -> None:
    of = simple("UTC", "month 99999 @2026-01-31T09:00 A,B")
    assert spans(of, utc("2026-02-01T00:00Z"), utc("2300-01-01T00:00Z"))[0].users == (1,)
    assert who(of, NOON) == "A"


def test_a_layer_without_slots_or_versions_is_empty() -> None:
    nobody = replace(version("UTC", f"{DAILY} A").rotation, slots=())
    empty = replace(version("UTC", f"{DAILY} A"), rotation=nobody)
    for one in (layer(empty), Layer(1, "no version", 0, 0, ())):
        assert who(schedule(one), NOON) == "nobody"
        assert gaps(schedule(one), utc(NOON), utc("2026-03-02T00:00Z"))


def test_a_restriction_without_days_is_never_open() -> None:
    never = simple("UTC", f"{DAILY} A", "daily 09:00-17:00")
    (rule,) = never.layers[0].versions
    shut = replace(rule, restrictions=(replace(rule.restrictions[0], days=frozenset()),))
    assert who(schedule(layer(shut)), NOON) == "nobody"


def test_overlapping_windows_are_united() -> None:
    of = simple("UTC", f"{DAILY} A", "daily 08:00-12:00", "daily 11:00-14:00", "daily 14:00-15:00")
    assert answers(of, "2026-03-01T00:00Z", "2026-03-02T00:00Z") == [
        ("01 00:00", "nobody"),
        ("01 08:00", "A"),
        ("01 15:00", "nobody"),
    ]


def test_a_window_of_tomorrow_stays_open_when_the_clock_goes_back_over_midnight() -> None:
    """In St. John's the first minute of 7 November 2010 was followed by 23:01 of the 6th."""
    of = simple("America/St_Johns", "day 1 @2010-01-01T00:00 A", "Sun 00:00-06:00")
    assert who(of, "2010-11-07T02:29Z") == "nobody"
    assert who(of, "2010-11-07T02:30Z") == "A"
    assert who(of, "2010-11-07T03:00Z") == "A"
    night = utc("2010-11-07T00:00Z"), utc("2010-11-07T03:15Z")
    assert gaps(of, *night) == [(night[0], utc("2010-11-07T02:30Z"))]


def test_active_phase_of_short_monthly_duty_counts_only_months_whose_day_has_a_window() -> None:
    """From 2026 the firsts that fall on a Monday are in June, then February, March, November."""
    of = active(
        "UTC", "month 1 @2026-01-01T09:00 A,B,C", "Mon 09:00-17:00", shift_length_minutes=60
    )
    assert who(of, "2026-02-01T09:30Z") == "nobody"
    assert who(of, "2026-06-01T09:30Z") == "A"
    assert who(of, "2027-02-01T09:30Z") == "B"
    assert who(of, "2027-03-01T09:30Z") == "C"
    assert who(of, "2027-11-01T09:30Z") == "A"


# --- overrides ------------------------------------------------------------------------------------


def test_overrides_apply_in_order_of_creation_however_they_are_stored() -> None:
    texts = (f"replace A C {DAY}", f"add E {DAY}", f"replace C D {DAY}", f"remove E {DAY}")
    base = two_layers("A", "B", *texts)
    for shuffled in permutations(base.overrides):
        assert who(replace(base, overrides=shuffled), NOON) == "D"


def test_overrides_created_at_once_apply_in_order_of_their_numbers() -> None:
    first, second = overrides(f"replace A C {DAY}", f"replace C D {DAY}")
    second = replace(second, created_at=first.created_at)
    of = replace(two_layers("A", "B"), overrides=(second, first))
    assert who(of, NOON) == "D"


def test_who_is_added_while_on_call_already_keeps_his_place_and_reason() -> None:
    of = two_layers("A+C", "B", f"add A {DAY}")
    assert who(of, NOON) == "A, C"
    assert on_call(of, utc(NOON))[0].because.type == "layer"


def test_an_override_names_the_people_it_needs() -> None:
    whole = override(f"replace A D {DAY}")
    for missing in ({"user": None}, {"replaces": None}, {"start": datetime(2026, 1, 1)}):
        with pytest.raises(ValueError, match=r"names who|time zone"):
            replace(whole, **missing)
    removal = replace(override(f"remove A {DAY}"), user=1, replaces=None)
    assert removal.outgoing == 1


# --- warnings -------------------------------------------------------------------------------------


def warned(of: Schedule, text: str) -> dict[str, tuple[str, ...]]:
    found = override_warnings(of, override(text, number=99))
    return {
        one.code.value: tuple(f"{start:%d %H:%M}-{end:%d %H:%M}" for start, end in one.intervals)
        for one in found
    }


def london(*texts: str, inactive: str = "") -> Schedule:
    """The schedule of vectors 74 to 92."""
    weekly = version("Europe/London", "week 1 @2026-03-02T09:00 A,B")
    office = version("Europe/London", "week 1 @2026-03-02T09:00 C", f"{WORKDAYS} 09:00-17:00")
    return schedule(
        layer(weekly, number=1, priority=1),
        layer(office, number=2, priority=2),
        overrides=overrides(*texts),
        inactive=inactive,
    )


def test_replacing_somebody_who_is_not_on_call_is_warned_about() -> None:
    """Vector 83."""
    text = "replace A D 2026-03-09T00:00Z 2026-03-10T00:00Z"
    assert warned(london(), text) == {"not_on_call": ("09 09:00-10 00:00",)}
    text = "replace A D 2026-03-09T09:00Z 2026-03-10T00:00Z"
    (warning,) = override_warnings(london(), override(text, number=99))
    assert warning.entire


def test_an_override_that_makes_a_gap_is_warned_about() -> None:
    """Vector 92."""
    text = "remove A 2026-03-03T16:00Z 2026-03-03T22:00Z"
    assert warned(london(), text) == {
        "not_on_call": ("03 16:00-03 17:00",),
        "creates_gap": ("03 17:00-03 22:00",),
    }


def test_a_gap_that_is_there_anyway_is_not_blamed_on_the_override() -> None:
    first = "remove A 2026-03-03T18:00Z 2026-03-03T20:00Z"
    text = "remove A 2026-03-03T17:00Z 2026-03-03T22:00Z"
    assert warned(london(first), text)["creates_gap"] == (
        "03 17:00-03 18:00",
        "03 20:00-03 22:00",
    )


def test_a_good_override_is_not_warned_about() -> None:
    assert warned(london(), "replace A D 2026-03-03T18:00Z 2026-03-03T22:00Z") == {}
    assert warned(london(), "cover-all D 2026-03-03T08:00Z 2026-03-03T22:00Z") == {}


def test_covering_for_one_who_covers_counts_as_on_call() -> None:
    first = "replace A D 2026-03-03T18:00Z 2026-03-03T22:00Z"
    assert warned(london(first), "replace D E 2026-03-03T19:00Z 2026-03-03T20:00Z") == {}


def test_bringing_in_a_disabled_person_is_warned_about() -> None:
    text = "replace A D 2026-03-03T18:00Z 2026-03-03T22:00Z"
    assert warned(london(inactive="D"), text) == {
        "creates_gap": ("03 18:00-03 22:00",),
        "inactive": ("03 18:00-03 22:00",),
    }


def test_replacing_a_disabled_person_does_something() -> None:
    of = two_layers("A", "B", inactive="A")
    assert warned(of, f"replace A D {DAY}") == {}


# --- searches -------------------------------------------------------------------------------------


def test_a_shift_runs_through_layers_and_overrides_that_name_the_same_person() -> None:
    of = london("replace C A 2026-03-03T00:00Z 2026-03-04T00:00Z")
    assert shift_of(of, person("A"), utc("2026-03-03T12:00Z")) == (
        utc("2026-03-02T17:00Z"),
        utc("2026-03-04T09:00Z"),
    )


def test_who_is_not_on_call_has_no_shift() -> None:
    assert shift_of(london(), person("B"), utc("2026-03-03T12:00Z")) is None


def test_a_shift_without_an_end_in_sight_says_so() -> None:
    alone = simple("UTC", f"{DAILY} A")
    assert shift_of(alone, person("A"), utc(NOON)) == (utc("2026-01-01T09:00Z"), None)


def test_the_next_change_is_of_people_not_of_reasons() -> None:
    of = london("replace C A 2026-03-03T00:00Z 2026-03-04T00:00Z")
    change = next_change(of, utc("2026-03-03T08:00Z"), timedelta(days=30))
    assert (change.start, change.end) == (utc("2026-03-04T09:00Z"), utc("2026-03-04T17:00Z"))
    assert names(change.users) == "C"


def test_the_next_change_may_be_a_gap_or_none() -> None:
    ends = simple("UTC", f"{DAILY} A", end=datetime(2026, 5, 1, 9))
    change = next_change(ends, utc(NOON), timedelta(days=90))
    assert (change.start, change.on_call) == (utc("2026-05-01T09:00Z"), ())
    assert change.end == utc(NOON) + timedelta(days=90)
    assert next_change(ends, utc(NOON), timedelta(days=30)) is None


# --- instants -------------------------------------------------------------------------------------


def test_an_instant_in_another_zone_is_the_same_instant() -> None:
    tokyo = utc("2026-03-03T18:00Z").astimezone(ZoneInfo("Asia/Tokyo"))
    assert who(london(), tokyo) == "A"
    assert spans(london(), tokyo, tokyo + timedelta(hours=1))[0].start.utcoffset() == timedelta()


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        on_call(london(), datetime(2026, 3, 3))
    with pytest.raises(ValueError, match="no zone"):
        resolve(utc(NOON), ZoneInfo("UTC"))


def test_an_empty_period_has_no_spans() -> None:
    assert spans(london(), utc(NOON), utc(NOON)) == []
