"""Microsoft Teams: an Adaptive Card 1.4 by POST to a workflow or an incoming webhook.

What comes from outside stands in text runs, which read no Markdown. An old connector answers 200
also when Teams refused the card; its words are read then.
"""

from typing import Any

from django.utils.translation import gettext as _

from core import via
from notifications.channels import calls
from notifications.channels.base import ChannelError, Outgoing
from notifications.domain.card import Card, CardState, Link, card_of
from notifications.domain.message import Message

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
STYLES = {
    CardState.OPEN: "attention",
    CardState.ACKNOWLEDGED: "warning",
    CardState.RESOLVED: "good",
    CardState.INFO: "emphasis",
}
BUSY_INSIDE = ("429", "throttl", "too many requests")


def render(message: Message) -> dict[str, Any]:
    card = card_of(message, _)
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": _inert(card.heading),
        "msteams": {"width": "Full"},
        "body": [
            {
                "type": "Container",
                "style": STYLES[card.state],
                "bleed": True,
                "items": [_text([_run(card.heading, weight="Bolder", size="Medium")])],
            },
            *_rows(card),
        ],
        "actions": [_action(link) for link in card.links],
    }
    attachment = {"contentType": CONTENT_TYPE, "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def send(rendered: dict[str, Any], outgoing: Outgoing) -> str:
    """Raises ChannelError, also for a refusal that hides behind a 200."""
    answer = calls.call(outgoing.address, rendered)
    if not calls.is_success(answer):
        raise calls.refusal(answer, "Teams")
    said = calls.beginning(answer)
    if answer.status == 200 and "failed" in said.lower():
        busy = any(word in said.lower() for word in BUSY_INSIDE)
        raise ChannelError("Teams did not take the card", permanent=not busy, answer=said)
    return "accepted by Teams"


def provider(address: str) -> str:
    return calls.host_of(address)


def _rows(card: Card) -> list[dict[str, Any]]:
    rows = [
        _text([_run(f"{name}: ", weight="Bolder"), _run(value)], spacing="Small")
        for name, value in card.facts
    ]
    if card.body:
        lines = card.body.split("\n")
        rows += [
            _text([_run(line or " ")], spacing="Medium" if not at else "None")
            for at, line in enumerate(lines)
        ]
    return rows


def _text(runs: list[dict[str, Any]], **look: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": runs, **look}


def _run(text: str, **look: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": _inert(text), **look}


def _inert(text: str) -> str:
    """A card knows functions in double braces; with something between them they are letters."""
    return text.replace("{{", "{\u200b{")


def _action(link: Link) -> dict[str, Any]:
    url = via.through(link.url, "teams") if link.acknowledges else link.url
    action = {"type": "Action.OpenUrl", "title": link.label, "url": url}
    return action | ({"style": "positive"} if link.acknowledges else {})
