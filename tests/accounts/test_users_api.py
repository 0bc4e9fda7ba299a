"""/api/users: the same people, in JSON."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import Role, User, UserStatus
from audit.models import AuditEvent

pytestmark = [pytest.mark.once, pytest.mark.django_db]
JANE = {
    "email": "Jane@Example.com",
    "name": "Jane Engineer",
    "role": "RESPONDER",
    "timeZone": "Europe/Berlin",
}


def test_a_list_has_the_shape_of_the_api(api: Callable, root: User, alice: User, bob: User):
    answer = api(root, "users:read").get("/api/users?limit=2")
    body = answer.json()
    assert set(body) == {"users", "total", "limit", "offset", "hasMore"}
    assert (body["total"], body["limit"], body["offset"], body["hasMore"]) == (3, 2, 0, True)
    assert answer["X-Total-Count"] == "3"
    assert body["users"][0] == {
        "id": alice.public_id,
        "email": "alice@example.com",
        "name": "Alice",
        "role": "RESPONDER",
        "status": "ACTIVE",
        "timeZone": "UTC",
        "language": "",
        "createdAt": body["users"][0]["createdAt"],
    }
    assert body["users"][0]["createdAt"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "limit", "offset"),
    [
        ("", 50, 0),
        ("?limit=999", 200, 0),
        ("?limit=0", 1, 0),
        ("?offset=-5", 50, 0),
        ("?offset=99999999999999999999999", 50, 2**31 - 1),
    ],
)
def test_limit_and_offset_are_clamped(api: Callable, root: User, query, limit, offset):
    body = api(root).get(f"/api/users{query}").json()
    assert (body["limit"], body["offset"]) == (limit, offset)


@pytest.mark.parametrize("query", ["?nonsense=1", "?limit=many"])
def test_a_query_that_makes_no_sense_is_refused(api: Callable, root: User, query: str):
    answer = api(root).get(f"/api/users{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"


def test_filters(api: Callable, root: User, alice: User, carol: User):
    found = api(root).get("/api/users?role=USER").json()["users"]
    assert [user["id"] for user in found] == [carol.public_id]
    found = api(root).get("/api/users?email=ALICE@example.com").json()["users"]
    assert [user["id"] for user in found] == [alice.public_id]


def test_an_admin_invites(api: Callable, root: User, run_jobs: Callable, mailoutbox: list):
    answer = api(root, "users:write").post("/api/users", JANE)
    body = answer.json()
    assert answer.status_code == 201
    assert (body["email"], body["status"]) == ("jane@example.com", "INVITED")
    assert "/invite/" in body["inviteUrl"]
    run_jobs()
    assert body["inviteUrl"] in mailoutbox[0].body
    event = AuditEvent.objects.get(action="user.invited")
    assert (event.actor_id, event.via) == (root.public_id, "api")


def test_a_taken_address_is_a_conflict(api: Callable, root: User):
    answer = api(root).post("/api/users", JANE | {"email": "ROOT@example.com"})
    assert answer.status_code == 409
    assert answer.json()["error"]["details"] == {"field": "email", "reason": "unique"}


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"email": None}, "email", "null"),
        ({"email": "nonsense"}, "email", "invalid"),
        ({"name": ""}, "name", "blank"),
        ({"name": "x" * 121}, "name", "max_length"),
        ({"name": ["a"]}, "name", "invalid"),
        ({"role": "KING"}, "role", "invalid_choice"),
        ({"timeZone": "Mars/X"}, "timeZone", "invalid_choice"),
    ],
)
def test_a_bad_field_is_named(api: Callable, root: User, change: dict, field: str, reason: str):
    answer = api(root).post("/api/users", JANE | change)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert error["details"] == {"field": field, "reason": reason}


def test_a_missing_field_is_named(api: Callable, root: User):
    error = api(root).post("/api/users", {"name": "Jane"}).json()["error"]
    assert error["message"] == "Email is required"
    assert error["details"] == {"field": "email", "reason": "required"}


def test_fields_that_are_not_offered_change_nothing(api: Callable, root: User, bob: User):
    everything = {
        "id": "usr_other",
        "public_id": "usr_other",
        "email": "other@example.com",
        "password": "x",
        "is_active": False,
        "is_admin": True,
        "session_version": 9,
        "must_change_password": True,
        "name": "Bert",
    }
    before = User.objects.values().get(pk=bob.pk)
    assert api(root).patch(f"/api/users/{bob.public_id}", everything).status_code == 200
    assert User.objects.values().get(pk=bob.pk) == before | {"name": "Bert"}


def test_role_and_status_change_together_or_not_at_all(api: Callable, root: User, bob: User):
    client = api(root)
    path = f"/api/users/{bob.public_id}"
    body = client.patch(path, {"role": "USER", "status": "DISABLED"}).json()
    assert (body["role"], body["status"]) == ("USER", "DISABLED")
    path = f"/api/users/{root.public_id}"
    refused = client.patch(path, {"name": "Changed", "role": "USER"})
    assert refused.status_code == 403
    root.refresh_from_db()
    assert (root.name, root.role) == ("Root", Role.ADMIN)


def test_the_role_of_the_owner_limits_the_key(api: Callable, alice: User, bob: User):
    client = api(alice)
    for answer in (
        client.post("/api/users", JANE),
        client.patch(f"/api/users/{bob.public_id}", {"status": "DISABLED"}),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "FORBIDDEN"
    bob.refresh_from_db()
    assert bob.status == UserStatus.ACTIVE


def test_unknown_people_are_not_found(api: Callable, root: User):
    answer = api(root).get("/api/users/usr_nobody")
    assert answer.status_code == 404
    assert answer.json() == {
        "status": "error",
        "error": {"code": "NOT_FOUND", "message": "Not found"},
    }


def test_the_key_of_a_disabled_owner_stops_at_once(api: Callable, alice: User, root: User):
    client = api(alice)
    assert client.get("/api/users").status_code == 200
    api(root).patch(f"/api/users/{alice.public_id}", {"status": "DISABLED"})
    assert client.get("/api/users").status_code == 401


def test_without_a_key_or_with_a_wrong_one(root: User):
    for client in (APIClient(), APIClient(HTTP_AUTHORIZATION="Bearer ok_wrong")):
        answer = client.get("/api/users")
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "UNAUTHORIZED"
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_the_language_of_messages_can_be_chosen(api: Callable, root: User, alice: User):
    people = api(root, "users:read", "users:write")
    where = f"/api/users/{alice.public_id}"
    assert people.patch(where, {"language": "de"}, format="json").json()["language"] == "de"
    assert people.patch(where, {"language": "tlh"}, format="json").status_code == 422
