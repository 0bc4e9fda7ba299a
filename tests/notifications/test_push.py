"""Web push as it leaves: what a device reads, also when the text is hostile, and each refusal."""

import json
from dataclasses import replace
from typing import Any

import pytest

from core.webpush import KeyPair, new_pair
from notifications.channels import push
from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.domain.devices import GONE, DeviceKeys, label_of
from notifications.domain.message import REQUEST, Action, Message
from notifications.links import delivery_of_receipt
from notifications.providers.webpush import TTL_SECONDS, send_push
from tests.fakes.push_service import Device, Mode, PushService
from tests.notifications.test_channels import HOSTILE, words

PAIR = new_pair()
PAGE = Message(
    kind="page",
    subject_id="7",
    title="#7 Checkout is down",
    facts=(("Service", "Checkout API"), ("Urgency", "HIGH"), ("Since", "03:00"), ("Why you", "x")),
    body="5xx > 20 %\nsince the deploy",
    url="https://pager.example.com/incidents/7/",
    actions=(
        Action("Acknowledge", "https://pager.example.com/a/t0ken/"),
        Action("Open incident", "https://pager.example.com/incidents/7/", "secondary"),
    ),
    urgency="HIGH",
    tag="HIGH",
)
NEWS = replace(PAGE, kind="news", tag="Acknowledged", facts=(("Service", "Checkout API"),))


class TestWords:
    def test_a_page_says_how_bad_where_and_what(self) -> None:
        page = push.render(PAGE)
        assert page.title == "CRITICAL • Checkout API"
        assert (
            page.body
            == "#7 Checkout is down\nSince: 03:00\nWhy you: x\n5xx > 20 % since the deploy"
        )
        assert (page.tag, page.url, page.ack) == ("incident-7", "/incidents/7/", "/a/t0ken/")
        assert push.render(replace(PAGE, urgency="LOW")).title == "Incident • Checkout API"

    def test_news_take_the_place_of_the_page_without_a_button(self) -> None:
        news, page = push.render(NEWS), push.render(PAGE)
        assert (news.tag, news.ack, news.closes) == (page.tag, "", True)
        assert news.title == "Acknowledged • Checkout API"

    def test_a_request_for_help_is_answered_with_yes_or_no(self) -> None:
        asked = replace(PAGE, kind=REQUEST, tag="Help wanted")
        read = json.loads(push.render(asked).packed())
        assert (read["ack"], read["respond"], read["closes"]) == ("", "/a/t0ken/", False)
        assert (read["tag"], read["say"]["decline"]) == ("request-7", "Decline")

    @pytest.mark.parametrize("text", [*HOSTILE, "💥" * 500])
    def test_hostile_text_stays_one_bounded_string(self, text: str) -> None:
        raw = push.render(words(text)).packed(receipt="/push/shown/x/", at=1)
        assert len(raw) <= push.LONGEST
        read = json.loads(raw)
        assert read["ack"] == "/a/t0ken/"
        assert not set(read["title"] + read["name"]) & set("\r\n\x00\x1b\u202e")

    @pytest.mark.parametrize(
        "url", ["https://pager.example.com//evil.example/", "https://x/\\evil", "javascript:x"]
    )
    def test_an_address_that_leads_away_is_dropped(self, url: str) -> None:
        assert push.render(replace(PAGE, url=url)).url == "/"

    @pytest.mark.parametrize(
        ("agent", "label"),
        [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537", "Chrome on Android"),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130", "Edge on Windows"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:130) Firefox/130.0", "Firefox on Linux"),
            ("curl/8", "Device"),
        ],
    )
    def test_a_device_is_named_after_browser_and_system(self, agent: str, label: str) -> None:
        assert label_of(agent) == label


def outgoing(device: Device, pair: KeyPair = PAIR, **more: Any) -> Outgoing:
    fields = {
        "public_key": pair.public,
        "private_key": pair.private,
        "subject": "mailto:a@b.example",
    }
    keys = DeviceKeys(device.browser.p256dh, device.browser.auth, device.key)
    account = Account("webpush", "prv_webpush", fields | more.pop("fields", {}))
    values = {"secret": keys.to_text(), "account": account} | more
    return Outgoing(42, device.endpoint, **values)


class TestSending:
    @pytest.fixture
    def device(self, push_service: PushService) -> Device:
        return push_service.subscribe(key=PAIR.public)

    def test_only_the_device_can_read_it(self, push_service: PushService, device: Device) -> None:
        sent = push.send(push.render(PAGE), outgoing(device))
        assert sent == Sent("accepted by the push service", reference="1")
        (arrived,) = push_service.pushes
        assert arrived.words["title"] == "CRITICAL • Checkout API"
        assert arrived.headers["urgency"] == "high"
        assert int(arrived.headers["ttl"]) == TTL_SECONDS <= 3600
        token = arrived.words["receipt"].removesuffix("/").rpartition("/")[2]
        assert delivery_of_receipt(token) == 42

    def test_news_wait_for_a_phone_that_is_awake(
        self, push_service: PushService, device: Device
    ) -> None:
        send_push(push.render(NEWS), outgoing(device))
        assert push_service.pushes[0].headers["urgency"] == "normal"

    @pytest.mark.parametrize(
        ("status", "reason", "permanent", "fault"),
        [
            (404, GONE, True, False),
            (410, GONE, True, False),
            (413, "push service: HTTP 413", True, False),
            (429, "push service: HTTP 429", False, False),
            (500, "push service: HTTP 500", False, False),
            (301, "push service: HTTP 301", True, False),
            (401, "the push service does not accept our keys", True, True),
            (403, "the push service does not accept our keys", True, True),
        ],
    )
    def test_refusals_are_told_apart(
        self, push_service: PushService, device: Device, status: int, reason: str, permanent, fault
    ) -> None:
        push_service.then(status)
        with pytest.raises(ChannelError) as failure:
            send_push(push.render(PAGE), outgoing(device))
        error = failure.value
        assert error.reason.startswith(reason)
        assert (error.permanent, error.provider_fault) == (permanent, fault)
        assert error.retry_after == (30 if status == 429 else None)
        assert push_service.attempts == 1

    def test_a_device_of_older_keys_is_reached_with_those(self, push_service: PushService) -> None:
        older, oldest = new_pair(), new_pair()
        fields = {"older_keys": json.dumps([[p.public, p.private] for p in (older, oldest)])}
        known = push_service.subscribe(key=oldest.public)
        send_push(push.render(PAGE), outgoing(known, fields=fields))
        assert push_service.attempts == 1, "the pair it subscribed with comes first"
        unknown = replace(
            outgoing(known, fields=fields),
            secret=DeviceKeys(known.browser.p256dh, known.browser.auth).to_text(),
        )
        send_push(push.render(PAGE), unknown)
        assert push_service.attempts == 1 + 3, "each pair once"
        assert len(push_service.pushes) == 2

    def test_a_hanging_service_is_left_in_time(
        self, push_service: PushService, device: Device, monkeypatch
    ) -> None:
        monkeypatch.setattr("notifications.providers.webpush.ATTEMPT_SECONDS", 0.3)
        push_service.mode = Mode.HANG
        with pytest.raises(ChannelError) as failure:
            send_push(push.render(PAGE), outgoing(device))
        assert not failure.value.permanent
        assert failure.value.maybe_sent

    def test_an_endpoint_inside_is_never_called(
        self, push_service: PushService, device: Device, settings
    ) -> None:
        settings.OPSKNIGHT_EGRESS_ALLOW = ()
        with pytest.raises(ChannelError) as failure:
            send_push(push.render(PAGE), outgoing(device))
        assert failure.value.permanent
        assert push_service.attempts == 0

    @pytest.mark.parametrize(
        "secret", ["", "{}", "\ufffdunreadable secret", '{"p256dh":"x","auth":"y"}']
    )
    def test_unreadable_keys_of_a_device_are_said(self, device: Device, secret: str) -> None:
        with pytest.raises(ChannelError, match="keys of this device cannot be read") as failure:
            send_push(push.render(PAGE), outgoing(device, secret=secret))
        assert failure.value.permanent

    def test_without_keys_of_our_own_it_is_our_fault(self, device: Device) -> None:
        with pytest.raises(ChannelError) as failure:
            send_push(push.render(PAGE), outgoing(device, pair=KeyPair("", "")))
        assert failure.value.provider_fault
