"""Devices that take pushes: added, proven, renewed, forgotten; our keys; the doors for them."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from core import clock, webpush
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from core.webpush import KeyPair
from notifications import commands, links
from notifications.commands import Subscription
from notifications.commands.push_keys import OLDER_KEPT
from notifications.domain.devices import GONE, DeviceKeys
from notifications.models import (
    ContactMethod,
    Delivery,
    DeliveryEvent,
    DeliveryOutcome,
    InAppNotification,
    Provider,
)
from tests.fakes.push_service import Browser, PushService
from tests.notifications.push import give, subscription
from tests.page_rules import PageRules, SignedInPage

pytestmark = [pytest.mark.once, pytest.mark.django_db]
PHONE = "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537"
ADD = "/profile/reach/devices/"


@pytest.fixture
def now() -> datetime:
    return clock.now()


def stored_fields() -> dict[str, str]:
    return json.loads(Provider.objects.get(kind="webpush").config)


class TestKeys:
    def test_they_are_made_once_and_audited_without_the_private_one(self, now: datetime) -> None:
        first = commands.public_key(now=now)
        assert commands.public_key(now=now) == first
        fields = stored_fields()
        assert webpush.is_pair(KeyPair(fields["public_key"], fields["private_key"]))
        (event,) = AuditEvent.objects.filter(action="provider.created")
        assert event.changes["public_key"] == first
        assert fields["private_key"] not in json.dumps(event.changes)

    def test_a_new_pair_keeps_the_older_ones_for_their_devices(self, now: datetime) -> None:
        made = [commands.public_key(now=now)]
        made += [commands.rotate_keys(by=SYSTEM, now=now) for _ in range(OLDER_KEPT + 1)]
        assert commands.public_key(now=now) == made[-1]
        kept = [public for public, _ in json.loads(stored_fields()["older_keys"])]
        assert kept == made[-2 : -2 - OLDER_KEPT : -1]

    def test_switched_off_means_off(self, now: datetime) -> None:
        commands.public_key(now=now)
        Provider.objects.update(enabled=False)
        with pytest.raises(Conflict, match="switched off"):
            commands.public_key(now=now)


class TestAdding:
    def test_a_browser_s_own_words_are_enough(
        self, as_alice: Client, alice: User, push_service: PushService
    ) -> None:
        device = push_service.subscribe()
        answer = post(as_alice, ADD, device.subscription, user_agent=PHONE)
        assert answer.status_code == 201
        method = ContactMethod.objects.get(user=alice, channel="PUSH")
        assert (method.address, method.label) == (device.endpoint, "Chrome on Android")
        assert method.verified_at is None
        keys = DeviceKeys.from_text(method.secret)
        assert (keys.p256dh, keys.key) == (device.browser.p256dh, stored_fields()["public_key"])
        assert links.device_of_renewal(answer.json()["renew"].split("/")[-2]) == method
        assert Delivery.objects.get().contact_method == method, "the push that proves it"

    def test_a_person_may_have_several_and_the_same_one_once(
        self, alice: User, push_service: PushService, now: datetime
    ) -> None:
        _, device = give(alice, push_service)
        give(alice, push_service)
        commands.add_device(alice, subscription(device), label="again", by=SYSTEM, now=now)
        assert ContactMethod.objects.filter(user=alice, channel="PUSH").count() == 2

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            {"endpoint": "https://push.example.com/x"},
            {"endpoint": "https://push.example.com/x", "keys": {"p256dh": "x", "auth": "y"}},
            {"endpoint": "https://push.example.com/x", "keys": {"p256dh": 1, "auth": None}},
            {"endpoint": "x" * 9000},
        ],
    )
    def test_what_no_browser_says_is_refused(self, as_alice: Client, alice: User, body) -> None:
        answer = post(as_alice, ADD, body)
        assert answer.status_code == 422
        assert answer.json()["message"]
        assert not ContactMethod.objects.filter(channel="PUSH").exists()

    @pytest.mark.parametrize(
        "endpoint", ["http://127.0.0.1:9/x", "https://169.254.169.254/", "ftp://x/", "x"]
    )
    def test_an_endpoint_inside_is_refused(self, alice: User, now: datetime, endpoint: str) -> None:
        browser = Browser()
        wanted = Subscription(endpoint, browser.p256dh, browser.auth)
        with pytest.raises(ValidationFailed, match="cannot be called"):
            commands.add_device(alice, wanted, label="x", by=SYSTEM, now=now)

    def test_the_endpoint_is_shown_to_nobody(
        self, as_alice: Client, alice: User, push_service: PushService
    ) -> None:
        method, device = give(alice, push_service)
        page = as_alice.get("/profile/reach/").content.decode()
        assert "Chrome on Android" in page
        assert device.endpoint not in page
        assert f'data-device="{method.device_mark}"' in page
        assert device.endpoint not in str(list(AuditEvent.objects.values()))


class TestAnswers:
    @pytest.fixture
    def pushed(self, alice: User, push_service: PushService, now: datetime) -> Delivery:
        method, _ = give(alice, push_service)
        return commands.send_test(method, by=SYSTEM, now=now)

    def test_a_device_that_shows_a_push_is_proven(self, client: Client, pushed: Delivery) -> None:
        assert post(client, links.receipt_path(pushed.pk), {"what": "shown"}).status_code == 204
        pushed.refresh_from_db()
        assert pushed.delivered_at is not None
        assert pushed.seen_at is None
        assert pushed.contact_method.verified_at is not None
        assert pushed.contact_method.proven_at is not None

    def test_a_tap_counts_as_seen(self, client: Client, pushed: Delivery) -> None:
        for _ in range(2):
            post(client, links.receipt_path(pushed.pk), {"what": "clicked"})
        pushed.refresh_from_db()
        assert pushed.delivered_at is not None
        assert pushed.seen_at is not None

    def test_an_answer_for_the_old_address_proves_nothing_of_the_new_one(
        self, client: Client, pushed: Delivery, push_service: PushService, now: datetime
    ) -> None:
        fresh = push_service.subscribe()
        commands.renew_device(pushed.contact_method, subscription(fresh), by=SYSTEM, now=now)
        post(client, links.receipt_path(pushed.pk), {"what": "shown"})
        pushed.contact_method.refresh_from_db()
        assert pushed.contact_method.verified_at is None

    @pytest.mark.parametrize("body", [{}, {"what": "nonsense"}, [], "x"])
    def test_nonsense_changes_nothing(self, client: Client, pushed: Delivery, body: Any) -> None:
        post(client, links.receipt_path(pushed.pk), body)
        pushed.refresh_from_db()
        assert pushed.delivered_at is None

    @pytest.mark.parametrize("path", ["/push/shown/forged/", "/push/device/forged/"])
    def test_forged_tokens_are_refused(self, client: Client, root: User, path: str) -> None:
        assert post(client, path, {"what": "shown"}).status_code == 403

    def test_a_token_of_one_door_opens_no_other(self, client: Client, pushed: Delivery) -> None:
        token = links.receipt_path(pushed.pk).split("/")[-2]
        assert post(client, f"/push/device/{token}/", {}).status_code == 403


class TestRenewal:
    def test_the_browser_s_new_address_takes_the_place_of_the_old(
        self, client: Client, alice: User, push_service: PushService
    ) -> None:
        method, _ = give(alice, push_service)
        ContactMethod.objects.update(verified_at=clock.now())
        fresh = push_service.subscribe()
        assert post(client, links.renewal_path(method), fresh.subscription).status_code == 204
        method.refresh_from_db()
        assert (method.address, method.verified_at) == (fresh.endpoint, None)
        assert Delivery.objects.filter(address=fresh.endpoint).exists()

    def test_a_removed_device_cannot_come_back_by_itself(
        self, client: Client, alice: User, push_service: PushService, now: datetime
    ) -> None:
        method, _ = give(alice, push_service)
        path = links.renewal_path(method)
        commands.remove_method(method, by=SYSTEM, now=now)
        assert post(client, path, push_service.subscribe().subscription).status_code == 403


class TestGone:
    def failed(self, method: ContactMethod, detail: str) -> DeliveryEvent:
        push = commands.send_test(method, by=SYSTEM, now=clock.now())
        return DeliveryEvent.objects.create(
            delivery=push, outcome=DeliveryOutcome.FAILED, at=clock.now(), detail=detail
        )

    def test_it_is_forgotten_and_its_person_told(
        self, alice: User, push_service: PushService, now: datetime
    ) -> None:
        commands.ensure_default_method(alice)
        method, _ = give(alice, push_service)
        event = self.failed(method, f"{GONE} (HTTP 410)")
        for _ in range(2):
            commands.retire_gone([event], now)
        assert not ContactMethod.objects.filter(pk=method.pk).exists()
        (notice,) = InAppNotification.objects.filter(user=alice)
        assert notice.title == "Chrome on Android gets no pages any more"
        assert notice.body.endswith("Your other ways still work.")
        (event,) = AuditEvent.objects.filter(action="contact_method.gone")
        assert event.changes == {"why": f"{GONE} (HTTP 410)"}

    def test_any_other_failure_changes_nothing(
        self, alice: User, push_service: PushService, now: datetime
    ) -> None:
        method, _ = give(alice, push_service)
        commands.retire_gone([self.failed(method, "push service: HTTP 500")], now)
        assert ContactMethod.objects.filter(pk=method.pk).exists()

    def test_a_device_that_was_renewed_meanwhile_stays(
        self, alice: User, push_service: PushService, now: datetime
    ) -> None:
        method, _ = give(alice, push_service)
        event = self.failed(method, f"{GONE} (HTTP 410)")
        commands.renew_device(method, subscription(push_service.subscribe()), by=SYSTEM, now=now)
        commands.retire_gone([event], now)
        assert ContactMethod.objects.filter(pk=method.pk).exists()


class TestCardRules(PageRules):
    name = "notifications:this_device"


class TestAddRules(SignedInPage):
    post_only = True

    @pytest.fixture
    def url(self) -> str:
        return ADD


def post(client: Client, path: str, body: Any, user_agent: str = ""):
    return client.post(
        path,
        json.dumps(body),
        content_type="application/json",
        headers={"User-Agent": user_agent, "Accept": "application/json"},
    )


def test_the_card_says_when_an_admin_switched_it_off(as_alice: Client) -> None:
    as_alice.get("/profile/reach/this-device/")
    Provider.objects.update(enabled=False)
    assert b"Web push is switched off" in as_alice.get("/profile/reach/this-device/").content
