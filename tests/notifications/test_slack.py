"""Slack: cards by the app and by an incoming webhook, and every way in which Slack says no."""

from collections.abc import Iterator
from typing import Any

import pytest

from core import config
from notifications.channels import slack
from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.domain.message import Message
from notifications.providers import slack as slack_app
from notifications.web.guides import guide_of
from tests.fakes.server import HOST, Mode
from tests.fakes.slack import FakeSlack
from tests.notifications.cards import TAP, URL, news, page


@pytest.fixture(autouse=True)
def _may_call_here(settings: Any) -> None:
    settings.OPSKNIGHT_EGRESS_ALLOW = (f"{HOST}/32",)


@pytest.fixture
def a_slack() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        yield fake


def by_app(fake: FakeSlack, message: Message, address: str = "C0GENERAL", **more: Any) -> Any:
    account = Account("slack", "prv_1", {**fake.account(), **more.pop("fields", {})})
    return slack.send(slack.render(message), Outgoing(42, address, account=account, **more))


class TestSlackApp:
    def test_a_page_is_a_red_card_with_facts_and_verbs(self, a_slack: FakeSlack) -> None:
        sent = by_app(a_slack, page())
        assert sent == Sent("accepted by Slack", "C0GENERAL:1700000000.000001")
        body = a_slack.calls[0].json
        (card,) = body["attachments"]
        header, facts, _, actions = card["blocks"]
        assert (header["type"], header["text"]["text"]) == (
            "header",
            "Incident triggered: #7 Checkout is down",
        )
        assert facts["fields"][0]["text"] == "Service\nPayment &amp; Co"
        assert card["color"] == "#c62828"
        assert [(b["action_id"], b.get("value")) for b in actions["elements"]] == [
            ("ack_incident", "7"),
            ("resolve_incident", "7"),
            ("assign_me_incident", "7"),
            ("snooze_incident", "7:60"),
            ("escalate_incident", "7"),
            ("open_link_1", None),
        ]
        assert body["text"] == "Incident triggered: #7 Checkout is down"
        assert (body["link_names"], body["parse"]) == (False, "none")

    def test_a_member_gets_a_direct_message(self, a_slack: FakeSlack) -> None:
        assert by_app(a_slack, page(), "U0ANN").reference.startswith("D0ANN:")

    def test_news_change_the_card_and_tell_its_thread(self, a_slack: FakeSlack) -> None:
        first = by_app(a_slack, page())
        sent = by_app(a_slack, news("resolved", first.reference))
        assert sent == Sent("the card in Slack was changed", first.reference)
        card = a_slack.cards[first.reference]["attachments"][0]
        assert card["color"] == "#15803d"
        assert [b["action_id"] for b in card["blocks"][-1]["elements"]] == ["open_link_0"]
        assert a_slack.calls[-1].json["thread_ts"] == "1700000000.000001"

    def test_an_acknowledged_card_can_only_be_resolved(self, a_slack: FakeSlack) -> None:
        by_app(a_slack, news())
        card = a_slack.calls[0].json["attachments"][0]
        ids = [b["action_id"] for b in card["blocks"][-1]["elements"]]
        assert (card["color"], ids[0]) == ("#b45309", "resolve_incident")
        assert "ack_incident" not in ids

    def test_a_card_that_is_gone_is_posted_anew(self, a_slack: FakeSlack) -> None:
        sent = by_app(a_slack, news(edits="C0GENERAL:1.1"))
        assert a_slack.methods() == ["chat.update", "chat.postMessage"]
        assert sent.reference in a_slack.cards

    def test_a_thread_that_cannot_be_told_leaves_the_card_changed(self, a_slack: FakeSlack) -> None:
        first = by_app(a_slack, page())
        a_slack.errors["chat.postMessage"] = ["restricted_action_thread_locked"]
        sent = by_app(a_slack, news(edits=first.reference))
        assert "its thread was not told" in sent.detail

    def test_a_quiet_change_tells_no_thread_and_says_nothing_anew(self, a_slack: FakeSlack) -> None:
        first = by_app(a_slack, page(), "U0ANN")
        by_app(a_slack, news("Acknowledged", first.reference, "card"), "U0ANN")
        by_app(a_slack, news("Acknowledged", "D0ANN:1.1", "card"), "U0ANN")
        assert a_slack.methods() == ["chat.postMessage", "chat.update", "chat.update"]

    def test_a_channel_is_joined_once(self, a_slack: FakeSlack) -> None:
        by_app(a_slack, page(), "C0NEW")
        assert a_slack.methods() == ["chat.postMessage", "conversations.join", "chat.postMessage"]

    def test_a_private_channel_needs_an_invitation(self, a_slack: FakeSlack) -> None:
        a_slack.errors["conversations.join"] = ["method_not_supported_for_channel_type"]
        with pytest.raises(ChannelError, match="not_in_channel, invite the app") as failure:
            by_app(a_slack, page(), "C0SECRET")
        assert (failure.value.permanent, failure.value.provider_fault) == (True, False)

    def test_a_card_that_slack_dislikes_is_sent_in_words(self, a_slack: FakeSlack) -> None:
        a_slack.errors["chat.postMessage"] = ["invalid_blocks"]
        by_app(a_slack, page())
        assert "attachments" not in a_slack.calls[-1].json
        assert "Checkout is down" in a_slack.calls[-1].json["text"]

    @pytest.mark.parametrize(
        ("error", "permanent", "fault"),
        [
            ("channel_not_found", True, False),
            ("is_archived", True, False),
            ("invalid_auth", True, True),
            ("account_inactive", True, True),
            ("token_revoked", True, True),
            ("missing_scope", True, True),
            ("internal_error", False, True),
            ("ratelimited", False, True),
        ],
    )
    def test_refusals_are_told_apart(
        self, a_slack: FakeSlack, error: str, permanent: bool, fault: bool
    ) -> None:
        a_slack.errors["chat.postMessage"] = [error]
        with pytest.raises(ChannelError, match=f"Slack: {error}") as failure:
            by_app(a_slack, page())
        assert (failure.value.permanent, failure.value.provider_fault) == (permanent, fault)

    def test_a_wrong_token_is_the_accounts_fault_and_never_shown(self, a_slack: FakeSlack) -> None:
        with pytest.raises(ChannelError) as failure:
            by_app(a_slack, page(), fields={"bot_token": "xoxb-wrong"})
        assert failure.value.provider_fault
        assert "xoxb" not in f"{failure.value.reason}{failure.value.answer}"

    def test_busy_says_for_how_long(self, a_slack: FakeSlack) -> None:
        a_slack.mode = Mode.BUSY
        with pytest.raises(ChannelError) as failure:
            by_app(a_slack, page())
        assert (failure.value.permanent, failure.value.retry_after) == (False, 30)

    def test_without_an_account_the_next_channel_takes_it(self) -> None:
        with pytest.raises(ChannelError) as failure:
            slack.send(slack.render(page()), Outgoing(42, "C0GENERAL"))
        assert failure.value.permanent

    def test_the_mail_of_a_member_is_asked_for(self, a_slack: FakeSlack) -> None:
        account = Account("slack", "prv_1", a_slack.account())
        a_slack.emails = {"U0ANN": "ann@example.com", "U0EVE": "ann@example.com"}
        a_slack.strangers = {"U0EVE"}
        found = [slack_app.member_email(account, m, seconds=2) for m in ("U0ANN", "U0EVE", "U0X")]
        assert found == ["ann@example.com", "", ""]


@pytest.mark.django_db
def test_the_manifest_in_the_guide_names_this_installation() -> None:
    config.put("public_url", "https://pager.example.com")
    guide = str(guide_of(slack_app.KIND))
    assert "request_url: https://pager.example.com/api/inbound/slack/actions" in guide
    assert "your-address" not in guide


class TestSlackWebhook:
    def test_links_take_the_place_of_buttons(self, a_slack: FakeSlack) -> None:
        address = a_slack.url + "/services/T0/B0/x"
        assert slack.send(slack.render(page()), Outgoing(42, address)) == "accepted by Slack"
        (call,) = a_slack.calls
        acknowledge, opens = call.json["attachments"][0]["blocks"][-1]["elements"]
        assert acknowledge["url"].startswith(f"{TAP}?via=slack.")
        assert opens["url"] == URL
        assert "value" not in acknowledge
        assert "authorization" not in call.headers

    def test_a_webhook_that_is_gone_fails_for_good(self, a_slack: FakeSlack) -> None:
        a_slack.mode = Mode.REFUSE
        with pytest.raises(ChannelError, match="HTTP 404, no_service") as failure:
            slack.send(slack.render(page()), Outgoing(42, a_slack.url + "/services/T0/B0/x"))
        assert failure.value.permanent

    @pytest.mark.parametrize(
        ("address", "bulkhead"),
        [("https://hooks.slack.com/services/T/B/x", "hooks.slack.com"), ("C0GENERAL", "")],
    )
    def test_only_a_webhook_hangs_with_its_host(self, address: str, bulkhead: str) -> None:
        assert slack.provider(address) == bulkhead
