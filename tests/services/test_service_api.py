"""/api/services and their integrations: shapes, rights, keys that are shown once."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import Team, User
from core import clock, config
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec
from escalation.models import EscalationPolicy
from incidents.models import Incident
from services.models import Integration, Service

pytestmark = [pytest.mark.once, pytest.mark.django_db]


@pytest.fixture
def client(api: Callable, alice: User) -> APIClient:
    return api(alice)


@pytest.fixture
def loud() -> EscalationPolicy:
    return escalation.create_policy(name="Loud", spec=PolicySpec([]), by=SYSTEM, now=clock.now())


def new_service(client: APIClient, **body: object) -> dict:
    answer = client.post("/api/services", {"name": "Payment API", **body})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_service_is_made_with_its_owner_and_policy(
    client: APIClient, platform: Team, loud: EscalationPolicy
):
    made = new_service(
        client,
        description="Takes the money",
        teamId=platform.public_id,
        escalationPolicyId=loud.public_id,
    )
    assert made["team"] == {"id": platform.public_id, "name": "Platform"}
    assert made["escalationPolicy"] == {"id": loud.public_id, "name": "Loud"}
    assert set(made) == {
        "id", "name", "description", "team", "escalationPolicy", "ackTimeoutMinutes", "createdAt",
        "updatedAt",
    }  # fmt: skip
    assert made["id"].startswith("svc_")
    assert client.get(f"/api/services/{made['id']}").json() == made


def test_patch_changes_only_what_it_names(
    client: APIClient, platform: Team, loud: EscalationPolicy
):
    made = new_service(client, teamId=platform.public_id, escalationPolicyId=loud.public_id)
    path = f"/api/services/{made['id']}"
    changed = client.patch(path, {"teamId": None, "description": "New"}).json()
    assert (changed["team"], changed["description"]) == (None, "New")
    assert changed["escalationPolicy"]["name"] == "Loud"
    assert client.patch(path, {}).json()["name"] == "Payment API"
    assert client.patch(path, {"ackTimeoutMinutes": 30}).json()["ackTimeoutMinutes"] == 30
    assert client.patch(path, {"ackTimeoutMinutes": None}).json()["ackTimeoutMinutes"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "A", "teamId": "team_nobody"}, "teamId"),
        ({"name": "A", "escalationPolicyId": "pol_none"}, "escalationPolicyId"),
        ({}, "name"),
    ],
)
def test_a_bad_service_is_refused_by_field(client: APIClient, body: dict, field: str):
    answer = client.post("/api/services", body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert not Service.objects.exists()


def test_a_missing_name_is_refused_in_words(client: APIClient):
    error = client.post("/api/services", {}).json()["error"]
    assert (error["message"], error["details"]["reason"]) == ("Name is required", "required")


def test_a_name_that_is_taken_is_a_conflict(client: APIClient):
    new_service(client)
    assert client.post("/api/services", {"name": "payment api"}).status_code == 409


def test_the_list_is_filtered_and_paged(
    client: APIClient, platform: Team, django_assert_max_num_queries: Callable
):
    new_service(client, teamId=platform.public_id)
    new_service(client, name="Search")
    by_team = client.get("/api/services", {"teamId": platform.public_id}).json()
    assert [row["name"] for row in by_team["services"]] == ["Payment API"]
    assert client.get("/api/services", {"name": "search"}).json()["total"] == 1
    with django_assert_max_num_queries(8):
        page = client.get("/api/services", {"limit": 1, "offset": 1})
    body = page.json()
    assert (body["total"], body["limit"], body["offset"], body["hasMore"]) == (2, 1, 1, False)
    assert page["X-Total-Count"] == "2"
    refused = client.get("/api/services", {"color": "red"})
    assert refused.json()["error"]["details"] == {"field": "color", "reason": "unknown"}


def test_archiving_is_for_admins(client: APIClient, api: Callable, root: User):
    path = f"/api/services/{new_service(client)['id']}"
    assert client.delete(path).status_code == 403
    assert api(root).delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_the_key_of_an_integration_is_shown_once_and_works(client: APIClient):
    config.put("public_url", "https://pager.example.com")
    service = new_service(client)
    path = f"/api/services/{service['id']}/integrations"
    made = client.post(path, {"name": "Prometheus Alerts", "type": "prometheus"})
    body = made.json()
    assert made.status_code == 201
    assert len(body["key"]) == 32
    assert body["url"] == f"https://pager.example.com/api/integrations/prometheus/{body['key']}"
    shown = {key: body[key] for key in ("id", "name", "type", "enabled", "keyLast4")}
    assert client.get(path).json()["integrations"] == [shown]
    assert body["key"].endswith(body["keyLast4"])
    plain = client.post(path, {"name": "Events"}).json()
    assert plain["url"] == "https://pager.example.com/api/events"
    event = {"event_action": "trigger", "dedup_key": "disk-1"}
    event["payload"] = {"summary": "Disk full", "source": "db-1", "severity": "critical"}
    sender = APIClient(HTTP_AUTHORIZATION=f"Token token={plain['key']}")
    assert sender.post("/api/events", event, format="json").status_code == 202
    assert Incident.objects.get().service.public_id == service["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": "X", "type": "carrier-pigeon"}, "type"), ({"type": "events"}, "name")],
)
def test_a_bad_integration_is_refused(client: APIClient, body: dict, field: str):
    path = f"/api/services/{new_service(client)['id']}/integrations"
    answer = client.post(path, body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert not Integration.objects.exists()


def test_users_edit_services_of_their_team_and_no_others(
    client: APIClient, api: Callable, carol: User, platform: Team
):
    mine = new_service(client, teamId=platform.public_id)
    other = new_service(client, name="Search")
    user = api(carol)
    assert user.post("/api/services", {"name": "Mine"}).status_code == 403
    assert user.patch(f"/api/services/{mine['id']}", {"name": "B"}).status_code == 403
    platform.memberships.create(user=carol)
    assert user.patch(f"/api/services/{mine['id']}", {"name": "B"}).status_code == 200
    assert user.patch(f"/api/services/{other['id']}", {"name": "C"}).status_code == 403
    path = f"/api/services/{mine['id']}/integrations"
    assert user.post(path, {"name": "Mine"}).status_code == 201


def test_a_user_cannot_hand_a_service_to_strangers(
    client: APIClient, api: Callable, carol: User, platform: Team
):
    platform.memberships.create(user=carol)
    strangers = Team.objects.create(name="Strangers")
    path = f"/api/services/{new_service(client, teamId=platform.public_id)['id']}"
    refused = api(carol).patch(path, {"teamId": strangers.public_id})
    assert refused.status_code == 422
    assert client.patch(path, {"teamId": strangers.public_id}).status_code == 200


def test_the_key_needs_its_scope(api: Callable, alice: User):
    reader = api(alice, "services:read")
    assert reader.get("/api/services").status_code == 200
    assert reader.post("/api/services", {"name": "A"}).status_code == 403
    assert APIClient().get("/api/services").status_code == 401
