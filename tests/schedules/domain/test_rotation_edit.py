"""An edit moves the future and never the past; who has the pager keeps it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schedules.domain.edit import restarted, successor
from schedules.domain.model import LayerVersion, Phase, Schedule
from schedules.domain.resolver import spans
from tests.schedules.domain.rota import (
    WORKDAYS,
    layer,
    rotation,
    schedule,
    utc,
    version,
    who,
    window,
)

LONDON = "Europe/London"
WEEKLY = "week 1 @2026-03-02T09:00"
CUT = "2026-03-16T12:00Z"


def edited(old: LayerVersion, rule: str, cut: str = CUT, **fields: object) -> Schedule:
    """The schedule after an edit that keeps the phase."""
    phase = {"phase": fields.pop("phase")} if "phase" in fields else {}
    return schedule(layer(*successor(old, rotation(rule, **phase), utc(cut), **fields)))


VECTORS = [
    (93, "2026-03-10T12:00Z", "B", "B"),
    (94, "2026-03-16T12:00Z", "C", "C"),
    (95, "2026-03-23T08:59Z", "C", "C"),
    (96, "2026-03-23T09:00Z", "A", "D"),
    (97, "2026-03-30T08:00Z", "B", "A"),
]


@pytest.mark.parametrize(
    ("at", "before", "after"), [pytest.param(*rest, id=str(n)) for n, *rest in VECTORS]
)
def test_a_person_added_at_the_end_comes_after_the_one_on_call(
    at: str, before: str, after: str
) -> None:
    old = version(LONDON, f"{WEEKLY} A,B,C")
    assert who(schedule(layer(old)), at) == before
    assert who(edited(old, f"{WEEKLY} A,B,C,D"), at) == after


PAST = [
    (98, "2026-03-10T12:00Z", "B", "C"),
    (99, "2026-03-17T12:00Z", "C", "A"),
    (100, "2026-03-24T12:00Z", "A", "C"),
]


@pytest.mark.parametrize(
    ("at", "true", "rewritten"), [pytest.param(*rest, id=str(n)) for n, *rest in PAST]
)
def test_the_past_stays_when_a_person_is_removed_later(at: str, true: str, rewritten: str) -> None:
    old = version(LONDON, f"{WEEKLY} A,B,C")
    assert who(edited(old, f"{WEEKLY} A,C", "2026-04-01T12:00Z"), at) == true
    assert who(schedule(layer(version(LONDON, f"{WEEKLY} A,C"))), at) == rewritten


MONDAYS = [f"2026-03-{day}T12:00Z" for day in (16, 23, 30)] + ["2026-04-06T12:00Z"]


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ("D,A,B,C", "C D A B"),
        ("C,B,A", "C B A C"),
        ("A,B", "A B A B"),
        ("A,B,D", "D A B D"),
        ("D,E", "D E D E"),
        ("C", "C C C C"),
        ("A,B,C+E", "C, E|A|B|C, E"),
        ("A,C,B,C", "C A C B"),
    ],
)
def test_at_the_cut_the_holder_or_his_successor_has_the_pager(slots: str, expected: str) -> None:
    after = edited(version(LONDON, f"{WEEKLY} A,B,C"), f"{WEEKLY} {slots}")
    assert [who(after, at) for at in MONDAYS] == expected.split("|" if "|" in expected else " ")


def test_the_same_person_twice_is_told_apart_by_who_follows() -> None:
    old = version(LONDON, f"{WEEKLY} A,B,A,C")
    after = edited(old, f"{WEEKLY} D,A,B,A,C")
    assert [who(after, at) for at in MONDAYS] == ["A", "C", "D", "A"]


def test_a_moved_hand_off_lengthens_the_shift_to_the_next_boundary_of_the_new_rule() -> None:
    after = edited(version(LONDON, f"{WEEKLY} A,B,C"), "week 1 @2026-01-02T17:00 A,B,C")
    assert who(after, "2026-03-20T16:59Z") == "C"
    assert who(after, "2026-03-20T17:00Z") == "A"
    assert who(after, "2026-03-27T17:00Z") == "B"


def test_an_anchor_in_the_future_gives_the_boundaries_before_it_too() -> None:
    after = edited(version(LONDON, f"{WEEKLY} A,B,C"), "day 2 @2026-05-01T17:00 A,B,C")
    assert who(after, "2026-03-16T16:59Z") == "C"
    assert who(after, "2026-03-18T16:59Z") == "A"
    assert who(after, "2026-03-18T17:00Z") == "B"


def test_a_monthly_anchor_in_the_future_keeps_its_day_number() -> None:
    after = edited(version("UTC", f"{WEEKLY} A,B,C"), "month 1 @2026-08-31T08:00 A,B,C")
    assert who(after, "2026-03-31T07:59Z") == "C"
    assert who(after, "2026-03-31T08:00Z") == "A"
    assert who(after, "2026-04-30T08:00Z") == "B"
    assert who(after, "2026-05-30T08:00Z") == "B"
    assert who(after, "2026-05-31T08:00Z") == "C"


def test_a_rota_that_has_not_begun_takes_the_new_rule_as_written() -> None:
    old = version(LONDON, "week 1 @2026-06-01T09:00 A,B,C")
    after = edited(old, "week 1 @2026-05-04T09:00 B,C")
    assert who(after, "2026-05-04T07:59Z") == "nobody"
    assert who(after, "2026-05-04T08:00Z") == "B"


WEEKDAYS = f"{WORKDAYS} 09:00-17:00"
DAILY = "day 1 @2026-03-02T09:00"


def weekday_rota() -> LayerVersion:
    return version(LONDON, f"{DAILY} A,B,C", WEEKDAYS, phase=Phase.ACTIVE)


def noons(of: Schedule, *days: int) -> list[str]:
    return [who(of, f"2026-03-{day:02}T12:00Z") for day in days]


def test_an_edit_at_the_weekend_keeps_the_turn_of_monday() -> None:
    after = edited(weekday_rota(), f"{DAILY} A,B,C,D", "2026-03-07T12:00Z", phase=Phase.ACTIVE)
    assert noons(after, 6, 7, 9, 10, 11) == ["B", "nobody", "C", "D", "A"]


def test_who_served_on_the_day_of_the_edit_does_not_serve_again_next() -> None:
    four_days = (window("Mon,Tue,Wed,Thu 09:00-17:00"),)
    after = edited(
        weekday_rota(),
        f"{DAILY} A,B,C",
        "2026-03-06T18:00Z",
        phase=Phase.ACTIVE,
        restrictions=four_days,
    )
    assert noons(after, 6, 9, 10) == ["B", "C", "A"]


def test_the_next_in_turn_takes_a_day_that_an_edit_opens() -> None:
    daily = (window("daily 09:00-17:00"),)
    old, rule, phase = weekday_rota(), f"{DAILY} A,B,C", Phase.ACTIVE
    morning = edited(old, rule, "2026-03-07T10:00Z", phase=phase, restrictions=daily)
    assert noons(morning, 7, 8, 9) == ["C", "A", "B"]
    evening = edited(old, rule, "2026-03-07T18:00Z", phase=phase, restrictions=daily)
    assert noons(evening, 8, 9) == ["C", "A"]
    always = edited(old, rule, "2026-03-07T10:00Z", phase=phase, restrictions=())
    assert noons(always, 7, 8, 9) == ["C", "A", "B"]


def test_an_edit_after_an_edit_keeps_the_first_one_in_the_past() -> None:
    first, second = successor(
        version(LONDON, f"{WEEKLY} A,B,C"), rotation(f"{WEEKLY} A,B,C,D"), utc(CUT)
    )
    second, third = successor(second, rotation(f"{WEEKLY} D,B,A"), utc("2026-03-25T12:00Z"))
    after = schedule(layer(first, second, third))
    assert [who(after, at) for at in MONDAYS] == ["C", "D", "B", "A"]


def test_an_edit_of_a_version_with_a_follower_ends_where_the_follower_begins() -> None:
    now, later = successor(
        version(LONDON, f"{WEEKLY} A,B,C"), rotation(f"{WEEKLY} D"), utc("2026-04-01T00:00Z")
    )
    closed, opened = successor(now, rotation(f"{WEEKLY} A,B"), utc(CUT))
    after = schedule(layer(closed, opened, later))
    assert opened.valid_to == later.valid_from
    assert who(after, "2026-03-31T23:59Z") == "A"
    assert who(after, "2026-04-01T00:00Z") == "D"


def test_a_restart_at_a_date_lets_the_old_rule_run_until_then() -> None:
    old = version(LONDON, f"{WEEKLY} A,B,C")
    after = schedule(layer(*restarted(old, rotation("week 1 @2026-04-01T09:00 C,D"), utc(CUT))))
    assert who(after, "2026-03-24T12:00Z") == "A"
    assert who(after, "2026-04-01T07:59Z") == "B"
    assert who(after, "2026-04-01T08:00Z") == "C"
    assert who(after, "2026-04-08T08:00Z") == "D"


def test_a_restart_never_begins_before_the_earliest_instant_that_may_change() -> None:
    old = version("America/New_York", "day 1 @2026-10-30T12:00 A,B")
    second_pass = utc("2026-11-01T06:10Z")
    closed, opened = restarted(old, rotation("day 1 @2026-11-01T01:10 C"), second_pass)
    assert closed.valid_to == opened.valid_from == second_pass


@pytest.mark.parametrize("cut", ["2026-03-01T00:00Z", "2026-05-01T00:00Z"])
def test_a_version_that_is_not_in_force_cannot_be_edited(cut: str) -> None:
    old = version(
        LONDON,
        f"{WEEKLY} A",
        valid_from=utc("2026-03-02T00:00Z"),
        valid_to=utc("2026-05-01T00:00Z"),
    )
    with pytest.raises(ValueError, match="not in force"):
        successor(old, rotation(f"{WEEKLY} B"), utc(cut))


def test_an_edit_at_the_very_beginning_of_a_version_replaces_it() -> None:
    first, second = successor(version(LONDON, f"{WEEKLY} A,B"), rotation(f"{WEEKLY} A,C"), utc(CUT))
    second, third = successor(second, rotation(f"{WEEKLY} A,D"), utc(CUT))
    after = schedule(layer(first, second, third))
    assert who(after, "2026-03-23T12:00Z") == "D"
    assert spans(after, utc(CUT) - timedelta(days=30), utc(CUT)) == spans(
        schedule(layer(replace(first, valid_to=None))), utc(CUT) - timedelta(days=30), utc(CUT)
    )
