"""One hostile text stays one inert text, through every channel and into spreadsheets."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from core.csv_file import FORMULA, csv_response
from notifications.channels import email
from notifications.channels.base import MailSettings, Outgoing, module
from notifications.domain import ncco, twiml
from notifications.domain.words import Channel
from tests.notifications.cards import page
from tests.notifications.test_channels import HOSTILE, Tags
from tests.notifications.test_chats import HOSTILE as MENTIONS

CORPUS = [
    *HOSTILE,
    *MENTIONS,
    "</Say><Redirect>http://evil.example/</Redirect>",
    '<speak><audio src="http://evil.example/a.mp3"/></speak>',
    "x\r\nX-Injected: 1\r\n\r\n<b>body</b>",
    "=HYPERLINK(1)",
    "+1;cmd|' /C calc'!A0",
    "\t=1+1",
]
OWN = "https://pager.example.com/"


def mail(rendered: Any) -> None:
    outgoing = Outgoing(1, "a@example.com", mail=MailSettings("", "P <p@example.org>"))
    head = email.compose(rendered, outgoing).partition(b"\n\n")[0].decode()
    unfolded = head.replace("\n ", " ").split("\n")
    assert not [line for line in unfolded if re.match(r"(?i)(bcc|x-injected)\s*:", line)]
    seen = Tags(rendered.html)
    assert not {"script", "img", "audio", "b", "redirect"} & set(seen.seen)
    assert all(link.startswith(OWN) for link in seen.links)


def text(rendered: Any) -> None:
    for body in (rendered.body, rendered.mute):
        assert len(body.split("\n")) <= 4
        assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", body)


def call(rendered: Any) -> None:
    tree = ElementTree.fromstring(twiml.call(rendered, f"{OWN}keys"))
    assert {node.tag for node in tree.iter()} == {"Response", "Gather", "Say"}
    spoken = "".join(one.get("text", "") for one in ncco.call(rendered, f"{OWN}keys"))
    assert "<" not in spoken and ">" not in spoken


def variables(rendered: Any) -> None:
    values = json.loads(json.dumps(rendered.numbered()))
    assert set(values) == {"1", "2", "3", "4"} and values["4"].startswith(OWN)
    assert not [value for value in values.values() if "\n" in value or not value]


def push(rendered: Any) -> None:
    known = json.loads(rendered.packed())
    assert (known["url"], known["tag"]) == ("/incidents/7/", "incident-7")
    assert known["ack"].startswith("/a/")


def line(rendered: Any) -> None:
    assert rendered.url == "/incidents/7/"
    assert "\n" not in rendered.title


def telegram(rendered: Any) -> None:
    found = re.findall(r"<[^>]*>", rendered.text)
    assert set(found) <= {"<b>", "</b>", "<i>", "</i>"}
    assert len(found) == 2 * sum(not tag.startswith("</") for tag in found)


def phone(rendered: Any) -> None:
    assert "\n" not in rendered.title and rendered.text


def hook(rendered: Any) -> None:
    assert set(json.loads(rendered)) >= {"title", "body", "facts"}


def card(rendered: Any) -> None:
    """What each chat must escape is in test_chats; here: no address but ours can be followed."""
    shown = json.dumps(getattr(rendered, "body", rendered), default=str)
    led = re.findall(r'"(?:url|title_link)": "(http[^"]*)"', shown)
    assert all(url.startswith(OWN) for url in led)


CHECKS: dict[str, Callable[[Any], None]] = {
    Channel.EMAIL: mail,
    Channel.SMS: text,
    Channel.VOICE: call,
    Channel.WHATSAPP: variables,
    Channel.PUSH: push,
    Channel.IN_APP: line,
    Channel.TELEGRAM: telegram,
    Channel.NTFY: phone,
    Channel.PUSHOVER: phone,
    Channel.WEBHOOK: hook,
    Channel.SLACK: lambda rendered: card(rendered.body(interactive=False)),
    Channel.TEAMS: card,
    Channel.GOOGLE_CHAT: card,
    Channel.DISCORD: card,
    Channel.MATTERMOST: card,
}


@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_survives_every_hostile_text(channel: str):
    for words in CORPUS:
        CHECKS[channel](module(channel).render(page(words)))


# Of requests for help and test pages, whose words and buttons are others in these.
OTHERS = ["SMS", "VOICE", "WHATSAPP", "TELEGRAM", "EMAIL", "NTFY", "SLACK", "MATTERMOST", "TEAMS"]


@pytest.mark.parametrize("kind", ["request", "drill"])
@pytest.mark.parametrize("channel", OTHERS)
def test_what_asks_for_another_answer_survives_them_too(channel: str, kind: str):
    for words in CORPUS:
        CHECKS[channel](module(channel).render(replace(page(words), kind=kind)))


def test_no_cell_of_a_spreadsheet_is_a_formula():
    answer = csv_response("x", ["text"], [[words] for words in CORPUS])
    body = answer.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body, newline="")))
    assert len(rows) == len(CORPUS) + 1
    assert not [cell for (cell,) in rows if cell.lstrip(" ").startswith(FORMULA)]
