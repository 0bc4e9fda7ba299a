"""Google Chat: a card by POST to the webhook of a space; news go into the thread of the first one.

Card texts know a few HTML tags, so `&<>` are escaped; titles and fallback texts know none, but
mentions such as <users/all> begin with "<".
https://developers.google.com/workspace/chat/api/reference/rest/v1/cards
"""

from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils.translation import gettext as _

from core import via
from notifications.channels import calls
from notifications.channels.base import ChannelError, Outgoing
from notifications.domain.card import Card, Link, card_of
from notifications.domain.message import Message

REPLY = "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
_ANGLES = str.maketrans("<>", "‹›")


@dataclass(frozen=True, slots=True)
class RenderedChat:
    body: dict[str, Any]
    threaded: bool


def render(message: Message) -> RenderedChat:
    card = card_of(message, _)
    body: dict[str, Any] = {
        "fallbackText": card.heading.translate(_ANGLES),
        "cardsV2": [{"cardId": card.thread or "opsknight", "card": _card(card)}],
    }
    if card.thread:
        body["thread"] = {"threadKey": card.thread}
    return RenderedChat(body, bool(card.thread))


def send(rendered: RenderedChat, outgoing: Outgoing) -> str:
    """Raises ChannelError."""
    url = outgoing.address
    if rendered.threaded and "messageReplyOption=" not in url:
        url += f"{'&' if '?' in url else '?'}{REPLY}"
    answer = calls.call(url, rendered.body)
    if calls.is_success(answer):
        return "accepted by Google Chat"
    raise _refused(calls.refusal(answer, "Google Chat", _status(calls.json_of(answer))))


def provider(address: str) -> str:
    return calls.host_of(address)


def _refused(error: ChannelError) -> ChannelError:
    error.answer = ""  # Google repeats the address, key included, in some of its answers
    return error


def _card(card: Card) -> dict[str, Any]:
    state = f'<font color="#{card.colour:06x}"><b>{escape(card.word or "OpsKnight")}</b></font>'
    widgets: list[dict[str, Any]] = [{"textParagraph": {"text": state}}]
    widgets += [
        {
            "decoratedText": {
                "topLabel": name.translate(_ANGLES),
                "text": escape(value),
                "wrapText": True,
            }
        }
        for name, value in card.facts
    ]
    if card.body:
        widgets.append({"textParagraph": {"text": escape(card.body).replace("\n", "<br>")}})
    if card.links:
        widgets.append({"buttonList": {"buttons": [_button(link) for link in card.links]}})
    header = {"title": card.title.translate(_ANGLES) or "OpsKnight"}
    return {"header": header, "sections": [{"widgets": widgets}]}


def _button(link: Link) -> dict[str, Any]:
    url = via.through(link.url, "google_chat") if link.acknowledges else link.url
    return {"text": link.label.translate(_ANGLES), "onClick": {"openLink": {"url": url}}}


def _status(answer: dict[str, Any]) -> str:
    """The code of the error, such as RESOURCE_EXHAUSTED; its sentence may hold the address."""
    error = answer.get("error")
    word = error.get("status") if isinstance(error, dict) else ""
    return word if isinstance(word, str) and word.replace("_", "").isalpha() else ""
