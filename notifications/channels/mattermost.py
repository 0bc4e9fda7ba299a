"""Mattermost: an attachment by POST to an incoming webhook, with a button that acknowledges.

The button carries the signed one-tap token of the person, so the server that calls us back needs
no account here; where there is no such token it is a link. Markdown is escaped by backslashes.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core import via
from notifications.channels import calls
from notifications.channels.base import Outgoing
from notifications.domain import drills
from notifications.domain.card import Card, CardState, Link, card_of
from notifications.domain.markdown import for_mattermost as escaped
from notifications.domain.markdown import unnamed
from notifications.domain.message import Message

CALLBACK = "/api/inbound/mattermost/actions"
_ONE_TAP = re.compile(r"/[art]/([^/?#]+)/$")  # acknowledges, answers a request, a test page


def render(message: Message) -> dict[str, Any]:
    card = card_of(message, _)
    attachment: dict[str, Any] = {
        "fallback": unnamed(card.heading),
        "color": f"#{card.colour:06x}",
        "title": escaped(card.heading),
        "text": escaped(card.body),
        "fields": [
            {"title": escaped(name), "value": escaped(value), "short": len(value) < 40}
            for name, value in card.facts
        ],
        "actions": [button for link in card.links for button in _buttons(link, card)],
    }
    if card.url:
        attachment["title_link"] = card.url
    links = _links(card)
    if links:
        attachment["text"] = "\n\n".join(part for part in (attachment["text"], links) if part)
    return {"username": "OpsKnight", "text": "", "attachments": [attachment]}


def send(rendered: dict[str, Any], outgoing: Outgoing) -> str:
    """Raises ChannelError."""
    answer = calls.call(outgoing.address, rendered)
    if calls.is_success(answer):
        return "accepted by Mattermost"
    raise calls.refusal(answer, "Mattermost")


def provider(address: str) -> str:
    return calls.host_of(address)


def _buttons(link: Link, card: Card) -> list[dict[str, Any]]:
    """Buttons for the one-tap link of a person; none for what only opens a page."""
    parts = urlsplit(link.url)
    token = _ONE_TAP.search(parts.path) if link.acknowledges else None
    if token is None:
        return []
    origin = f"{parts.scheme}://{parts.netloc}"
    if card.asks:
        return [
            _button("accept", _("Accept"), "good", origin, {"token": token[1], "verb": "accept"}),
            _button(
                "decline", _("Decline"), "default", origin, {"token": token[1], "verb": "decline"}
            ),
        ]
    if card.tests:
        context = {"token": token[1], "verb": drills.ARRIVED}
        return [_button("arrived", link.label, "good", origin, context)]
    taken = _button("acknowledge", link.label, "good", origin, {"token": token[1]})
    if card.state is not CardState.OPEN:
        return [taken]
    context = {"token": token[1], "verb": "escalate"}
    return [taken, _button("escalate", _("Escalate now"), "default", origin, context)]


def _button(
    name: str, label: str, style: str, origin: str, context: dict[str, str]
) -> dict[str, Any]:
    return {
        "id": name,
        "name": label,
        "type": "button",
        "style": style,
        "integration": {"url": origin + CALLBACK, "context": context},
    }


def _links(card: Card) -> str:
    shown = [_markdown(link) for link in card.links]
    return " \u00b7 ".join(shown)


def _markdown(link: Link) -> str:
    url = via.through(link.url, "mattermost") if link.acknowledges else link.url
    return f"[{escaped(link.label)}]({url.replace('(', '%28').replace(')', '%29')})"
