"""/api/schedules: the agreed vectors through the wire, rights, refusals."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from accounts.models import User, UserStatus
from core import clock
from core.api_time import iso
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from schedules.models import Layer, Schedule
from tests.cast import make_person
from tests.schedules.domain.rota import NAMES, rotation
from tests.schedules.domain.test_resolver_vectors import BY_NUMBER, STACK

pytestmark = [pytest.mark.once, pytest.mark.django_db]
WORKDAYS = ["MON", "TUE", "WED", "THU", "FRI"]
SAMPLE = "1 2 5 6 9 10 12 14 19 22 26 28 29 31 33 34 36 38".split()
SAMPLE_OF_STACK = {74, 75, 76, 78, 79, 81, 82, 83, 86, 87, 88, 89, 90, 91}
HOUR = timedelta(hours=1)


@pytest.fixture
def crew(db: None) -> dict[str, User]:
    """The people of the vectors: A, B, C, …"""
    return {name: make_person(f"p{name.lower()}") for name in NAMES}


@pytest.fixture
def admin(api: Callable, root: User) -> APIClient:
    return api(root)


def rule(text: str, crew: dict[str, User]) -> dict:
    """`week 2 @2026-01-05T09:00 A,B,C` as the body of the API says it."""
    value = rotation(text)
    return {
        "unit": str(value.unit),
        "every": value.every,
        "anchor": value.anchor.isoformat(timespec="minutes"),
        "slots": [
            {"userIds": [crew[NAMES[number - 1]].public_id for number in slot]}
            for slot in value.slots
        ],
    }


def new_schedule(client: APIClient, zone: str = "Europe/London") -> str:
    answer = client.post("/api/schedules", {"name": f"Rota {zone}", "timeZone": zone})
    assert answer.status_code == 201
    return f"/api/schedules/{answer.json()['id']}"


def add_layer(client: APIClient, path: str, rotation: dict, **more: object) -> dict:
    answer = client.post(f"{path}/layers", {"name": "Rotation", "rotation": rotation, **more})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def on_call(client: APIClient, path: str, at: str) -> dict:
    answer = client.get(f"{path}/on-call", {"at": at})
    assert answer.status_code == 200
    return answer.json()


def letters(body: dict) -> str:
    names = [duty["user"]["name"].removeprefix("P").upper() for duty in body["onCall"]]
    assert body["gap"] is (not names)
    return ", ".join(names) or "nobody"


def of_crew(crew: dict[str, User], text: str) -> dict:
    """`replace A D <start> <end>` as the body of the API says it."""
    kind, *people, start, end = text.split()
    body = {"type": kind.upper().replace("-", "_"), "start": start, "end": end, "confirmGap": True}
    if kind in {"replace", "remove"}:
        body["replacesUserId"] = crew[people[0]].public_id
    if kind != "remove":
        body["userId"] = crew[people[-1]].public_id
    return body


@pytest.mark.parametrize("number", SAMPLE)
def test_a_rotation_answers_like_the_vector(number: str, admin: APIClient, crew: dict):
    zone, text, at, _, expected = BY_NUMBER[number]
    path = new_schedule(admin, zone)
    add_layer(admin, path, rule(text, crew))
    assert letters(on_call(admin, path, at)) == expected


@pytest.mark.parametrize(
    ("number", "texts", "at", "final"),
    [
        (number, texts, at, final)
        for number, texts, at, _, final in STACK
        if number in SAMPLE_OF_STACK
    ],
)
def test_layers_and_overrides_answer_like_the_vector(
    number: int, texts: list[str], at: str, final: str, admin: APIClient, crew: dict
):
    path = new_schedule(admin)
    add_layer(admin, path, rule("week 1 @2026-03-02T09:00 A,B", crew), priority=1)
    office = [{"days": WORKDAYS, "start": "09:00", "end": "17:00"}]
    rotation_c = rule("week 1 @2026-03-02T09:00 C", crew)
    add_layer(admin, path, rotation_c, priority=2, restrictions=office)
    for text in texts:
        answer = admin.post(f"{path}/overrides", of_crew(crew, text))
        assert answer.status_code == 201, answer.json()
    assert letters(on_call(admin, path, at)) == final


def test_vector_92_is_refused_until_the_gap_is_confirmed(admin: APIClient, crew: dict):
    path = new_schedule(admin)
    add_layer(admin, path, rule("week 1 @2026-03-02T09:00 A,B", crew))
    body = of_crew(crew, "remove A 2026-03-03T18:00Z 2026-03-03T22:00Z")
    refused = admin.post(f"{path}/overrides", body | {"confirmGap": False})
    assert refused.status_code == 409
    assert refused.json()["error"]["details"] == {"field": "confirmGap", "reason": "creates_gap"}
    assert letters(on_call(admin, path, "2026-03-03T18:00Z")) == "A"
    saved = admin.post(f"{path}/overrides", body)
    assert saved.json()["warnings"] == ["creates_gap"]
    assert letters(on_call(admin, path, "2026-03-03T18:00Z")) == "nobody"


def test_vectors_93_to_97_an_edit_keeps_the_pager(admin: APIClient, crew: dict):
    path = new_schedule(admin)
    layer = add_layer(admin, path, rule("week 1 @2026-03-02T09:00 A,B,C", crew))
    more = rule("week 1 @2026-03-02T09:00 A,B,C,D", crew)
    body = {"name": "Week", "rotation": more, "effectiveFrom": "2026-03-16T12:00:00Z"}
    changed = admin.put(f"{path}/layers/{layer['id']}", body).json()
    assert (changed["version"], changed["name"]) == (2, "Week")
    answers = {
        "2026-03-10T12:00Z": "B",
        "2026-03-16T12:00Z": "C",
        "2026-03-23T08:59Z": "C",
        "2026-03-23T09:00Z": "D",
        "2026-03-30T08:00Z": "A",
    }
    assert {at: letters(on_call(admin, path, at)) for at in answers} == answers


def test_the_answer_says_until_when_why_and_who_is_next(admin: APIClient, crew: dict):
    path = new_schedule(admin, "America/New_York")
    layer = add_layer(admin, path, rule("day 1 @2026-03-06T09:00 A,B", crew))
    a, b = ({"id": crew[name].public_id, "name": crew[name].name} for name in "AB")
    assert on_call(admin, path, "2026-03-08T07:59:00-05:00") == {
        "scheduleId": path.rsplit("/", 1)[1],
        "at": "2026-03-08T12:59:00Z",
        "onCall": [
            {
                "user": b,
                "start": "2026-03-07T14:00:00Z",
                "end": "2026-03-08T13:00:00Z",
                "because": {"type": "layer", "id": layer["id"], "name": "Rotation"},
            }
        ],
        "next": {"at": "2026-03-08T13:00:00Z", "users": [a]},
        "gap": False,
    }


def test_a_shift_without_end_has_no_end(admin: APIClient, crew: dict):
    path = new_schedule(admin)
    add_layer(admin, path, rule("week 1 @2020-03-02T09:00 A", crew))
    body = on_call(admin, path, "2026-03-03T12:00Z")
    assert (body["onCall"][0]["end"], body["next"]) == (None, None)


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01T00:00Z", "9999-12-31T23:59:59-12:00", ""])
def test_an_instant_that_is_none_is_refused(at: str, admin: APIClient):
    answer = admin.get(f"{new_schedule(admin)}/on-call", {"at": at})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"
    assert answer.json()["error"]["details"]["field"] == "at"


def test_a_schedule_is_made_read_changed_and_archived(admin: APIClient):
    made = admin.post("/api/schedules", {"name": "Primary", "timeZone": "America/New_York"}).json()
    path = f"/api/schedules/{made['id']}"
    assert made | {"layers": [], "timeZone": "America/New_York", "description": ""} == made
    changed = admin.patch(path, {"timeZone": "Asia/Kolkata", "description": "Nights"}).json()
    assert (changed["timeZone"], changed["description"]) == ("Asia/Kolkata", "Nights")
    assert admin.get("/api/schedules", {"name": "primary"}).json()["total"] == 1
    assert admin.get("/api/schedules", {"name": "other"}).json()["schedules"] == []
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_a_layer_comes_back_as_it_was_given(admin: APIClient, crew: dict):
    given = {
        "name": "Business hours",
        "timeZone": "Asia/Tokyo",
        "priority": 10,
        "rotation": rule("week 1 @2026-03-02T09:00 A,B+C", crew)
        | {"phase": "active", "shiftLengthMinutes": 720},
        "restrictions": [{"days": ["FRI"], "start": "18:00", "end": "08:00", "endDay": "MON"}],
        "end": "2027-01-01T00:00",
        "effectiveFrom": "2026-03-01T00:00:00Z",
    }
    path = new_schedule(admin)
    layer = admin.post(f"{path}/layers", given).json()
    assert layer.pop("conflicts") == []
    assert layer == given | {"id": layer["id"], "version": 1}
    assert admin.get(path).json()["layers"] == [layer]
    assert admin.delete(f"{path}/layers/{layer['id']}?confirmGap=true").status_code == 204
    assert admin.get(path).json()["layers"] == []
    assert admin.put(f"{path}/layers/{layer['id']}", given).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unit": "fortnight"}, "rotation.unit"),
        ({"every": 0}, "rotation.every"),
        ({"anchor": "2026-03-02T09:00:00Z"}, "rotation.anchor"),
        ({"anchor": "2026-02-30T09:00"}, "rotation.anchor"),
        ({"slots": []}, "rotation.slots"),
        ({"slots": [{"userIds": []}]}, "rotation.slots"),
        ({"slots": [{"userIds": ["usr_nobody"]}]}, "rotation.slots"),
        ({"phase": "lunar"}, "rotation.phase"),
        ({"shiftLengthMinutes": 0}, "rotation.shiftLengthMinutes"),
    ],
)
def test_a_bad_rotation_is_refused_by_field(change: dict, field: str, admin: APIClient, crew: dict):
    bad = rule("day 1 @2026-03-02T09:00 A", crew) | change
    answer = admin.post(f"{new_schedule(admin)}/layers", {"name": "Odd", "rotation": bad})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"].startswith(field)
    assert not Layer.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"timeZone": "Mars/Base"}, "timeZone", "“Mars/Base” is not a known time zone"),
        ({"end": "2026-03-01T09:00"}, "end", "The end lies before the anchor"),
    ],
)
def test_a_bad_layer_is_refused_by_field(
    change: dict, field: str, said: str, admin: APIClient, crew: dict
):
    given = {"name": "Odd", "rotation": rule("day 1 @2026-03-02T09:00 A", crew)} | change
    answer = admin.post(f"{new_schedule(admin)}/layers", given)
    error = answer.json()["error"]
    assert (answer.status_code, error["details"]["field"]) == (422, field)
    assert said in error["message"]


def test_a_disabled_person_is_refused_by_name(admin: APIClient, crew: dict):
    crew["A"].become(UserStatus.DISABLED)
    crew["A"].save()
    given = {"name": "Odd", "rotation": rule("day 1 @2026-03-02T09:00 A", crew)}
    error = admin.post(f"{new_schedule(admin)}/layers", given).json()["error"]
    assert error["details"] == {"field": "rotation.slots", "reason": "disabled"}
    assert error["message"] == f"{crew['A'].name} is disabled and would never be paged"


@pytest.mark.parametrize("anchor", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_year_that_no_rota_means_is_refused(admin: APIClient, crew: dict, anchor: str):
    body = {"name": "Odd", "rotation": rule("month 7 @2026-01-01T00:00 A,B", crew)}
    body["rotation"]["anchor"] = anchor
    path = new_schedule(admin)
    for door in ("layers", "preview"):
        answer = admin.post(f"{path}/{door}", body)
        assert answer.status_code == 422
        assert "between 1970 and 2200" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"type": "SWAP"}, 422, "type"),
        ({"end": "2020-01-01T00:00:00Z"}, 422, "end"),
        ({"end": "9999-12-31T00:00:00Z"}, 422, "end"),
        ({"userId": "usr_nobody"}, 422, "userId"),
        ({"userId": None}, 422, "userId"),
    ],
)
def test_a_bad_override_is_refused_by_field(
    change: dict, status: int, field: str, admin: APIClient, crew: dict
):
    body = of_crew(crew, "add A 2026-03-03T18:00:00Z 2026-03-03T22:00:00Z") | change
    answer = admin.post(f"{new_schedule(admin)}/overrides", body)
    assert answer.status_code == status
    assert answer.json()["error"]["details"]["field"] == field


def test_overrides_are_listed_and_taken_back(api: Callable, alice: User, crew: dict):
    client, now = api(alice), clock.now()
    path = new_schedule(client)
    body = {"type": "ADD", "userId": crew["A"].public_id}
    body |= {"start": iso(now + HOUR), "end": iso(now + 2 * HOUR)}
    made = client.post(f"{path}/overrides", body).json()
    (listed,) = client.get(f"{path}/overrides").json()["overrides"]
    assert listed == {key: made[key] for key in listed}
    assert client.delete(f"{path}/overrides/{made['id']}?confirmGap=true").status_code == 204
    assert client.get(f"{path}/overrides").json()["total"] == 0
    assert client.delete(f"{path}/overrides/{made['id']}").status_code == 404


def test_responders_plan_ahead_and_leave_the_past(api: Callable, alice: User, crew: dict):
    client = api(alice)
    path = new_schedule(client)
    body = of_crew(crew, "add A 2026-03-03T18:00:00Z 2026-03-03T22:00:00Z")
    refused = client.post(f"{path}/overrides", body)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"] == {"field": "start", "reason": "past"}
    layer = add_layer(client, path, rule("day 1 @2026-03-02T09:00 A", crew))
    assert letters(on_call(client, path, "2026-03-03T18:00:00Z")) == "nobody"
    assert letters(on_call(client, path, iso(clock.now() + HOUR) or "")) == "A"
    edit = {"name": "Day", "rotation": rule("day 1 @2026-03-02T09:00 B", crew)}
    edit["effectiveFrom"] = "2026-03-02T09:00:00Z"
    assert client.put(f"{path}/layers/{layer['id']}", edit).status_code == 422


def test_users_read_the_schedules_they_are_on_and_change_none(
    api: Callable, admin: APIClient, carol: User, crew: dict
):
    path = new_schedule(admin)
    client = api(carol)
    assert client.get(path).status_code == 404
    assert client.get("/api/schedules").json()["total"] == 0
    crew["A"] = carol
    add_layer(admin, path, rule("week 1 @2026-03-02T09:00 A,B", crew))
    assert client.get(f"{path}/on-call").status_code == 200
    for method in (client.patch, client.delete):
        assert method(path, {"name": "Mine"}).status_code == 403
    assert client.post("/api/schedules", {"name": "Mine"}).status_code == 403


def test_the_key_needs_its_scope(api: Callable, alice: User):
    assert api(alice, "services:read").get("/api/schedules").status_code == 403
    reader = api(alice, "schedules:read")
    assert reader.get("/api/schedules").status_code == 200
    assert reader.post("/api/schedules", {"name": "Mine"}).status_code == 403
    assert APIClient().get("/api/schedules").status_code == 401


def test_a_schedule_in_use_is_not_archived(api: Callable, alice: User):
    client = api(alice)
    path = new_schedule(client)
    row = Schedule.objects.get()
    spec = PolicySpec([StepSpec([TargetSpec(schedule=row)])])
    by = alice.as_actor("api")
    escalation.create_policy(name="Loud", spec=spec, by=by, now=clock.now())
    refused = client.delete(path)
    assert refused.status_code == 409
    assert "Loud" in refused.json()["error"]["message"]
    assert client.get(path).status_code == 200


def test_lists_need_few_queries(
    admin: APIClient, crew: dict, django_assert_max_num_queries: Callable
):
    for zone in ("UTC", "Asia/Tokyo", "Europe/Paris"):
        path = new_schedule(admin, zone)
        add_layer(admin, path, rule("week 1 @2026-03-02T09:00 A,B", crew))
    with django_assert_max_num_queries(10):
        assert admin.get("/api/schedules").json()["total"] == 3
    with django_assert_max_num_queries(10):
        on_call(admin, path, "2026-03-03T12:00Z")
