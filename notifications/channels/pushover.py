"""Pushover: a high page repeats on the phone until somebody acknowledges it there or elsewhere."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from notifications.channels.base import Outgoing, Sent
from notifications.channels.ntfy import plain_text
from notifications.domain import drills
from notifications.domain.message import REQUEST, Message
from notifications.domain.text import one_line
from notifications.domain.words import Channel, Urgency
from notifications.providers import base as providers

# https://pushover.net/api#limits; the text is counted in bytes to be on the safe side.
TITLE_LENGTH = 250
LONGEST = 1020
URL_LENGTH = 512
EMERGENCY = 2
LOUD = 1
PRIORITIES: dict[str, int] = {Urgency.MEDIUM: 1, Urgency.LOW: 0}
NORMAL, NEWS_PRIORITY = 0, -1


# Somebody asks for this person, or must be told loudly: it may wake, but nobody acknowledges it.
CALLS = {REQUEST, "assigned", "help"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`priority` 2 repeats until acknowledged; `url` with its label stands below the text.

    `ends`: nothing is to be shown, the emergency with this receipt is over.
    """

    title: str
    text: str
    priority: int
    url: str = ""
    url_title: str = ""
    ends: str = ""


def render(message: Message) -> Alarm:
    url, label = _link(message)
    return Alarm(
        title=one_line(message.title, TITLE_LENGTH),
        text=plain_text(message, LONGEST) or one_line(message.title, TITLE_LENGTH),
        priority=_priority(message),
        url=url,
        url_title=label,
        ends=str(message.data.get("reference", "")) if message.kind == "card" else "",
    )


def send(rendered: Alarm, outgoing: Outgoing) -> Sent | str:
    return providers.send(Channel.PUSHOVER, rendered, outgoing)


def provider(address: str) -> str:
    """Needs an account."""
    return ""


def _priority(message: Message) -> int:
    called = message.kind in CALLS and message.urgency == Urgency.HIGH
    if message.kind == drills.KIND or called:
        return LOUD
    if message.kind != "page":
        return NEWS_PRIORITY if message.kind == "news" else NORMAL
    return PRIORITIES.get(message.urgency, EMERGENCY)


def _link(message: Message) -> tuple[str, str]:
    """The one-tap link, else the page itself; none when it is longer than Pushover takes."""
    links = [(action.url, one_line(action.label, 100)) for action in message.actions]
    links.append((message.url, _("Open in OpsKnight")))
    return next((link for link in links if 0 < len(link[0]) <= URL_LENGTH), ("", ""))
