"""WhatsApp: the four variables of an approved template; free text may not begin a talk."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.domain.phrase import mark
from notifications.channels.base import Outgoing, Sent
from notifications.domain import drills
from notifications.domain.message import BUNDLE, REQUEST, Message
from notifications.domain.text import one_line
from notifications.domain.words import Channel, Urgency
from notifications.providers import base as providers

TITLE_LENGTH = 100
SERVICE_LENGTH = 60
STATUS_LENGTH = 200
URGENCIES: dict[str, str] = {
    Urgency.HIGH: mark("HIGH urgency"),
    Urgency.MEDIUM: mark("MEDIUM urgency"),
    Urgency.LOW: mark("LOW urgency"),
}
NOTHING = "-"  # the template refuses an empty variable


@dataclass(frozen=True, slots=True)
class Variables:
    """{{1}} title, {{2}} service, {{3}} status line, {{4}} link."""

    title: str
    service: str
    status: str
    link: str

    def numbered(self) -> dict[str, str]:
        return {"1": self.title, "2": self.service, "3": self.status, "4": self.link}


def render(message: Message) -> Variables:
    links = [action.url for action in message.actions if action.style == "primary"]
    return Variables(
        title=one_line(message.title, TITLE_LENGTH) or NOTHING,
        service=one_line(message.service, SERVICE_LENGTH) or "OpsKnight",
        status=one_line(_status(message), STATUS_LENGTH) or NOTHING,
        link=(links[0] if links else message.url) or NOTHING,
    )


def send(rendered: Variables, outgoing: Outgoing) -> Sent | str:
    return providers.send(Channel.WHATSAPP, rendered, outgoing)


def provider(address: str) -> str:
    """Always through an account."""
    return ""


def _status(message: Message) -> str:
    if message.kind == drills.KIND:
        return _("Test page. Reply {code} if it arrived.").format(code=drills.REPLY)
    number = message.subject_id
    if message.kind == REQUEST and number.isascii() and number.isdigit():
        codes = _("reply 4 {number} = accept, 5 {number} = decline").format(number=number)
        room = STATUS_LENGTH - len(codes) - 3
        return f"{one_line(message.body or message.tag, room)} - {codes}"
    if message.kind != "page":
        return message.body or message.tag
    parts = [_(URGENCIES.get(message.urgency, ""))]
    if message.since:
        parts.append(_("since {moment}").format(moment=message.since))
    if BUNDLE.fullmatch(number):
        parts.append(_("reply 1 {number} = ack all").format(number=number))
    if number.isascii() and number.isdigit():
        parts.append(_("reply 1 {number} = ack, 2 {number} = resolve").format(number=number))
    return " - ".join(part for part in parts if part)
