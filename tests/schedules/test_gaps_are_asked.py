"""No door opens a gap by accident: another zone, the end of an override, a date, a series."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import User
from core.actor import SYSTEM
from core.api_time import iso
from core.errors import Conflict
from schedules import commands, queries
from schedules.commands import LayerSpec, OpensGap, SeriesSpec
from schedules.domain.resolver import spans
from schedules.models import Layer, Override, OverrideSeries, Schedule

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)  # a Monday
ACTING = {"by": SYSTEM, "now": NOW}
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI"]
ASKED = {"field": "confirmGap", "reason": "creates_gap"}


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rota(alice: User) -> Schedule:
    """alice on weekdays 09:00 to 17:00 in UTC, nobody else."""
    schedule = commands.create_schedule(name="Office", time_zone="UTC", **ACTING)
    office = [{"days": WEEKDAYS, "start": "09:00", "end": "17:00"}]
    anchor = datetime(2026, 3, 2, 9)
    spec = LayerSpec(unit="week", anchor=anchor, slots=[[alice.pk]], restrictions=office)
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


@pytest.fixture
def layer(rota: Schedule) -> Layer:
    return rota.layers.get()


@pytest.fixture
def night(rota: Schedule, bob: User) -> Override:
    hours = {"start": NOW + 6 * HOUR, "end": NOW + 10 * HOUR}
    return commands.add_override(rota, kind="ADD", user=bob, **hours, **ACTING)


@pytest.fixture
def saturdays(rota: Schedule, bob: User) -> OverrideSeries:
    hours = {"start": time(9), "end": time(17), "first_day": NOW.date()}
    spec = SeriesSpec(kind="ADD", user=bob, days=["SAT"], **hours)
    return commands.add_series(rota, spec, **ACTING)


def names(rota: Schedule, at: datetime) -> list[str]:
    return [entry.user.name for entry in queries.on_call([rota.pk], at)[rota.pk]]


def refused(answer) -> bool:
    return answer.status_code == 409 and answer.json()["error"]["details"] == ASKED


def test_another_zone_is_foretold_and_comes_true(rota: Schedule, layer: Layer, alice: User):
    tokyo = LayerSpec("day", datetime(2026, 3, 2), slots=[[alice.pk]], time_zone="Asia/Tokyo")
    commands.add_layer(rota, tokyo, name="Tokyo", effective_from=NOW + 40 * DAY, **ACTING)
    outcome = commands.preview_zone(rota, "America/New_York", now=NOW)
    assert outcome.preview.new_gaps[0] == (NOW, NOW + HOUR)
    with pytest.raises(OpensGap) as asked:
        commands.update_schedule(rota, time_zone="America/New_York", **ACTING)
    assert asked.value.gaps[0] == (NOW, NOW + HOUR)
    assert layer.versions.count() == 1
    assert Schedule.objects.get(pk=rota.pk).time_zone == "UTC"
    fresh = Schedule.objects.get(pk=rota.pk)
    commands.update_schedule(fresh, time_zone="America/New_York", confirm_gap=True, **ACTING)
    value = queries.load([rota.pk], start=NOW, end=NOW + YEAR)[rota.pk]

    def answers(value) -> list[tuple]:
        return [(one.start, one.end, one.users) for one in spans(value, NOW, NOW + YEAR)]

    assert answers(outcome.after) == answers(value)


def test_a_zone_that_opens_no_gap_is_not_asked_about(rota: Schedule, alice: User):
    always = LayerSpec("week", datetime(2026, 3, 2, 9), slots=[[alice.pk]], priority=-1)
    commands.add_layer(rota, always, name="Rest", **ACTING)
    commands.update_schedule(rota, time_zone="America/New_York", **ACTING)


def test_the_end_of_an_override_is_asked_about_only_where_nobody_else_is(
    rota: Schedule, night: Override, bob: User
):
    with pytest.raises(OpensGap) as asked:
        commands.cancel_override(night, **ACTING)
    assert asked.value.gaps == [(night.start, night.end)]
    assert names(rota, NOW + 7 * HOUR) == ["Bob"]
    running = {"start": NOW - HOUR, "end": NOW + HOUR}
    with_alice = commands.add_override(rota, kind="ADD", user=bob, **running, **ACTING)
    commands.cancel_override(with_alice, **ACTING)
    assert names(rota, NOW) == ["Alice"]


def test_skipping_and_ending_a_series_is_asked_about(rota: Schedule, saturdays: OverrideSeries):
    saturday = NOW + 5 * DAY
    with pytest.raises(OpensGap) as asked:
        commands.skip_date(saturdays, saturday.date(), **ACTING)
    assert asked.value.gaps == [(saturday - 3 * HOUR, saturday + 5 * HOUR)]
    with pytest.raises(OpensGap):
        commands.end_series(saturdays, **ACTING)
    assert names(rota, saturday) == ["Bob"]
    commands.skip_date(saturdays, saturday.date(), confirm_gap=True, **ACTING)
    assert (names(rota, saturday), names(rota, saturday + 7 * DAY)) == ([], ["Bob"])


def test_what_holds_is_not_restored_twice(night: Override):
    with pytest.raises(Conflict, match="holds already"):
        commands.restore_override(night, end=night.end, **ACTING)


def test_the_api_foretells_and_asks_about_another_zone(
    api: Callable[..., APIClient], root: User, rota: Schedule
):
    client, path = api(root), f"/api/schedules/{rota.public_id}"
    move = {"timeZone": "America/New_York"}
    told = client.post(f"{path}/preview/zone", move).json()
    assert told["newGaps"][0] == {"start": iso(NOW), "end": iso(NOW + HOUR)}
    assert refused(client.patch(path, move))
    assert client.get(path).json()["timeZone"] == "UTC"
    assert client.patch(path, move | {"confirmGap": True}).json()["timeZone"] == move["timeZone"]
    wrong = client.post(f"{path}/preview/zone", {"timeZone": "Mars/Base"})
    assert wrong.json()["error"]["details"]["field"] == "timeZone"


def test_the_api_foretells_the_removal_of_a_layer(
    api: Callable[..., APIClient], root: User, carol: User, rota: Schedule, layer: Layer
):
    path, body = f"/api/schedules/{rota.public_id}/preview/removal", {"layerId": layer.public_id}
    told = api(root).post(path, body).json()
    assert told["createsGap"] and told["changes"][0]["before"][0]["name"] == "Alice"
    assert layer.versions.get().valid_to is None
    assert api(root).post(path, {"layerId": "lay_none"}).status_code == 404
    assert api(root, "schedules:read").post(path, body).status_code == 403
    assert api(carol).post(path, body).status_code in {403, 404}


def test_the_api_asks_before_an_override_ends_and_takes_it_up_again(
    api: Callable[..., APIClient], root: User, rota: Schedule, night: Override
):
    client = api(root)
    path = f"/api/schedules/{rota.public_id}/overrides/{night.public_id}"
    assert refused(client.delete(path))
    assert client.post(f"{path}/restore", {}).status_code == 409
    assert client.delete(f"{path}?confirmGap=true").status_code == 204
    again = client.post(f"{path}/restore", {})
    assert (again.status_code, again.json()["cancelledAt"]) == (200, None)
    assert names(rota, NOW + 7 * HOUR) == ["Bob"]
    client.delete(f"{path}?confirmGap=true")
    assert client.post(f"{path}/restore", {"end": iso(NOW + 900 * DAY)}).status_code == 422
    later = iso(night.end + HOUR)
    assert client.post(f"{path}/restore", {"end": later}).json()["end"] == later


def test_the_api_asks_before_a_restored_override_leaves_nobody(
    api: Callable[..., APIClient], root: User, rota: Schedule, alice: User
):
    off = {"kind": "REMOVE", "replaces": alice, "start": NOW + HOUR, "end": NOW + 2 * HOUR}
    row = commands.add_override(rota, confirm_gap=True, **off, **ACTING)
    commands.cancel_override(row, **ACTING)
    path = f"/api/schedules/{rota.public_id}/overrides/{row.public_id}/restore"
    assert refused(api(root).post(path, {}))
    assert api(root).post(path, {"confirmGap": True}).status_code == 200


def test_the_api_asks_before_a_date_is_left_out_and_a_series_ends(
    api: Callable[..., APIClient], root: User, rota: Schedule, saturdays: OverrideSeries
):
    client = api(root)
    path = f"/api/schedules/{rota.public_id}/override-series/{saturdays.public_id}"
    assert refused(client.patch(path, {"date": "2026-03-21"}))
    skipped = client.patch(path, {"date": "2026-03-21", "confirmGap": True})
    assert skipped.json()["skipped"] == ["2026-03-21"]
    assert refused(client.delete(path))
    assert client.post(f"{path}/resume", {}).status_code == 409
    assert client.delete(f"{path}?confirmGap=1").status_code == 204
    assert client.post(f"{path}/resume", {}).status_code == 201
    assert names(rota, NOW + 12 * DAY) == ["Bob"]
