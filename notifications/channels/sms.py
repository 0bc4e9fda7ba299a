"""SMS: what broke, where, one link, how to answer; never more than two messages long."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from notifications.channels.base import Outgoing, Sent
from notifications.domain import drills, gsm
from notifications.domain.message import BUNDLE, REQUEST, Message
from notifications.domain.text import one_line, shorten
from notifications.domain.words import Channel, Urgency
from notifications.providers import base as providers

MARKS = {Urgency.HIGH: "!!", Urgency.MEDIUM: "!"}
TITLE_LENGTH = 150
SERVICE_LENGTH = 40
BODY_LENGTH = 200
SHORTEST_TITLE = 16


@dataclass(frozen=True, slots=True)
class Text:
    """`body` tells how to answer; `mute` does not, for senders that nobody can answer."""

    body: str
    mute: str


def render(message: Message) -> Text:
    """Pages say which codes answer them; other messages are their title, text and link."""
    codes = _codes(message)
    return Text(body=_fitted(message, codes), mute=_fitted(message, ""))


def send(rendered: Text, outgoing: Outgoing) -> Sent | str:
    return providers.send(Channel.SMS, rendered, outgoing)


def provider(address: str) -> str:
    """Always through an account."""
    return ""


def _fitted(message: Message, codes: str) -> str:
    """The most that fits: first details go, then the title is cut; the link stays whole."""
    mark = MARKS.get(Urgency(message.urgency), "") if message.urgency in list(Urgency) else ""
    title = one_line(gsm.plain(f"{mark} {message.title}"), TITLE_LENGTH)
    rest = one_line(gsm.plain(_second_line(message)), BODY_LENGTH)
    for write in (str, gsm.packed):
        for link in _links(message):
            for details in ((rest, link, codes), (link, codes), (link,)):
                text = _with_title(write(title), [write(part) for part in details if part])
                if text:
                    return text
    return gsm.packed(shorten(title, TITLE_LENGTH - 10))


def _with_title(title: str, lines: list[str]) -> str:
    """The whole with as much of the title as fits; "" when hardly any of it does."""
    least = min(len(title), SHORTEST_TITLE)
    for size in range(len(title), least - 1, -4):
        head = title if size == len(title) else title[:size].rstrip() + "..."
        text = "\n".join([head, *lines])
        if gsm.fits(text):
            return text
    return ""


def _second_line(message: Message) -> str:
    if message.kind != "page" or BUNDLE.fullmatch(message.subject_id):
        return message.body
    return shorten(message.service, SERVICE_LENGTH)


def _links(message: Message) -> list[str]:
    """The link that acknowledges first; a shorter one in case it does not fit, at last none."""
    acknowledge = [action.url for action in message.actions if action.style == "primary"][:1]
    return [*acknowledge, *([message.url] if message.url else []), ""]


def _codes(message: Message) -> str:
    """ "1 42" rather than "1": by the time somebody answers, another page may have come."""
    number = message.subject_id
    if message.kind == drills.KIND:
        return _("Reply {code} if it arrived").format(code=drills.REPLY)
    if message.kind == "page" and BUNDLE.fullmatch(number):
        return _("Reply 1 {number} = ack all").format(number=number)
    if message.kind == REQUEST and number.isascii() and number.isdigit():
        return _("Reply 4 {number} = accept, 5 {number} = decline").format(number=number)
    if message.kind != "page" or not (number.isascii() and number.isdigit()):
        return ""
    return _("Reply 1 {number} = ack, 2 {number} = resolve").format(number=number)
