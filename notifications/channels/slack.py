"""Slack: a Block Kit card, by the app's bot or by an incoming webhook.

An address that is a URL is an incoming webhook; a channel or member ID needs the app. What comes
from outside stands in plain_text objects with `&<>` escaped: no mention, link or style survives.
Sizes: https://docs.slack.dev/reference/block-kit/blocks
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core import via
from notifications.channels import calls
from notifications.channels.base import Outgoing, Sent
from notifications.domain.card import Card, CardState, Link, card_of
from notifications.domain.message import Message
from notifications.domain.text import shorten
from notifications.domain.words import Channel
from notifications.providers import base as providers

HEADER = 150
FIELD = 2000
SECTION = 3000
ACKNOWLEDGE = "ack_incident"
RESOLVE = "resolve_incident"
OPEN = "open_link"
ASSIGN_ME, SNOOZE, ESCALATE = "assign_me_incident", "snooze_incident", "escalate_incident"
ACCEPT, DECLINE = "accept_request", "decline_request"
SNOOZE_MINUTES = 60
ARRIVED = "confirm_test"
STYLES = {ACKNOWLEDGE: "primary", ACCEPT: "primary", ARRIVED: "primary"}


@dataclass(frozen=True, slots=True)
class RenderedSlack:
    """`text` is what notifications show. `buttons` act, `links` open: only an app can act."""

    text: str
    colour: str
    blocks: tuple[dict[str, Any], ...]
    buttons: tuple[dict[str, Any], ...]
    links: tuple[dict[str, Any], ...]
    edits: str = ""
    only_edits: bool = False

    def body(self, *, interactive: bool) -> dict[str, Any]:
        """The message; with `interactive` the acting buttons take the place of the links."""
        acting = self.buttons if interactive else ()
        shown = [*acting, *(link for link in self.links if not (acting and _acts(link)))]
        blocks = list(self.blocks)
        if shown:
            blocks.append({"type": "actions", "elements": shown})
        attachment = {"color": self.colour, "fallback": self.text, "blocks": blocks}
        return {
            "text": self.text,
            "attachments": [attachment],
            "mrkdwn": False,
            "parse": "none",
            "link_names": False,
            "unfurl_links": False,
            "unfurl_media": False,
        }


def render(message: Message) -> RenderedSlack:
    card = card_of(message, _)
    return RenderedSlack(
        text=shorten(escaped(card.heading), HEADER * 2),
        colour=f"#{card.colour:06x}",
        blocks=tuple(_blocks(card)),
        buttons=tuple(_buttons(card)),
        links=tuple(_link(link, at) for at, link in enumerate(card.links)),
        edits=card.edits,
        only_edits=card.only_edits,
    )


def send(rendered: RenderedSlack, outgoing: Outgoing) -> Sent | str:
    """By webhook or bot, as the address says. Raises ChannelError."""
    if "://" not in outgoing.address:
        return providers.send(Channel.SLACK, rendered, outgoing)
    answer = calls.call(outgoing.address, rendered.body(interactive=False))
    if calls.is_success(answer):
        return "accepted by Slack"
    raise calls.refusal(answer, "Slack", _word(calls.beginning(answer)))


def provider(address: str) -> str:
    """A webhook hangs with its host; everything else waits for an account."""
    return calls.host_of(address)


def escaped(text: str) -> str:
    """Slack reads & < > as control characters in every text; nothing else is special there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(card: Card) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(card.heading, HEADER)}]
    if card.facts:
        fields = [_plain(f"{name}\n{value}", FIELD) for name, value in card.facts]
        blocks.append({"type": "section", "fields": fields})
    if card.body:
        blocks.append({"type": "section", "text": _plain(card.body, SECTION)})
    return blocks


def _buttons(card: Card) -> list[dict[str, Any]]:
    """Acknowledge and push on while nobody has it, resolve while it is not over."""
    if card.asks:
        return [_button(ACCEPT, _("Accept"), card.asks), _button(DECLINE, _("Decline"), card.asks)]
    if card.tests:
        return [_button(ARRIVED, _("It arrived"), card.tests)]
    if not card.incident:
        return []
    number = card.incident
    resolve = _button(RESOLVE, _("Resolve"), number)
    assign = _button(ASSIGN_ME, _("Assign me"), number)
    if card.state is CardState.ACKNOWLEDGED:
        return [resolve, assign]
    snooze = _button(SNOOZE, _("Snooze 1 h"), f"{number}:{SNOOZE_MINUTES}")
    escalate = _button(ESCALATE, _("Escalate now"), number)
    return [_button(ACKNOWLEDGE, _("Acknowledge"), number), resolve, assign, snooze, escalate]


def _button(action: str, label: str, incident: str) -> dict[str, Any]:
    button = {
        "type": "button",
        "action_id": action,
        "text": _plain(label, 75),
        "value": incident,
    }
    return button | ({"style": STYLES[action]} if action in STYLES else {})


def _link(link: Link, at: int) -> dict[str, Any]:
    button = {
        "type": "button",
        "action_id": f"{OPEN}_{at}",
        "text": _plain(link.label, 75),
        "url": via.through(link.url, "slack") if link.acknowledges else link.url,
    }
    return button | ({"style": "primary"} if link.acknowledges else {})


def _acts(link: dict[str, Any]) -> bool:
    return link.get("style") == "primary"


def _plain(text: str, limit: int) -> dict[str, Any]:
    """Escaped after it is cut: half an entity would show as letters."""
    fitting = shorten(text, limit)
    while len(escaped(fitting)) > limit:
        fitting = shorten(fitting, len(fitting) - 1 - (len(escaped(fitting)) - limit) // 5)
    return {"type": "plain_text", "text": escaped(fitting) or " ", "emoji": False}


def _word(answer: str) -> str:
    """The error word of a webhook's answer, such as `no_service`; nothing else is repeated."""
    word = answer.strip()
    return word if word.isascii() and word.replace("_", "").isalnum() and len(word) < 40 else ""
