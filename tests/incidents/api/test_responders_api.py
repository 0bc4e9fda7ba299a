"""/api/incidents/:id/responders: ask, answer, withdraw."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from rest_framework.test import APIClient

from accounts.models import Team, User
from tests.incidents.api.conftest import PATH, open_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(client: APIClient, shop: SimpleNamespace) -> str:
    return f"{PATH}/{open_one(client, shop)['id']}/responders"


def test_somebody_is_asked_and_only_they_answer(
    client: APIClient, path: str, bob: User, platform: Team, api: Callable
):
    body = {"userIds": [bob.public_id], "teamIds": [platform.public_id], "message": "Please"}
    answer = client.post(path, body)
    assert answer.status_code == 201
    (row,) = answer.json()["responders"]  # alice, who asks, is of the team too
    assert (row["user"]["name"], row["status"], row["askedBy"]) == ("Bob", "REQUESTED", "Alice")
    one = f"{path}/{row['id']}"
    assert client.patch(one, {"status": "ACCEPTED"}).status_code == 403
    declined = api(bob).patch(one, {"status": "DECLINED", "note": "Asleep"}).json()
    assert (declined["status"], declined["note"]) == ("DECLINED", "Asleep")
    listed = client.get(path).json()
    assert [row["status"] for row in listed["responders"]] == ["DECLINED"]


def test_a_request_is_withdrawn(client: APIClient, path: str, bob: User):
    (row,) = client.post(path, {"userIds": [bob.public_id]}).json()["responders"]
    assert client.delete(f"{path}/{row['id']}").json()["status"] == "WITHDRAWN"


@pytest.mark.parametrize("body", [{}, {"userIds": ["usr_none"]}, {"scheduleIds": ["x"]}])
def test_nobody_to_ask_is_refused(client: APIClient, path: str, body: dict):
    assert client.post(path, body).status_code == 422
