"""/api/push-devices: one's own devices, by the same commands as the page."""

import pytest

from accounts.models import User
from notifications.models import ContactMethod, Delivery
from tests.fakes.push_service import PushService
from tests.notifications.push import give

pytestmark = pytest.mark.django_db
URL = "/api/push-devices"


def test_a_device_subscribes_and_unsubscribes(api, alice: User, push_service: PushService):
    client = api(alice, "users:read", "users:write")
    key = client.get(f"{URL}/key").json()["publicKey"]
    body = {**push_service.subscribe(key=key).subscription, "label": "My tablet"}
    added = client.post(URL, body, format="json")
    assert added.status_code == 201
    assert added.json()["renewPath"].startswith("/push/device/")
    assert Delivery.objects.get().channel == "PUSH"
    (listed,) = client.get(URL).json()["devices"]
    assert (listed["label"], listed["verifiedAt"]) == ("My tablet", None)
    assert body["endpoint"] not in str(listed)
    assert client.delete(f"{URL}/{listed['id']}").json() == {"deleted": True, "id": listed["id"]}
    assert not ContactMethod.objects.filter(channel="PUSH").exists()


def test_devices_of_others_are_not_there(api, alice: User, bob: User, push_service: PushService):
    method, _ = give(bob, push_service)
    client = api(alice, "users:read", "users:write")
    assert client.get(URL).json()["total"] == 0
    assert client.delete(f"{URL}/{method.public_id}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            {"endpoint": "https://10.0.0.1/", "keys": {"p256dh": "x", "auth": "y"}},
            "endpoint",
        ),
        ({"endpoint": "https://example.com/", "keys": {"p256dh": "x", "auth": "y"}}, "keys"),
        ({"endpoint": "https://example.com/"}, "keys"),
    ],
)
def test_what_no_browser_says_is_refused(api, alice: User, body: dict, field: str):
    answer = api(alice, "users:write").post(URL, body, format="json")
    assert answer.status_code == 422
    assert field in str(answer.json())
