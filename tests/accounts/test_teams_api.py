"""/api/teams: teams and members in JSON."""

from collections.abc import Callable

import pytest

from accounts.models import Team, TeamRole, User

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def test_a_team_is_created_with_its_owner(api: Callable, alice: User):
    answer = api(alice, "teams:write").post("/api/teams", {"name": "Payments"})
    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"id", "name", "description", "lead", "members", "createdAt"}
    assert body["members"] == [
        {
            "user": {"id": alice.public_id, "name": "Alice", "email": "alice@example.com"},
            "role": "OWNER",
            "receivesPages": True,
        }
    ]


def test_the_list_filters_by_member_in_few_queries(
    api: Callable, alice: User, carol: User, platform: Team, django_assert_max_num_queries: Callable
):
    client = api(alice)
    Team.objects.create(name="Empty")
    assert client.get("/api/teams").json()["total"] == 2
    with django_assert_max_num_queries(6):
        body = client.get(f"/api/teams?memberId={alice.public_id}").json()
    assert [team["name"] for team in body["teams"]] == ["Platform"]
    assert client.get(f"/api/teams?memberId={carol.public_id}").json()["teams"] == []


def test_name_and_lead_change(api: Callable, alice: User, bob: User, platform: Team):
    path = f"/api/teams/{platform.public_id}"
    body = api(alice).patch(path, {"name": "Core", "leadId": bob.public_id}).json()
    assert (body["name"], body["lead"]["id"]) == ("Core", bob.public_id)
    assert api(alice).patch(path, {"leadId": None}).json()["lead"] is None


def test_a_lead_who_is_no_member_changes_nothing(
    api: Callable, alice: User, carol: User, platform: Team
):
    path = f"/api/teams/{platform.public_id}"
    answer = api(alice).patch(path, {"name": "Core", "leadId": carol.public_id})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == "leadId"
    platform.refresh_from_db()
    assert platform.name == "Platform"


def test_members_come_and_go(api: Callable, alice: User, carol: User, platform: Team):
    client, path = api(alice), f"/api/teams/{platform.public_id}/members"
    answer = client.post(path, {"userId": carol.public_id, "role": "ADMIN"})
    assert answer.status_code == 201
    assert answer.json()["role"] == TeamRole.ADMIN
    assert client.post(path, {"userId": carol.public_id}).status_code == 409
    assert client.delete(f"{path}/{carol.public_id}").json()["deleted"]
    assert client.delete(f"{path}/{carol.public_id}").status_code == 404
    client.post(path, {"userId": carol.public_id})
    assert client.delete(f"{path}?userId={carol.public_id}").status_code == 200
    client.post(path, {"userId": carol.public_id})
    assert client.delete(path, {"userId": carol.public_id}).status_code == 200


def test_the_last_owner_is_kept(api: Callable, alice: User, platform: Team):
    answer = api(alice).delete(f"/api/teams/{platform.public_id}/members/{alice.public_id}")
    assert answer.status_code == 409


def test_an_unknown_person_is_a_bad_field(api: Callable, alice: User, platform: Team):
    answer = api(alice).post(f"/api/teams/{platform.public_id}/members", {"userId": "usr_x"})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == "userId"


def test_who_may_not_govern_may_not_here_either(
    api: Callable, bob: User, carol: User, root: User, platform: Team
):
    path = f"/api/teams/{platform.public_id}"
    assert api(bob).patch(path, {"leadId": bob.public_id}).status_code == 403
    assert api(bob).delete(path).status_code == 403
    assert api(carol).patch(path, {"name": "Mine"}).status_code == 403
    assert api(carol).post("/api/teams", {"name": "Mine"}).status_code == 403
    assert api(root).delete(path).json() == {"deleted": True, "id": platform.public_id}


READS = [("get", "/api/users"), ("get", "/api/users/{user}"), ("get", "/api/teams")]
WRITES = [
    ("post", "/api/users"),
    ("patch", "/api/users/{user}"),
    ("post", "/api/teams"),
    ("patch", "/api/teams/{team}"),
    ("delete", "/api/teams/{team}"),
    ("post", "/api/teams/{team}/members"),
    ("delete", "/api/teams/{team}/members"),
    ("delete", "/api/teams/{team}/members/{user}"),
]


@pytest.mark.parametrize(("method", "path"), READS + WRITES)
def test_a_key_without_the_scope_is_refused(
    api: Callable, root: User, platform: Team, method: str, path: str
):
    noun = "users" if path.startswith("/api/users") else "teams"
    wrong = f"{noun}:read" if (method, path) in WRITES else f"{noun}:write"
    url = path.format(user=root.public_id, team=platform.public_id)
    answer = getattr(api(root, wrong, "incidents:read"), method)(url)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "FORBIDDEN"
