"""A preview foretells what saving does: by command, page and API."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import User
from core.actor import SYSTEM
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.domain.resolver import spans
from schedules.models import Layer, LayerVersion, Schedule

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
YEAR = timedelta(days=365)
OFFICE = [{"days": ["MON", "TUE", "WED", "THU", "FRI"], "start": "09:00", "end": "17:00"}]


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rota() -> Schedule:
    return commands.create_schedule(name="Primary", time_zone="Europe/London", **ACTING)


@pytest.fixture
def spec(alice: User, bob: User, carol: User) -> LayerSpec:
    people = [[user.pk] for user in (alice, bob, carol)]
    return LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=people)


@pytest.fixture
def layer(rota: Schedule, spec: LayerSpec) -> Layer:
    return commands.add_layer(rota, spec, name="Week", **ACTING)


def answers(rota: Schedule) -> list[tuple]:
    value = queries.load([rota.pk], start=NOW, end=NOW + YEAR)[rota.pk]
    return [(one.start, one.end, one.users) for one in spans(value, NOW, NOW + YEAR)]


def foretold(outcome: commands.Outcome) -> list[tuple]:
    return [(one.start, one.end, one.users) for one in spans(outcome.after, NOW, NOW + YEAR)]


CHANGES: dict[str, dict] = {
    "fortnights": {"every": 2},
    "office hours": {"restrictions": OFFICE, "priority": 3},
    "other clocks": {"time_zone": "Asia/Kolkata"},
    "an end": {"end": datetime(2026, 9, 1, 9)},
    "days in turn": {"unit": "day", "phase": "active", "restrictions": OFFICE},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("restart", [False, True])
def test_what_is_foretold_of_an_edit_comes_true(
    change: dict, restart: bool, rota: Schedule, layer: Layer, spec: LayerSpec
):
    spec = replace(spec, slots=[*spec.slots[1:], spec.slots[0]], **change)
    outcome = commands.preview_layer(rota, spec, layer=layer, restart=restart, now=NOW)
    assert LayerVersion.objects.count() == 1
    commands.edit_layer(layer, spec, restart=restart, confirm_gap=True, **ACTING)
    assert foretold(outcome) == answers(rota)


def test_what_is_foretold_of_a_new_and_of_a_removed_layer_comes_true(
    rota: Schedule, layer: Layer, spec: LayerSpec
):
    more = replace(spec, restrictions=OFFICE, priority=5, slots=spec.slots[:1])
    outcome = commands.preview_layer(rota, more, name="Day", now=NOW)
    commands.add_layer(rota, more, name="Day", **ACTING)
    assert foretold(outcome) == answers(rota)
    outcome = commands.preview_removal(layer, now=NOW)
    assert outcome.preview.new_gaps
    commands.remove_layer(layer, confirm_gap=True, **ACTING)
    assert foretold(outcome) == answers(rota)


def body(*people: User, **changes: object) -> dict:
    rotation = {
        "unit": "week",
        "anchor": "2026-03-02T09:00",
        "slots": [{"userIds": [user.public_id]} for user in people],
    }
    return {"name": "Week", "rotation": rotation, **changes}


def test_the_api_tells_changes_gaps_and_seams(
    api: Callable[..., APIClient], root: User, rota: Schedule, layer: Layer, alice: User, bob: User
):
    client = api(root)
    draft = body(alice, bob, restrictions=OFFICE, layerId=layer.public_id)
    answer = client.post(f"/api/schedules/{rota.public_id}/preview", draft)
    told = answer.json()
    assert answer.status_code == 200, told
    assert layer.versions.count() == 1
    first = told["changes"][0]
    assert [user["name"] for user in first["before"]] == ["Carol"]
    assert told["createsGap"] and told["newGaps"][0]["start"] == "2026-03-16T17:00:00Z"
    assert told["shiftsChanged"] == sum(line["shifts"] for line in told["changes"])
    assert [one["at"] for one in told["seams"]["clockChanges"]] == [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
    ]
    assert told["seams"]["shifts"] == []


def test_the_api_refuses_a_draft_that_does_not_work(
    api: Callable[..., APIClient], root: User, carol: User, rota: Schedule, alice: User
):
    path = f"/api/schedules/{rota.public_id}/preview"
    wrong = api(root).post(path, body(alice, timeZone="Mars/Base"))
    assert wrong.status_code == 422
    assert wrong.json()["error"]["details"]["field"] == "timeZone"
    assert api(root).post(path, body(alice, layerId="lay_none")).status_code == 404
    assert api(root, "schedules:read").post(path, body(alice)).status_code == 403
    assert api(carol).post(path, body(alice)).status_code in {403, 404}


def test_the_api_lists_the_seams_of_the_year(
    api: Callable[..., APIClient], root: User, rota: Schedule, layer: Layer
):
    told = api(root).get(f"/api/schedules/{rota.public_id}/seams").json()
    lengths = [(one["minutes"], one["shownMinutes"]) for one in told["shifts"]]
    assert lengths == [(167 * 60, 168 * 60), (169 * 60, 168 * 60)]
    assert told["handOffs"] == told["weekly"] == []


def test_the_api_names_layers_that_overlap_and_who_is_away(
    api: Callable[..., APIClient], root: User, rota: Schedule, layer: Layer, alice: User
):
    client, path = api(root), f"/api/schedules/{rota.public_id}"
    draft = body(alice, restrictions=OFFICE, priority=2)
    told = client.post(f"{path}/preview", draft).json()["overlaps"]
    assert told == [
        {"layer": "Week", "priority": 0, "standing": "below", "since": "2026-03-16T12:00:00Z"}
    ]
    off = {"start": NOW + timedelta(days=1), "end": NOW + timedelta(days=2)}
    commands.add_time_off(alice, **off, **ACTING)
    made = client.post(f"{path}/layers", draft).json()
    assert {one["user"]["name"] for one in made["conflicts"]} == {"Alice"}
    address = f"{path}/layers/{made['id']}"
    assert client.put(address, draft | {"name": "Day"}).json()["conflicts"] == made["conflicts"]


def test_a_stale_revision_is_refused_with_what_is_there_now(
    api: Callable[..., APIClient], root: User, rota: Schedule, layer: Layer, alice: User, bob: User
):
    client = api(root)
    path = f"/api/schedules/{rota.public_id}"
    seen = client.get(path)
    assert seen["ETag"] == f'"{seen.json()["revision"]}"'
    assert (
        client.patch(path, {"description": "Nights"}, HTTP_IF_MATCH=seen["ETag"]).status_code == 200
    )
    address = f"{path}/layers/{layer.public_id}"
    for header, more in ({"HTTP_IF_MATCH": seen["ETag"]}, {}), ({}, {"revision": 2}):
        refused = client.put(address, body(alice, bob, **more), **header)
        assert refused.status_code == 409
        details = refused.json()["error"]["details"]
        assert details["reason"] == "stale"
        assert details["current"]["description"] == "Nights"
    assert client.put(address, body(alice), HTTP_IF_MATCH="latest").status_code == 400
    assert layer.versions.count() == 1
    current = client.get(path)["ETag"]
    assert client.put(address, body(alice, bob), HTTP_IF_MATCH=current).status_code == 200


def test_a_gap_is_asked_about_over_the_api(
    api: Callable[..., APIClient], root: User, rota: Schedule, layer: Layer, alice: User
):
    client = api(root)
    address = f"/api/schedules/{rota.public_id}/layers/{layer.public_id}"
    refused = client.put(address, body(alice, restrictions=OFFICE))
    assert refused.status_code == 409
    assert refused.json()["error"]["details"] == {"field": "confirmGap", "reason": "creates_gap"}
    assert client.delete(address).status_code == 409
    saved = client.put(address, body(alice, restrictions=OFFICE, confirmGap=True))
    assert saved.status_code == 200
    assert client.delete(f"{address}?confirmGap=true").status_code == 204
