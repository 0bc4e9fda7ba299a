"""Telegram, ntfy and Pushover on the wire: what the vendor gets, and what a failure means."""

from collections.abc import Iterator
from typing import Any

import pytest

from notifications.channels import ntfy, pushover, telegram
from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.domain.message import Action, Message
from notifications.providers import telegram as telegram_provider
from tests.fakes.ntfy import FakeNtfy
from tests.fakes.pushover import USER, FakePushover
from tests.fakes.server import FakeVendor, Mode
from tests.fakes.telegram import FakeTelegram
from tests.notifications.test_channels import HOSTILE, words

ADDRESSES = {"telegram": "77", "ntfy": "alice-pager", "pushover": USER}
CHANNELS: dict[str, Any] = {"telegram": telegram, "ntfy": ntfy, "pushover": pushover}
FAKES = {"telegram": FakeTelegram, "ntfy": FakeNtfy, "pushover": FakePushover}
TAP = "https://pager.example.com/a/t0ken/"
PAGE = "https://pager.example.com/incidents/7/"


def message(kind: str = "page", urgency: str = "HIGH", url: str = PAGE) -> Message:
    actions = (Action("Acknowledge", TAP), Action("Open incident", url, "secondary"))
    return Message(kind, "7", "#7 Checkout is down", url=url, actions=actions, urgency=urgency)


@pytest.fixture(autouse=True)
def _reachable(settings: Any) -> None:
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)


@pytest.fixture(params=sorted(FAKES))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def vendor(name: str) -> Iterator[Any]:
    with FAKES[name]() as fake:
        if name == "telegram":
            fake.chats[77] = ""
        yield fake


def deliver(name: str, vendor: Any, what: Message, **more: Any) -> Sent:
    account = Account(name, "prv_1", {**vendor.account(), **more.pop("fields", {})})
    address = more.pop("address", ADDRESSES[name])
    outgoing = Outgoing(42, address, subject_kind="incident", account=account, **more)
    return CHANNELS[name].send(CHANNELS[name].render(what), outgoing)


class TestEveryApp:
    def test_a_page_arrives_and_its_name_is_kept(self, name: str, vendor: Any):
        sent = deliver(name, vendor, message())
        assert sent.reference
        assert "#7 Checkout is down" in str(vendor.messages[-1])

    @pytest.mark.parametrize(
        ("mode", "permanent", "fault", "wait"),
        [
            (Mode.REFUSE, True, True, None),
            (Mode.BROKEN, False, True, None),
            (Mode.BUSY, False, True, 30),
            (Mode.DROP, False, True, None),
        ],
    )
    def test_failures_say_who_is_to_blame(
        self, name: str, vendor: FakeVendor, mode: Mode, permanent: bool, fault: bool, wait: int
    ):
        vendor.mode = mode
        with pytest.raises(ChannelError) as raised:
            deliver(name, vendor, message())
        error = raised.value
        assert (error.permanent, error.provider_fault, error.retry_after) == (
            permanent,
            fault,
            wait,
        )
        assert not any(
            secret in error.reason + error.answer for secret in vendor.account().values()
        )

    def test_without_an_account_the_next_channel_goes_out(self, name: str):
        with pytest.raises(ChannelError) as raised:
            CHANNELS[name].send(CHANNELS[name].render(message()), Outgoing(1, ADDRESSES[name]))
        assert raised.value.permanent

    def test_hostile_texts_stay_texts(self, name: str, vendor: Any):
        for text in HOSTILE:
            deliver(name, vendor, words(text))
        assert len(vendor.messages) == len(vendor.calls) == len(HOSTILE)


class TestTelegram:
    @pytest.fixture
    def name(self) -> str:
        return "telegram"

    def test_it_has_short_buttons_and_no_preview(self, vendor: FakeTelegram):
        deliver("telegram", vendor, message())
        (sent,) = vendor.messages
        verbs, way = sent["reply_markup"]["inline_keyboard"]
        assert [button["text"] for button in verbs] == ["Acknowledge", "Resolve", "Escalate"]
        assert way == [{"text": "Open in OpsKnight", "url": PAGE}]
        assert sent["link_preview_options"] == {"is_disabled": True}
        assert sent["disable_notification"] is False

    def test_tags_of_a_title_are_shown_not_read(self, vendor: FakeTelegram):
        deliver("telegram", vendor, words("<b>bold</b> & <script>"))
        assert "[<b>bold</b> & <script>] <b>bold</b> & <script>" in vendor.text_of(
            vendor.messages[0]
        )

    def test_a_private_address_makes_no_button(self, vendor: FakeTelegram):
        deliver("telegram", vendor, message(url="http://localhost:3000/incidents/7/"))
        assert "Open" not in str(vendor.messages[0]["reply_markup"])

    def test_what_cannot_be_read_is_sent_plain(self, vendor: FakeTelegram):
        rendered = telegram.Chat(text="<blink>down</blink>", plain="down")
        account = Account("telegram", "prv_1", vendor.account())
        telegram.send(rendered, Outgoing(1, "77", account=account))
        assert vendor.messages[0]["text"] == "down"

    @pytest.mark.parametrize(
        "state", ["bot was blocked by the user", "user is deactivated", "chat not found"]
    )
    def test_a_chat_that_is_gone_is_not_the_bots_fault(self, vendor: FakeTelegram, state: str):
        vendor.chats[77] = state
        with pytest.raises(ChannelError, match=state) as raised:
            deliver("telegram", vendor, message())
        assert raised.value.permanent and not raised.value.provider_fault

    def test_updates_are_sent_to_a_public_address_with_a_secret(self, vendor: FakeTelegram):
        account = Account("telegram", "prv_1", vendor.account())
        telegram_provider.connect(account, "https://pager.example.com")
        assert vendor.webhook["url"] == "https://pager.example.com/api/inbound/telegram/prv_1"
        assert len(vendor.webhook["secret_token"]) == 64

    def test_they_are_fetched_where_no_public_address_is_known(self, vendor: FakeTelegram):
        vendor.webhook = {"url": "https://old.example.com"}
        account = Account("telegram", "prv_1", vendor.account())
        assert "fetched" in telegram_provider.connect(account, "http://127.0.0.1:3000")
        assert not vendor.webhook

    def test_the_token_of_another_bot_is_named(self, vendor: FakeTelegram):
        account = Account("telegram", "prv_1", vendor.account() | {"username": "other_bot"})
        with pytest.raises(ChannelError, match="belongs to @fake_pager_bot"):
            telegram_provider.connect(account, "")


class TestNtfy:
    @pytest.fixture
    def name(self) -> str:
        return "ntfy"

    @pytest.mark.parametrize(
        ("kind", "urgency", "priority"),
        [("page", "HIGH", 5), ("page", "MEDIUM", 4), ("page", "LOW", 3), ("news", "HIGH", 2)],
    )
    def test_the_urgency_is_the_priority(
        self, vendor: FakeNtfy, kind: str, urgency: str, priority: int
    ):
        deliver("ntfy", vendor, message(kind, urgency))
        assert vendor.messages[0]["priority"] == priority

    def test_one_button_posts_to_the_signed_link(self, vendor: FakeNtfy):
        deliver("ntfy", vendor, message())
        post, view = vendor.messages[0]["actions"]
        assert (post["action"], post["method"], post["url"]) == ("http", "POST", TAP)
        assert (view["action"], view["url"]) == ("view", PAGE)
        assert vendor.messages[0]["click"] == PAGE

    def test_a_topic_of_somebody_else_is_named(self, vendor: FakeNtfy):
        vendor.reserved.add("alice-pager")
        with pytest.raises(ChannelError, match="may not write to this topic"):
            deliver("ntfy", vendor, message())


class TestPushover:
    @pytest.fixture
    def name(self) -> str:
        return "pushover"

    def test_a_high_page_repeats_and_calls_back(self, vendor: FakePushover):
        sent = deliver("pushover", vendor, message(), origin="https://pager.example.com")
        (form,) = vendor.messages
        assert (form["priority"], form["retry"], form["expire"]) == ("2", "60", "3600")
        assert form["callback"] == "https://pager.example.com/api/inbound/pushover/prv_1"
        assert (form["url"], form["url_title"]) == (TAP, "Acknowledge")
        assert sent.reference in vendor.receipts

    @pytest.mark.parametrize(
        ("kind", "urgency", "priority"),
        [
            ("request", "HIGH", "1"),
            ("page", "MEDIUM", "1"),
            ("page", "LOW", "0"),
            ("news", "LOW", "-1"),
            ("test", "LOW", "0"),
        ],
    )
    def test_the_rest_comes_once(
        self, vendor: FakePushover, kind: str, urgency: str, priority: str
    ):
        deliver("pushover", vendor, message(kind, urgency))
        assert vendor.messages[0]["priority"] == priority
        assert "retry" not in vendor.messages[0]

    def test_a_wrong_user_key_is_the_persons(self, vendor: FakePushover):
        with pytest.raises(ChannelError, match="not a valid user") as raised:
            deliver("pushover", vendor, message(), address="x" * 30)
        assert raised.value.permanent and not raised.value.provider_fault
