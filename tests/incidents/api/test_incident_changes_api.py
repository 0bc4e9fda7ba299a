"""PATCH of an incident and its notes, example by example, and the moves that are refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import Team, User
from core import clock
from incidents import commands
from incidents.models import Incident
from notifications.models import Delivery
from tests.incidents.api.conftest import PATH, open_one

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def test_the_acknowledge_example_stops_the_escalation(
    client: APIClient, shop: SimpleNamespace, alice: User, run_until: Callable
):
    made = open_one(client, shop)
    run_until(clock.now())
    body = client.patch(f"{PATH}/{made['id']}", {"status": "ACKNOWLEDGED"}).json()
    assert {"id", "status", "urgency", "assignee", "updatedAt"} <= set(body)
    assert body["assignee"]["id"] == alice.public_id
    assert Incident.objects.get().escalate_at is None
    assert set(Delivery.objects.values_list("state", flat=True)) <= {"SENT", "CANCELLED"}
    again = client.patch(f"{PATH}/{made['id']}", {"status": "ACKNOWLEDGED"})
    assert again.status_code == 200


@pytest.mark.parametrize("change", [{"state": "ACKNOWLEDGED"}, {"statuss": "RESOLVED", "a": 1}])
def test_a_change_of_nothing_that_is_known_is_no_success(
    client: APIClient, shop: SimpleNamespace, change: dict
):
    made = open_one(client, shop)
    answer = client.patch(f"{PATH}/{made['id']}", change)
    assert answer.status_code == 422
    said = answer.content.decode()
    assert next(iter(change)) in said
    assert "Unknown field. Known are: " in said and "status" in said


def test_what_was_read_may_be_sent_back(client: APIClient, shop: SimpleNamespace):
    made = open_one(client, shop)
    whole = client.get(f"{PATH}/{made['id']}").json()
    answer = client.patch(f"{PATH}/{made['id']}", {**whole, "title": "Another title"})
    assert answer.status_code == 200, answer.content
    assert Incident.objects.get().title == "Another title"


def test_the_resolve_example_keeps_the_note(client: APIClient, shop: SimpleNamespace):
    made = open_one(client, shop)
    note = "Restarted connection pool, issue resolved"
    change = {"status": "RESOLVED", "resolutionNote": note}
    assert client.patch(f"{PATH}/{made['id']}", change).json()["status"] == "RESOLVED"
    body = client.get(f"{PATH}/{made['id']}").json()
    assert [row["content"] for row in body["notes"]] == [note]
    assert body["resolvedAt"]


def test_the_snooze_example_wakes_after_its_minutes(client: APIClient, shop: SimpleNamespace):
    made = open_one(client, shop)
    with time_machine.travel(datetime(2026, 3, 2, 3, tzinfo=UTC), tick=False):
        change = {"status": "SNOOZED", "snoozeDuration": 30}
        assert client.patch(f"{PATH}/{made['id']}", change).status_code == 200
    until = client.get(f"{PATH}/{made['id']}").json()["snoozedUntil"]
    assert until == "2026-03-02T03:30:00Z"
    commands.wake_due(datetime(2026, 3, 2, 3, 30, tzinfo=UTC))
    assert Incident.objects.get().status == "OPEN"


def test_the_update_example_changes_all_it_names(
    client: APIClient, shop: SimpleNamespace, bob: User
):
    made = open_one(client, shop, customDetails={"a": 1, "b": 2})
    change = {
        "status": "ACKNOWLEDGED",
        "urgency": "HIGH",
        "priority": "P2",
        "assigneeId": bob.public_id,
        "title": "Payments are down",
        "description": "Updated description with more details",
        "customDetails": {"b": None, "c": 3},
    }
    answer = client.patch(f"{PATH}/{made['id']}", change).json()
    assert (answer["urgency"], answer["assignee"]["name"]) == ("HIGH", "Bob")
    body = client.get(f"{PATH}/{made['id']}").json()
    assert (body["title"], body["priority"]) == ("Payments are down", "P2")
    assert body["customDetails"] == {"a": 1, "c": 3}


def test_an_owner_is_changed_and_taken_away(
    client: APIClient, shop: SimpleNamespace, bob: User, platform: Team
):
    path = f"{PATH}/{open_one(client, shop, assigneeId=bob.public_id)['id']}"
    answer = client.patch(path, {"assignedTeamId": platform.public_id}).json()
    assert (answer["assignee"], answer["assignedTeam"]["name"]) == (None, "Platform")
    assert client.patch(path, {"assigneeId": None}).json()["assignedTeam"]["name"] == "Platform"
    assert client.patch(path, {"assignedTeamId": None}).json()["assignedTeam"] is None
    assert client.patch(path, {"assigneeId": bob.public_id}).json()["assignee"]["name"] == "Bob"
    assert client.patch(path, {"assigneeId": None}).json()["assignee"] is None


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("RESOLVED", "ACKNOWLEDGED"),
        ("RESOLVED", "SNOOZED"),
        ("ACKNOWLEDGED", "SUPPRESSED"),
        ("SNOOZED", "SUPPRESSED"),
        ("SUPPRESSED", "ACKNOWLEDGED"),
    ],
)
def test_a_move_that_the_table_lacks_is_refused(
    first: str, then: str, client: APIClient, shop: SimpleNamespace
):
    path = f"{PATH}/{open_one(client, shop)['id']}"
    assert client.patch(path, {"status": first}).status_code == 200
    refused = client.patch(path, {"status": then, "title": "Changed"})
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "INVALID_STATUS"
    body = client.get(path).json()
    assert (body["status"], body["title"]) == (first, "Elevated API error rate")
    assert client.patch(path, {"status": "OPEN"}).json()["status"] == "OPEN"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "MERGED"}, "status"),
        ({"status": "SNOOZED", "snoozeDuration": 0}, "snoozeDuration"),
        ({"status": "SNOOZED", "snoozeDuration": 99999}, "snoozeDuration"),
        ({"urgency": None}, "urgency"),
        ({"title": ""}, "title"),
        ({"assigneeId": "usr_none"}, "assigneeId"),
        ({"assignedTeamId": "team_none"}, "assignedTeamId"),
        ({"resolutionNote": "x" * 10_001}, "resolutionNote"),
    ],
)
def test_a_bad_change_is_refused_by_field(
    change: dict, field: str, client: APIClient, shop: SimpleNamespace
):
    path = f"{PATH}/{open_one(client, shop)['id']}"
    answer = client.patch(path, change)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"snoozeDuration": 30}, "“status”: “SNOOZED”"),
        ({"snoozeDuration": 30, "status": "ACKNOWLEDGED"}, "“status”: “SNOOZED”"),
        ({"resolutionNote": "Restarted it", "title": "Changed"}, "“status”: “RESOLVED”"),
        ({"resolutionNote": "Restarted it", "status": "SNOOZED"}, "“status”: “RESOLVED”"),
    ],
)
def test_a_field_without_effect_is_refused_with_its_remedy(
    change: dict, remedy: str, client: APIClient, shop: SimpleNamespace
):
    path = f"{PATH}/{open_one(client, shop)['id']}"
    before = client.get(path).json()
    answer = client.patch(path, change)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert error["details"] == {"field": next(iter(change)), "reason": "status_missing"}
    assert remedy in error["message"]
    assert client.get(path).json() == before


def test_reopening_next_to_an_active_twin_is_a_conflict(client: APIClient, shop: SimpleNamespace):
    first = open_one(client, shop, dedupKey="pay-1")
    client.patch(f"{PATH}/{first['id']}", {"status": "RESOLVED"})
    open_one(client, shop, dedupKey="pay-1")
    answer = client.patch(f"{PATH}/{first['id']}", {"status": "OPEN"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")


def test_the_note_example_is_answered_with_its_author(
    client: APIClient, shop: SimpleNamespace, alice: User
):
    path = f"{PATH}/{open_one(client, shop)['id']}/notes"
    answer = client.post(path, {"content": "Root cause identified"})
    body = answer.json()
    assert answer.status_code == 201
    assert body["author"] == {"id": alice.public_id, "name": "Alice"}
    assert body["isInternal"] is False
    assert set(body) == {"id", "content", "author", "createdAt", "isInternal"}
    for content in ("", "x" * 10_001):
        assert client.post(path, {"content": content}).status_code == 422


def test_escalate_now_fires_the_step_that_was_seen_and_no_other(
    client: APIClient, shop: SimpleNamespace, run_until: Callable
):
    path = f"{PATH}/{open_one(client, shop)['id']}"
    run_until(clock.now())
    seen = {"mark": client.get(path).json()["escalationMark"]}
    answer = client.post(f"{path}/escalate", seen)
    assert (answer.status_code, answer.json()["currentEscalationStep"]) == (200, 1)
    run_until(clock.now())
    refused = client.post(f"{path}/escalate", seen)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT")
    assert client.get(path).json()["currentEscalationStep"] == 2


def test_a_new_owner_may_start_the_escalation_again(
    client: APIClient, shop: SimpleNamespace, bob: User
):
    path = f"{PATH}/{open_one(client, shop)['id']}"
    client.patch(path, {"status": "ACKNOWLEDGED"})
    change = {"assigneeId": bob.public_id, "restartEscalation": True}
    answer = client.patch(path, change).json()
    assert (answer["status"], answer["assignee"]["name"]) == ("OPEN", "Bob")
    assert client.patch(path, {"assigneeId": None, "restartEscalation": True}).status_code == 422
