"""Cards in chats: what each chat gets on the wire, how refusals are told, hostile text."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from core import via
from notifications.channels import base, discord, google_chat, mattermost, teams
from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.domain.message import Message
from tests.fakes.chats import FakeDiscord, FakeGoogleChat, FakeMattermost, FakeTeams
from tests.fakes.server import HOST, Mode
from tests.notifications.cards import ORIGIN, TAP, URL, news, page

CHATS = ["SLACK", "TEAMS", "GOOGLE_CHAT", "DISCORD", "MATTERMOST"]
HOSTILE = [
    "<!channel> <!here|here> <@U0ANN> <https://evil.example|click>",
    "@everyone @here @channel <@123> <users/all>",
    "*bold* _it_ ~s~ `code` **b** __u__ ||spoiler|| # head\n> quote",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "<font color='red'>x</font><a href='https://evil.example'>y</a>",
    "{{DATE(2026-01-01T00:00:00Z)}} ${x} :boom: &lt;!channel&gt;",
    "line\r\nBcc: x\x00\u202egnp.exe\u2066",
    "&" * 5000,
    "ünïcödé 💥 " * 400,
]


@pytest.fixture(autouse=True)
def _may_call_here(settings: Any) -> None:
    settings.OPSKNIGHT_EGRESS_ALLOW = (f"{HOST}/32",)


@pytest.fixture
def a_discord() -> Iterator[FakeDiscord]:
    with FakeDiscord() as fake:
        yield fake


def texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts_of(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in texts_of(part)]
    return [value] if isinstance(value, str) else []


class TestTeams:
    def card(self, message: Message) -> dict[str, Any]:
        (attachment,) = teams.render(message)["attachments"]
        return attachment["content"]

    def test_an_adaptive_card_opens_the_one_tap_link(self) -> None:
        with FakeTeams() as fake:
            assert teams.send(teams.render(page()), Outgoing(42, fake.url)) == "accepted by Teams"
            sent = fake.calls[0].json
        card = sent["attachments"][0]["content"]
        assert (sent["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
        acknowledge, opens = card["actions"]
        assert acknowledge["type"] == opens["type"] == "Action.OpenUrl"
        assert acknowledge["url"].startswith(f"{TAP}?via=teams.")
        assert opens["url"] == URL
        assert card["body"][0]["style"] == "attention"

    def test_text_from_outside_stands_in_runs_that_read_no_markdown(self) -> None:
        kinds = set(re.findall(r'"type": "(\w+)"', json.dumps(self.card(page())["body"])))
        assert kinds == {"Container", "RichTextBlock", "TextRun"}

    @pytest.mark.parametrize(
        ("said", "permanent"),
        [
            ("Webhook message delivery failed with error: HTTP error 429", False),
            ("Webhook message delivery failed with error: bad payload", True),
        ],
    )
    def test_a_refusal_behind_a_200_is_a_failure(self, said: str, permanent: bool) -> None:
        with FakeTeams() as fake, pytest.raises(ChannelError) as failure:
            fake.hidden = said
            teams.send(teams.render(page()), Outgoing(42, fake.url))
        assert failure.value.permanent == permanent

    def test_the_biggest_card_fits_into_a_message_of_teams(self) -> None:
        assert len(json.dumps(teams.render(page("💥" * 4000)))) < 28_000


class TestGoogleChat:
    def test_a_card_goes_into_the_thread_of_its_incident(self) -> None:
        with FakeGoogleChat() as fake:
            address = fake.url + "/v1/spaces/AAA/messages?key=k&token=t"
            google_chat.send(google_chat.render(page()), Outgoing(42, address))
            (call,) = fake.calls
        assert call.query["key"] == "k"
        assert call.query["messageReplyOption"] == "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
        assert call.json["thread"] == {"threadKey": "opsknight-7"}
        (card,) = call.json["cardsV2"]
        widgets = card["card"]["sections"][0]["widgets"]
        assert "#c62828" in widgets[0]["textParagraph"]["text"]
        assert widgets[1]["decoratedText"]["text"] == "Payment &amp; Co"
        buttons = widgets[-1]["buttonList"]["buttons"]
        assert buttons[0]["onClick"]["openLink"]["url"].startswith(f"{TAP}?via=google_chat.")

    def test_a_refusal_names_its_code_and_never_the_address(self) -> None:
        with FakeGoogleChat() as fake, pytest.raises(ChannelError) as failure:
            fake.mode = Mode.REFUSE
            google_chat.send(google_chat.render(page()), Outgoing(42, fake.url))
        assert failure.value.reason == "Google Chat: HTTP 404, NOT_FOUND"
        assert failure.value.answer == ""


class TestDiscord:
    def send(self, fake: FakeDiscord, message: Message) -> Sent:
        address = fake.url + "/api/webhooks/1/t0ken"
        return discord.send(discord.render(message), Outgoing(42, address))

    def test_an_embed_that_mentions_nobody(self, a_discord: FakeDiscord) -> None:
        assert self.send(a_discord, page()).reference == "1000"
        body = a_discord.calls[0].json
        (embed,) = body["embeds"]
        assert body["allowed_mentions"] == {"parse": []}
        assert (embed["color"], embed["url"]) == (0xC62828, URL)
        assert embed["title"] == r"Incident triggered\: \#7 Checkout is down"
        assert f"[Acknowledge]({TAP}?via=discord." in embed["description"]

    def test_news_change_the_first_message(self, a_discord: FakeDiscord) -> None:
        first = self.send(a_discord, page())
        self.send(a_discord, news("resolved", first.reference))
        assert a_discord.calls[-1].path == "/api/webhooks/1/t0ken/messages/1000"
        assert a_discord.messages["1000"]["embeds"][0]["color"] == 0x15803D
        assert len(a_discord.messages) == 1

    def test_a_deleted_message_is_said_anew(self, a_discord: FakeDiscord) -> None:
        assert self.send(a_discord, news(edits="9")).reference == "1000"

    def test_an_unknown_webhook_fails_for_good(self, a_discord: FakeDiscord) -> None:
        a_discord.mode = Mode.REFUSE
        with pytest.raises(ChannelError, match="HTTP 404, code 10015") as failure:
            self.send(a_discord, page())
        assert failure.value.permanent

    @pytest.mark.parametrize("text", HOSTILE)
    def test_an_embed_keeps_within_the_limits(self, text: str) -> None:
        (embed,) = discord.render(page(text)).body["embeds"]
        assert len(embed["title"]) <= 256
        assert all(len(field["value"]) <= 1024 for field in embed["fields"])
        whole = embed["title"] + embed["description"] + "".join(texts_of(embed["fields"]))
        assert len(whole) <= 6000


class TestMattermost:
    def test_a_button_carries_the_one_tap_token(self) -> None:
        with FakeMattermost() as fake:
            mattermost.send(mattermost.render(page()), Outgoing(42, fake.url + "/hooks/x"))
            (attachment,) = fake.calls[0].json["attachments"]
        token = {"token": "WzcsMV0:t0ken:s1gn"}
        contexts = [button["integration"]["context"] for button in attachment["actions"]]
        assert contexts == [token, token | {"verb": "escalate"}]
        where = {button["integration"]["url"] for button in attachment["actions"]}
        assert where == {f"{ORIGIN}/api/inbound/mattermost/actions"}
        assert f"[Open incident]({URL})" in attachment["text"]
        assert attachment["color"] == "#c62828"

    def test_without_a_person_there_is_no_button(self) -> None:
        (attachment,) = mattermost.render(news())["attachments"]
        assert attachment["actions"] == []


@pytest.mark.parametrize("kind", CHATS)
class TestEveryChat:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_mentions_nobody_and_links_nowhere(self, kind: str, text: str) -> None:
        rendered = base.module(kind).render(page(text))
        body = (
            rendered.body(interactive=False)
            if kind == "SLACK"
            else getattr(rendered, "body", rendered)
        )
        words = texts_of(body)
        assert not set("".join(words)) & set("\x00\u202e\u2066\r")
        urls = [word for word in words if word.startswith("http") and "adaptivecards" not in word]
        assert all(url.startswith(ORIGIN) for url in urls)
        if kind == "MATTERMOST":
            del body["attachments"][0]["fallback"]  # plain text there, nothing reads Markdown
        everything = json.dumps(body, ensure_ascii=False)
        for opener in OPENERS[kind]:
            assert not re.search(opener, everything)

    @pytest.mark.parametrize(
        ("mode", "permanent", "maybe_sent", "retry_after"),
        [
            (Mode.BROKEN, False, False, None),
            (Mode.BUSY, False, False, 30),
            (Mode.DROP, False, True, None),
        ],
    )
    def test_trouble_is_tried_again(
        self, kind: str, mode: Mode, permanent: bool, maybe_sent: bool, retry_after: float | None
    ) -> None:
        channel = base.module(kind)
        with FakeMattermost() as fake, pytest.raises(ChannelError) as failure:
            fake.mode = mode
            channel.send(channel.render(page()), Outgoing(42, fake.url + "/hook"))
        error = failure.value
        assert (error.permanent, error.maybe_sent) == (permanent, maybe_sent)
        assert error.retry_after == retry_after
        assert "Checkout" not in error.reason

    def test_an_inside_address_is_refused_for_good(self, kind: str, settings: Any) -> None:
        settings.OPSKNIGHT_EGRESS_ALLOW = ()
        channel = base.module(kind)
        with pytest.raises(ChannelError) as failure:
            channel.send(channel.render(page()), Outgoing(42, "http://127.0.0.1:9/hook"))
        assert failure.value.permanent


# What must not be left of the hostile texts: the openers of mentions, links and styles.
OPENERS = {
    "SLACK": [r"<[!@#h]", '"mrkdwn"[^:]'],
    "TEAMS": [r"\{\{", '"TextBlock"', '"FactSet"'],
    "GOOGLE_CHAT": [r"<users/", r"<a[ >]", r"<font color='"],
    "DISCORD": [r"(?<!\\)@everyone", r"(?<!\\)<@", r"(?<!\\\\)\*\*b", r"\]\(https://evil"],
    "MATTERMOST": ["@(channel|here|everyone)", r"(?<!\\\\)\*\*b", r"\]\(https://evil"],
}


def test_a_link_says_through_which_door_it_came() -> None:
    url = via.through(TAP, "teams")
    path, _, value = url.removeprefix(ORIGIN).partition("?via=")
    assert via.of(path, value, "email") == "teams"
    assert via.of(path, value.replace("teams", "slack"), "email") == "email"
    assert via.of("/a/other/", value, "email") == "email"
    assert via.of(path, "", "email") == "email"
