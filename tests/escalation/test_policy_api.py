"""/api/escalation-policies: versions over the wire, If-Match, rights, refusals."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import Team, User
from core import clock
from core.actor import SYSTEM
from core.errors import Conflict
from escalation.models import EscalationPolicy, PolicyVersion
from schedules import commands as schedules
from services import commands as services

pytestmark = [pytest.mark.once, pytest.mark.django_db]
PATH = "/api/escalation-policies"


@pytest.fixture
def admin(api: Callable, root: User) -> APIClient:
    return api(root)


def paging(*people: User, **more: object) -> dict:
    targets = [{"type": "USER", "id": user.public_id} for user in people]
    return {"name": "Loud", "steps": [{"escalateAfterMinutes": 5, "targets": targets}], **more}


def test_a_policy_comes_back_as_it_was_given(
    admin: APIClient, alice: User, bob: User, platform: Team
):
    rota = schedules.create_schedule(name="Primary", time_zone="UTC", by=SYSTEM, now=clock.now())
    body = {
        "name": "Payment API Escalation",
        "description": "Money first",
        "initialDelayMinutes": 1,
        "repeatCount": None,
        "fallbackUserIds": [bob.public_id],
        "steps": [
            {"escalateAfterMinutes": 5, "targets": [{"type": "SCHEDULE", "id": rota.public_id}]},
            {
                "escalateAfterMinutes": 10,
                "channels": ["EMAIL"],
                "targets": [
                    {"type": "USER", "id": alice.public_id},
                    {"type": "TEAM", "id": platform.public_id, "leadOnly": True},
                ],
            },
        ],
    }
    answer = admin.post(PATH, body)
    assert answer.status_code == 201
    assert answer["ETag"] == '"1"'
    made = answer.json()
    plain = {"channels": [], "leadOnly": False}
    first, second = made["steps"]
    assert first["targets"] == [
        {
            "type": "SCHEDULE",
            "id": rota.public_id,
            "name": "Primary",
            "leadOnly": False,
            "roundRobin": False,
            "position": 1,
        }
    ]
    assert first["channels"] == plain["channels"]
    assert second["targets"][1] == {
        "type": "TEAM",
        "id": platform.public_id,
        "name": "Platform",
        "leadOnly": True,
        "roundRobin": False,
        "position": 1,
    }
    assert made | {key: body[key] for key in body if key != "steps"} == made
    assert admin.get(f"{PATH}/{made['id']}").json() == made
    assert admin.get(PATH).json()["escalationPolicies"] == [made]


def test_the_secondary_and_the_owner_travel_over_the_wire(admin: APIClient, platform: Team):
    rota = schedules.create_schedule(name="Primary", time_zone="UTC", by=SYSTEM, now=clock.now())
    second = {"type": "SCHEDULE", "id": rota.public_id, "position": 2}
    body = {"name": "Calm", "teamId": platform.public_id, "steps": [{"targets": [second]}]}
    made = admin.post(PATH, body).json()
    assert made["steps"][0]["targets"][0]["position"] == 2
    assert made["teamId"] == platform.public_id
    again = admin.put(f"{PATH}/{made['id']}", body | {"teamId": None}).json()
    assert (again["teamId"], again["steps"]) == (None, made["steps"])
    refused = admin.post(PATH, body | {"name": "Odd", "teamId": "team_x"})
    assert refused.json()["error"]["details"]["field"] == "teamId"


def test_turns_and_conditions_travel_over_the_wire(admin: APIClient, platform: Team):
    team = {"type": "TEAM", "id": platform.public_id, "roundRobin": True}
    days = [{"days": ["MON"], "start": "09:00", "end": "17:00", "endDay": None}]
    acting = {"by": SYSTEM, "now": clock.now()}
    office = schedules.save_support_hours(
        None, name="Office", time_zone="UTC", windows=days, holidays=None, **acting
    )
    hours = {"id": office.public_id, "inside": False}
    conditions = {"urgencies": ["HIGH", "LOW"], "priorities": ["P1", "NONE"]}
    step = {"targets": [team], "conditions": conditions | {"supportHours": hours}}
    body = {"name": "Calm", "steps": [step], "lowUrgencySupportHoursId": office.public_id}
    made = admin.post(PATH, body).json()
    assert made["lowUrgencySupportHoursId"] == office.public_id
    with pytest.raises(Conflict, match="Still used by the policy “Calm”"):
        schedules.delete_support_hours(office, **acting)
    [step] = made["steps"]
    conditions["supportHours"] = hours | {"name": "Office"}
    assert step["conditions"] == conditions
    assert step["targets"][0]["roundRobin"] is True
    all_of_them = {"urgencies": ["LOW", "HIGH", "MEDIUM"]}
    body["steps"][0]["conditions"] = all_of_them
    again = admin.put(f"{PATH}/{made['id']}", body).json()
    assert again["steps"][0]["conditions"] == {
        "urgencies": [],
        "priorities": [],
        "supportHours": None,
    }
    body["steps"][0]["targets"] = [team | {"leadOnly": True}]
    refused = admin.put(f"{PATH}/{made['id']}", body).json()
    assert refused["error"]["details"]["field"] == "steps.0.targets.0.roundRobin"


def test_defaults_are_those_of_the_documentation(admin: APIClient, alice: User):
    targets = [{"type": "USER", "id": alice.public_id}]
    made = admin.post(PATH, {"name": "Plain", "steps": [{"targets": targets}]}).json()
    assert made["steps"][0]["escalateAfterMinutes"] == 5
    assert (made["repeatCount"], made["initialDelayMinutes"]) == (0, 0)


def test_put_makes_the_next_version_unless_somebody_was_faster(
    admin: APIClient, alice: User, bob: User
):
    made = admin.post(PATH, paging(alice)).json()
    path = f"{PATH}/{made['id']}"
    second = admin.put(path, paging(bob), headers={"If-Match": '"1"'})
    assert (second.status_code, second["ETag"], second.json()["version"]) == (200, '"2"', 2)
    late = admin.put(path, paging(alice), headers={"If-Match": '"1"'})
    assert late.status_code == 409
    assert "version 2" in late.json()["error"]["message"]
    assert admin.get(path).json()["version"] == 2
    assert admin.put(path, paging(alice)).json()["version"] == 3
    odd = admin.put(path, paging(alice), headers={"If-Match": '"abc"'})
    assert odd.json()["error"]["details"]["field"] == "If-Match"
    assert PolicyVersion.objects.count() == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"steps": None}, "steps"),
        ({"repeatCount": 10}, "repeatCount"),
        ({"initialDelayMinutes": -1}, "initialDelayMinutes"),
        ({"fallbackUserIds": ["usr_nobody"]}, "fallbackUserIds"),
        ({"steps": [{"targets": [{"type": "PIGEON", "id": "x"}]}]}, "steps.0.targets.0.type"),
        ({"steps": [{"targets": [{"type": "USER", "id": "usr_x"}]}]}, "steps.0.targets.0.id"),
        ({"steps": [{"targets": [{"type": "TEAM", "id": "usr_x"}]}]}, "steps.0.targets.0.id"),
        ({"steps": [{"targets": [], "channels": ["PIGEON"]}]}, "steps.0.channels.0"),
        ({"steps": [{"targets": [], "conditions": {"urgencies": ["X"]}}]}, "steps.0.conditions"),
        ({"steps": [{"targets": []}] * 21}, "steps"),
    ],
)
def test_a_bad_policy_is_refused_by_field(change: dict, field: str, admin: APIClient, alice: User):
    answer = admin.post(PATH, paging(alice) | change)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"].startswith(field)
    assert not EscalationPolicy.objects.exists()


def test_a_name_that_is_taken_is_a_conflict(admin: APIClient, alice: User):
    admin.post(PATH, paging(alice))
    assert admin.post(PATH, paging(alice, name="LOUD")).status_code == 409
    assert admin.get(PATH, {"name": "loud"}).json()["total"] == 1


def test_a_policy_in_use_is_not_archived(admin: APIClient, alice: User):
    made = admin.post(PATH, paging(alice)).json()
    policy = EscalationPolicy.objects.get()
    service = services.create_service(name="Shop", policy=policy, by=SYSTEM, now=clock.now())
    path = f"{PATH}/{made['id']}"
    assert admin.delete(path).status_code == 409
    services.update_service(service, policy=None, by=SYSTEM, now=clock.now())
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize("name", ["alice", "carol"])
def test_everybody_reads_and_only_admins_write(
    name: str, api: Callable, admin: APIClient, request: pytest.FixtureRequest
):
    person = request.getfixturevalue(name)
    path = f"{PATH}/{admin.post(PATH, paging(person)).json()['id']}"
    client = api(person)
    assert client.get(path).status_code == 200
    assert client.post(PATH, paging(person, name="Other")).status_code == 403
    assert client.put(path, paging(person)).status_code == 403
    assert client.delete(path).status_code == 403


def test_the_key_needs_its_scope(api: Callable, root: User):
    reader = api(root, "policies:read")
    assert reader.get(PATH).status_code == 200
    assert reader.post(PATH, paging(root)).status_code == 403
    assert api(root, "services:read").get(PATH).status_code == 403


def test_the_list_needs_few_queries(
    admin: APIClient, alice: User, bob: User, django_assert_max_num_queries: Callable
):
    for name in ("One", "Two", "Three"):
        admin.post(PATH, paging(alice, bob, name=name))
    with django_assert_max_num_queries(9):
        assert admin.get(PATH).json()["total"] == 3
