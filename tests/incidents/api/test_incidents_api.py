"""The Incidents API, example by example of its documentation: create, read, who may."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import Team, User
from core import clock
from incidents import paging
from incidents.models import EventType, Incident, Page
from tests.incidents.api.conftest import PATH, alarm, open_one

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def test_the_create_example_opens_an_incident_that_escalates(
    client: APIClient, shop: SimpleNamespace, run_until: Callable
):
    details = {"error_rate": 5.2, "normal_rate": 0.5}
    made = open_one(client, shop, urgency="MEDIUM", customDetails=details)
    assert made["id"].startswith("inc_")
    assert made["createdAt"].endswith("Z")
    assert (made["status"], made["urgency"]) == ("OPEN", "MEDIUM")
    incident = Incident.objects.get(public_id=made["id"])
    assert incident.custom_details == details
    run_until(clock.now())
    assert [page.user.name for page in Page.objects.all()] == ["Alice"]


def test_everything_that_can_be_given_is_kept(client: APIClient, shop: SimpleNamespace, bob: User):
    link = {"href": "https://example.com/runbook", "text": "Runbook"}
    made = open_one(
        client,
        shop,
        description="Customers report failures",
        priority="P1",
        assigneeId=bob.public_id,
        dedupKey="pay-1",
        links=[link],
    )
    body = client.get(f"{PATH}/{made['id']}").json()
    assert (body["priority"], body["dedupKey"], body["links"]) == ("P1", "pay-1", [link])
    assert body["assignee"] == {"id": bob.public_id, "name": "Bob", "email": "bob@example.com"}
    assert (body["urgency"], body["source"], body["customDetails"]) == ("LOW", "api", {})


def test_an_active_dedup_key_gives_the_same_incident_back(client: APIClient, shop: SimpleNamespace):
    first = open_one(client, shop, dedupKey="pay-1")
    given = {"title": "Again", "serviceId": shop.service.public_id, "dedupKey": "pay-1"}
    twin = client.post(PATH, given)
    assert twin.status_code == 200
    assert (twin.json()["id"], twin.json()["deduplicated"]) == (first["id"], True)
    client.patch(f"{PATH}/{first['id']}", {"status": "RESOLVED"})
    assert client.post(PATH, given).status_code == 201


def test_suppressed_first_notifications_leave_the_next_step_alone(
    client: APIClient, shop: SimpleNamespace, run_until: Callable
):
    open_one(client, shop, suppressNotifications=True)
    run_until(clock.now())
    assert not Page.objects.exists()
    run_until(clock.now() + timedelta(minutes=5))
    assert [page.user.name for page in Page.objects.all()] == ["Bob"]


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"title": None}, 422, "VALIDATION_ERROR", "title"),
        ({"title": ""}, 422, "VALIDATION_ERROR", "title"),
        ({"title": " \n "}, 422, "VALIDATION_ERROR", "title"),
        ({"title": "x" * 256}, 422, "VALIDATION_ERROR", "title"),
        ({"serviceId": "svc_none"}, 404, "NOT_FOUND", "serviceId"),
        ({"urgency": "CRITICAL"}, 422, "VALIDATION_ERROR", "urgency"),
        ({"priority": "P6"}, 422, "VALIDATION_ERROR", "priority"),
        ({"assigneeId": "usr_none"}, 422, "VALIDATION_ERROR", "assigneeId"),
        ({"customDetails": ["a"]}, 422, "VALIDATION_ERROR", "customDetails"),
        ({"links": [{"href": "javascript:x"}]}, 422, "VALIDATION_ERROR", "links.0.href"),
        ({"dedupKey": "k" * 300}, 422, "VALIDATION_ERROR", "dedupKey"),
    ],
)
def test_a_bad_incident_is_refused_by_field(
    change: dict, status: int, code: str, field: str, client: APIClient, shop: SimpleNamespace
):
    given = {"title": "Down", "serviceId": shop.service.public_id} | change
    answer = client.post(PATH, given)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["details"]["field"] == field
    assert not Incident.objects.exists()


def test_the_documented_error_is_answered_word_by_word(client: APIClient, shop: SimpleNamespace):
    assert client.post(PATH, {"serviceId": shop.service.public_id}).json() == {
        "status": "error",
        "error": {
            "code": "VALIDATION_ERROR",
            "message": "Title is required",
            "details": {"field": "title", "reason": "required"},
        },
    }


def test_a_person_and_a_team_together_are_refused(
    client: APIClient, shop: SimpleNamespace, bob: User, platform: Team
):
    owners = {"assigneeId": bob.public_id, "assignedTeamId": platform.public_id}
    given = {"title": "Down", "serviceId": shop.service.public_id, **owners}
    assert client.post(PATH, given).status_code == 422
    made = open_one(client, shop)
    assert client.patch(f"{PATH}/{made['id']}", owners).status_code == 422


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"title": NaN}', b"\xff"])
def test_a_malformed_body_is_an_invalid_request(client: APIClient, body: bytes):
    answer = client.post(PATH, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"


def test_the_list_has_the_documented_shape(
    client: APIClient, shop: SimpleNamespace, django_assert_max_num_queries: Callable
):
    for number in range(3):
        open_one(client, shop, title=f"Trouble {number}", dedupKey=f"k{number}")
    with django_assert_max_num_queries(8):
        body = client.get(PATH, {"limit": 2}).json()
    assert {key: body[key] for key in body if key != "incidents"} == {
        "total": 3,
        "limit": 2,
        "offset": 0,
        "hasMore": True,
    }
    newest = body["incidents"][0]
    documented = {
        "id", "title", "description", "status", "urgency", "service", "assignee", "createdAt",
        "acknowledgedAt", "resolvedAt", "dedupKey",
    }  # fmt: skip
    assert documented <= set(newest)
    assert newest["title"] == "Trouble 2"
    assert newest["service"] == {"id": shop.service.public_id, "name": "Payment API"}
    assert client.get(PATH, {"limit": 9999}).json()["limit"] == 200


def test_the_list_is_filtered_and_sorted(
    client: APIClient, shop: SimpleNamespace, bob: User, platform: Team
):
    low = open_one(client, shop, title="Low")
    high = open_one(client, shop, title="High", urgency="HIGH", assigneeId=bob.public_id)
    client.patch(f"{PATH}/{low['id']}", {"status": "ACKNOWLEDGED"})

    def titles(**query: str) -> list[str]:
        return [row["title"] for row in client.get(PATH, query).json()["incidents"]]

    assert titles(status="OPEN") == titles(urgency="HIGH") == ["High"]
    assert titles(assigneeId=bob.public_id) == ["High"]
    assert titles(status="open,ACKNOWLEDGED", sort="urgency", order="asc") == ["Low", "High"]
    assert titles(teamId=platform.public_id) == titles() == ["High", "Low"]
    assert titles(serviceId="svc_none") == []
    assert titles(createdAfter=high["createdAt"]) == ["High"]
    assert titles(createdBefore="2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "LOUD"}, "status"),
        ({"color": "red"}, "color"),
        ({"sort": "mood"}, "sort"),
        ({"order": "up"}, "order"),
        ({"limit": "many"}, "limit"),
        ({"createdAfter": "yesterday"}, "createdAfter"),
        ({"createdBefore": "9999-12-31T23:59:59-12:00"}, "createdBefore"),
    ],
)
def test_an_unknown_filter_or_value_is_refused(client: APIClient, query: dict, field: str):
    answer = client.get(PATH, query)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


def test_one_incident_has_everything_that_is_documented(
    client: APIClient, shop: SimpleNamespace, bob: User, django_assert_max_num_queries: Callable
):
    incident = alarm(shop)
    start = clock.now()
    paging.advance(start)
    paging.advance(start + timedelta(minutes=5))
    for number in range(4):
        client.post(f"{PATH}/{incident.public_id}/notes", {"content": f"Note {number}"})
    with django_assert_max_num_queries(10):
        body = client.get(f"{PATH}/{incident.public_id}").json()
    team = {"id": shop.service.team.public_id, "name": "Platform"}
    assert body["service"] == {"id": shop.service.public_id, "name": "Payment API", "team": team}
    integration = {"id": shop.integration.public_id, "name": "Monitoring", "type": "events"}
    assert body["integration"] == integration
    policy = shop.policy
    assert body["escalationPolicy"] == {"id": policy.public_id, "name": policy.name}
    assert body["currentEscalationStep"] == 2
    assert body["customDetails"]["timeout_ms"] == 30000
    assert body["links"] == [{"href": "https://grafana.example.com/d", "text": "Dashboard"}]
    first, second, third = body["timeline"][:3]
    assert (first["type"], first["actor"]) == ("created", "system")
    assert [entry["type"] for entry in (second, third)] == ["escalation", "escalation"]
    assert all(isinstance(entry["details"], str) for entry in body["timeline"])
    assert len(body["notes"]) == 4
    assert (body["snoozedUntil"], body["assignedTeam"]) == (None, None)
    assert body["relatedIncidents"] == []
    assert client.get(f"{PATH}/{incident.pk}").json()["id"] == incident.public_id


def test_earlier_incidents_of_the_same_key_are_related(client: APIClient, shop: SimpleNamespace):
    first = alarm(shop).public_id
    client.patch(f"{PATH}/{first}", {"status": "RESOLVED"})
    second = open_one(client, shop, dedupKey="db-timeout")["id"]
    assert client.get(f"{PATH}/{second}").json()["relatedIncidents"] == [first]


def test_the_timeline_has_structured_actors_and_details(
    client: APIClient, shop: SimpleNamespace, alice: User, run_until: Callable
):
    incident = alarm(shop)
    run_until(clock.now() + timedelta(minutes=5))
    client.patch(f"{PATH}/{incident.public_id}", {"status": "ACKNOWLEDGED"})
    client.post(f"{PATH}/{incident.public_id}/notes", {"content": "Looking"})
    entries = client.get(f"{PATH}/{incident.public_id}/timeline").json()["timeline"]
    by_type = {entry["type"]: entry for entry in entries}
    assert set(by_type) <= set(EventType.values)
    assert by_type["created"]["actor"] == {"type": "system", "name": "Monitoring"}
    step = by_type["escalation"]
    assert step["actor"] == {"type": "system"}
    assert (step["details"]["from_step"], step["details"]["to_step"]) == (1, 2)
    assert step["details"]["reason"]
    person = {"type": "user", "id": alice.public_id, "name": "Alice"}
    assert by_type["acknowledged"]["actor"] == person
    assert by_type["acknowledged"]["details"]["via"] == "api"
    assert by_type["note_added"]["details"]["note_id"].startswith("note_")
    assert all(entry["id"].startswith("evt_") for entry in entries)


@pytest.mark.parametrize("name", ["inc_none", "0", "99999999999999999999", "١٢"])
def test_an_unknown_incident_is_not_found(client: APIClient, name: str):
    answer = client.get(f"{PATH}/{name}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NOT_FOUND"


def test_users_see_and_change_what_is_theirs(
    api: Callable, client: APIClient, shop: SimpleNamespace, carol: User, platform: Team
):
    path = f"{PATH}/{open_one(client, shop)['id']}"
    user = api(carol)
    given = {"title": "Down", "serviceId": shop.service.public_id}
    assert user.get(PATH).json()["total"] == 0
    assert user.get(path).status_code == user.patch(path, {}).status_code == 404
    assert user.post(PATH, given).status_code == 403
    platform.memberships.create(user=carol)
    assert user.patch(path, {"status": "ACKNOWLEDGED"}).status_code == 200
    assert user.post(PATH, given).status_code == 201
    assert user.post(f"{path}/notes", {"content": "Hello"}).status_code == 403


def test_the_key_needs_its_scope(api: Callable, alice: User, shop: SimpleNamespace):
    reader, writer = api(alice, "incidents:read"), api(alice, "incidents:write")
    path = f"{PATH}/{open_one(writer, shop)['id']}"
    assert reader.get(path).status_code == 200
    assert writer.get(path).status_code == 403
    refused = reader.patch(path, {"status": "RESOLVED"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert "incidents:write" in refused.json()["error"]["message"]
    stranger = APIClient().get(path)
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "UNAUTHORIZED")


def test_the_documented_limit_is_kept_and_announced(client: APIClient, shop: SimpleNamespace):
    made = open_one(client, shop)
    body = {"title": "Again", "serviceId": shop.service.public_id, "dedupKey": "k"}
    with time_machine.travel(clock.now(), tick=False):  # however slow the computer is
        answers = [client.post(PATH, body) for _ in range(50)]
    assert answers[0]["X-RateLimit-Limit"] == "50"
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) >= 1
    assert answers[-1].json()["error"]["code"] == "RATE_LIMITED"
    assert client.get(f"{PATH}/{made['id']}").status_code == 200
