"""Recurring overrides as rows: every caller sees them, and nothing touches the past."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from accounts.models import User
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from notifications.models import Delivery, InAppNotification
from schedules import commands, coverage, queries
from schedules.commands import LayerSpec, SeriesSpec
from schedules.models import OverrideSeries, Schedule

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)  # a Friday
ACTING = {"by": SYSTEM, "now": NOW}
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def rota(alice: User) -> Schedule:
    """alice, always, on clocks of New York."""
    schedule = commands.create_schedule(name="Primary", time_zone="America/New_York", **ACTING)
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk]])
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


def fridays(alice: User, bob: User, **changes: object) -> SeriesSpec:
    values = {"kind": "REPLACE", "user": bob, "replaces": alice, "days": ["FRI"]}
    values |= {"start": time(6), "end": time(18), "first_day": date(2026, 3, 1)}
    return SeriesSpec(**values | changes)


@pytest.fixture
def series(rota: Schedule, alice: User, bob: User) -> OverrideSeries:
    return commands.add_series(rota, fridays(alice, bob), **ACTING)


def name_at(rota: Schedule, at: datetime) -> str:
    return "+".join(entry.user.name for entry in queries.on_call([rota.pk], at)[rota.pk])


def test_it_holds_each_week_by_the_wall_clock_from_now_on(rota: Schedule, series: OverrideSeries):
    # It is 07:00 in New York, so the first one runs already; before now nothing changed.
    assert name_at(rota, NOW - timedelta(minutes=30)) == "Alice"
    assert name_at(rota, NOW) == "Bob"
    # A week later the clocks there have gone forward: 06:00 is 10:00 UTC.
    edge = datetime(2026, 3, 13, 10, tzinfo=UTC)
    assert [name_at(rota, at) for at in (edge - HOUR, edge)] == ["Alice", "Bob"]


def test_it_is_the_reason_with_its_own_id(rota: Schedule, series: OverrideSeries, bob: User):
    commands.add_override(rota, kind="ADD", user=bob, start=NOW + DAY, end=NOW + 2 * DAY, **ACTING)
    found = coverage.coverage(rota, NOW).duties[0]
    assert (found.because.type, found.because_id) == ("series", series.public_id)
    reason = queries.on_call([rota.pk], NOW)[rota.pk][0].reason
    assert reason == "weekly override: Replace a person"


def test_a_date_is_left_out_and_taken_in_again(rota: Schedule, series: OverrideSeries, bob: User):
    day = date(2026, 3, 13)
    noon = datetime(2026, 3, 13, 12, tzinfo=UTC)
    commands.skip_date(series, day, **ACTING)
    assert (name_at(rota, noon), name_at(rota, noon + WEEK)) == ("Alice", "Bob")
    commands.skip_date(series, day, skip=False, by=SYSTEM, now=NOW + HOUR)
    assert name_at(rota, noon) == "Bob"
    told = InAppNotification.objects.filter(user=bob).values_list("title", flat=True)
    assert [title.split(":")[0] for title in told.order_by("id")] == [
        "You come on call each week",
        "A weekly change of on call is left out once",
        "A weekly change of on call holds after all",
    ]


def test_whoever_is_told_reads_whose_clocks_are_meant(series: OverrideSeries, bob: User):
    body = InAppNotification.objects.get(user=bob).body
    assert f"{series.start}-{series.end} on the clocks of {series.time_zone}, from" in body


@pytest.mark.parametrize("idle", [False, True])
def test_one_that_changes_nothing_says_so(
    rota: Schedule, alice: User, bob: User, root: User, idle: bool
):
    commands.add_series(rota, fridays(bob if idle else alice, root), **ACTING)
    facts = dict(Delivery.objects.get(user=root).message["facts"])
    said = "Bob is not on call at any of these times in the next weeks: nothing changes"
    assert facts.get("Note") == (said if idle else None)


def test_what_has_begun_cannot_be_left_out(series: OverrideSeries):
    with pytest.raises(Conflict, match="begun"):
        commands.skip_date(series, NOW.date(), **ACTING)
    with pytest.raises(ValidationFailed, match="that day"):
        commands.skip_date(series, date(2026, 3, 14), **ACTING)


def test_an_end_keeps_the_past_and_undo_begins_now(rota: Schedule, series: OverrideSeries):
    later = NOW + HOUR
    commands.end_series(series, by=SYSTEM, now=later)
    assert [name_at(rota, at) for at in (NOW, later, NOW + WEEK)] == ["Bob", "Alice", "Alice"]
    commands.end_series(series, by=SYSTEM, now=NOW + 2 * HOUR)
    series.refresh_from_db()
    assert series.ended_at == later
    again = commands.resume_series(series, by=SYSTEM, now=NOW + 2 * HOUR)
    assert (again.user, again.days, again.pk) != (None, [], series.pk)
    names = [name_at(rota, at) for at in (later, NOW + 2 * HOUR, NOW + WEEK)]
    assert names == ["Alice", "Bob", "Bob"]
    with pytest.raises(Conflict):
        commands.resume_series(again, by=SYSTEM, now=NOW + 3 * HOUR)


def test_one_that_leaves_nobody_is_asked_about(rota: Schedule, alice: User, bob: User):
    spec = fridays(alice, bob, kind="REMOVE", user=None)
    with pytest.raises(Conflict) as refused:
        commands.add_series(rota, spec, **ACTING)
    assert refused.value.reason == commands.CREATES_GAP
    commands.add_series(rota, spec, confirm_gap=True, **ACTING)
    assert name_at(rota, NOW) == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"days": []}, "days"),
        ({"days": ["FUN"]}, "days"),
        ({"end_day": "FUN"}, "endDay"),
        ({"last_day": date(2026, 2, 1)}, "lastDay"),
        ({"first_day": date(9999, 1, 1)}, "firstDay"),
        ({"kind": "SWAP"}, "type"),
        ({"user": None}, "userId"),
    ],
)
def test_bad_input_is_refused_with_its_field(
    changes: dict, field: str, rota: Schedule, alice: User, bob: User
):
    with pytest.raises(ValidationFailed) as refused:
        commands.add_series(rota, fridays(alice, bob, **changes), **ACTING)
    assert refused.value.field == field


def test_whoever_a_series_names_sees_the_schedule(
    rota: Schedule, alice: User, carol: User, series: OverrideSeries
):
    assert not queries.visible_to(carol, NOW).exists()
    commands.add_series(rota, fridays(alice, carol), **ACTING)
    assert queries.visible_to(carol, NOW).get() == rota
