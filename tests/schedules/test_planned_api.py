"""Recurring overrides, requests for cover and the check of an override, through the wire."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import User
from core.actor import SYSTEM
from core.api_time import iso
from schedules import commands
from schedules.commands import LayerSpec
from schedules.models import Schedule
from tests.web.schedules.conftest import NOW, names

pytestmark = [pytest.mark.once, pytest.mark.django_db]
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
ACTING = {"by": SYSTEM, "now": NOW}
ALICES = NOW.replace(day=23, hour=9)


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rota(alice: User, bob: User, carol: User) -> Schedule:
    """alice, bob, carol by weeks in UTC; carol serves now, alice from the 23rd."""
    schedule = commands.create_schedule(name="Primary", time_zone="UTC", **ACTING)
    people = [[user.pk] for user in (alice, bob, carol)]
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=people)
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


@pytest.fixture
def fridays(bob: User) -> dict:
    hours = {"days": ["FRI"], "start": "09:00", "end": "17:00", "firstDay": "2026-03-16"}
    return {"type": "ADD", "userId": bob.public_id, **hours}


def test_a_series_is_added_changed_and_ended(
    api: Callable, root: User, rota: Schedule, fridays: dict
):
    client = api(root)
    path = f"/api/schedules/{rota.public_id}/override-series"
    answer = client.post(path, fridays)
    assert answer.status_code == 201
    body = answer.json()
    assert body["timeZone"] == "UTC" and body["endDay"] is None and body["id"].startswith("ser_")
    one = f"{path}/{body['id']}"
    assert client.get(one).json() == client.get(path).json()["overrideSeries"][0] == body
    friday = datetime.fromisoformat("2026-03-20T12:00:00+00:00")
    assert names(rota, friday) == ["Carol", "Bob"]
    skipped = client.patch(one, {"date": "2026-03-20"})
    assert skipped.json()["skipped"] == ["2026-03-20"]
    assert names(rota, friday) == ["Carol"]
    assert client.patch(one, {"date": "2026-03-21"}).status_code == 422
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


def test_a_series_that_changes_nothing_says_so(
    api: Callable, root: User, alice: User, rota: Schedule, fridays: dict
):
    path = f"/api/schedules/{rota.public_id}/override-series"
    for taken_off, nothing in ((root, True), (alice, False)):
        swap = {"type": "REPLACE", "replacesUserId": taken_off.public_id}
        body = api(root).post(path, fridays | swap).json()
        assert body["changesNothing"] is nothing
        assert api(root).get(f"{path}/{body['id']}").json() == body
    listed = api(root).get(path).json()["overrideSeries"]
    assert sorted(one["changesNothing"] for one in listed) == [False, True]


def test_a_series_needs_role_scope_and_sense(
    api: Callable, root: User, carol: User, rota: Schedule, fridays: dict
):
    path = f"/api/schedules/{rota.public_id}/override-series"
    assert api(carol).post(path, fridays).status_code == 403
    assert api(carol).get(path).status_code == 200
    assert api(root, "schedules:read").post(path, fridays).status_code == 403
    for change in ({"start": "9"}, {"days": []}, {"userId": "usr_x"}, {"lastDay": "2020-01-01"}):
        assert api(root).post(path, fridays | change).status_code == 422
    gap = {"type": "REMOVE", "replacesUserId": carol.public_id}
    refused = api(root).post(path, fridays | gap)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT")


def test_an_override_is_looked_at_without_saving(
    api: Callable, root: User, rota: Schedule, alice: User, carol: User
):
    body = {"type": "REPLACE", "userId": alice.public_id, "replacesUserId": carol.public_id}
    body |= {"start": iso(NOW), "end": iso(ALICES + DAY)}
    path = f"/api/schedules/{rota.public_id}/overrides/check"
    found = api(root).post(path, body).json()["cautions"]
    assert [one["code"] for one in found] == ["not_on_call", "on_call_already", "long_run"]
    assert found[1]["intervals"] == [{"start": iso(ALICES), "end": iso(ALICES + DAY)}]
    assert rota.overrides.count() == 0
    assert api(root).post(path, body | {"end": iso(NOW - DAY)}).status_code == 422


def ask(client: APIClient, rota: Schedule, **more: object) -> dict:
    span = {"start": iso(ALICES), "end": iso(ALICES + WEEK)}
    answer = client.post("/api/cover-requests", {"scheduleId": rota.public_id, **span, **more})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_swap_by_keys(api: Callable, rota: Schedule, alice: User, bob: User, carol: User):
    back = {"returnStart": iso(ALICES + WEEK), "returnEnd": iso(ALICES + 2 * WEEK)}
    body = ask(api(alice), rota, askedUserId=bob.public_id, **back)
    assert (body["type"], body["status"]) == ("SWAP", "OPEN")
    path = f"/api/cover-requests/{body['id']}"
    assert api(carol).get(path).status_code == 404
    assert api(carol).post(f"{path}/accept").status_code == 404
    taken = api(bob).post(f"{path}/accept", {})
    assert taken.json()["takenByUserId"] == bob.public_id
    assert [names(rota, ALICES), names(rota, ALICES + WEEK)] == [["Bob"], ["Alice"]]
    assert api(bob).post(f"{path}/accept", {}).status_code == 409
    found = api(bob).get("/api/cover-requests", {"status": "taken"}).json()
    assert found["total"] == 1


def test_anyone_declined_and_withdrawn(
    api: Callable, rota: Schedule, alice: User, bob: User, carol: User, root: User
):
    path = f"/api/cover-requests/{ask(api(alice), rota)['id']}"
    assert api(carol).get(path).status_code == 200
    assert api(bob).post(f"{path}/decline").status_code == 409
    assert api(bob).post(f"{path}/withdraw").status_code == 403
    assert api(bob).post(f"{path}/accept", {"userId": carol.public_id}).status_code == 403
    assert api(alice).post(f"{path}/withdraw").json()["status"] == "WITHDRAWN"
    path = f"/api/cover-requests/{ask(api(alice), rota, askedUserId=bob.public_id)['id']}"
    assert api(bob).post(f"{path}/decline").json()["status"] == "DECLINED"
    path = f"/api/cover-requests/{ask(api(alice), rota)['id']}"
    taken = api(root).post(f"{path}/accept", {"userId": carol.public_id})
    assert taken.json()["takenByUserId"] == carol.public_id


def test_a_request_that_makes_no_sense_is_refused(
    api: Callable, rota: Schedule, alice: User, bob: User
):
    span = {"start": iso(ALICES), "end": iso(ALICES + WEEK)}
    for change in (
        {"scheduleId": "sch_x"},
        {"start": iso(NOW + DAY), "end": iso(NOW + 2 * DAY)},
        {"returnStart": iso(ALICES)},
        {"askedUserId": alice.public_id},
    ):
        body = {"scheduleId": rota.public_id, **span, **change}
        assert api(alice).post("/api/cover-requests", body).status_code == 422
    assert api(alice, "schedules:read").post("/api/cover-requests", {}).status_code == 403
