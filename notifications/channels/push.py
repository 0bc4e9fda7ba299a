"""Push to a browser or an app on the home screen: a short JSON that its service worker shows.

Nothing in it is markup, so hostile text stays text. Addresses are paths: the worker opens and
calls its own site only. https://www.w3.org/TR/push-api/
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core.domain.phrase import mark
from notifications.channels.base import Outgoing, Sent
from notifications.domain import drills
from notifications.domain.message import REQUEST, Message
from notifications.domain.text import many_lines, one_line, shorten
from notifications.domain.words import Channel, Urgency
from notifications.providers import base as providers

LONGEST = 3500  # bytes of JSON; what is added right before sending fits above it
TITLE_LENGTH, NAME_LENGTH, FACT_LENGTH, BODY_LENGTH = 120, 150, 80, 160
ABOUT_INCIDENTS = {"page", "news"}
# What static/js/worker/push.js says by itself.
WORKER = {
    "acknowledge": mark("Acknowledge"),
    "view": mark("View"),
    "failed": mark("NOT acknowledged"),
    "offline": mark("No connection."),
    "error": mark("The server answered with an error."),
    "again": mark("Tap to open it and try again."),
}
OF_DRILLS = {"acknowledge": mark("It arrived"), "failed": mark("NOT confirmed")}
OF_REQUESTS = {
    "accept": mark("Accept"),
    "decline": mark("Decline"),
    "failed": mark("NOT answered"),
}
ANSWERED = {"page", drills.KIND}


@dataclass(frozen=True, slots=True)
class Push:
    """What the worker gets. `tag`: the same one replaces the notification that is there.

    `name` says what it is about without the urgency. `ack`: path that acknowledges by POST;
    `respond`: path that takes `{"answer": "accept" | "decline"}` by POST.
    `closes`: it is over; the old notification is replaced without a sound.
    `say`: what the worker says itself, where it is not to be English.
    """

    title: str
    name: str
    body: str
    tag: str
    url: str
    urgency: str
    ack: str = ""
    respond: str = ""
    closes: bool = False
    say: dict[str, str] = field(default_factory=dict, hash=False)

    def packed(self, **more: Any) -> bytes:
        """As JSON of at most LONGEST bytes: the text gives way, never the addresses."""
        words = asdict(self)
        raw = _json({**words, **more})
        if len(raw) > LONGEST:
            words |= {"body": "", "title": shorten(self.title, 40), "name": shorten(self.name, 40)}
            raw = _json({**words, **more})
        return raw


def render(message: Message) -> Push:
    page, news = message.kind in ANSWERED, message.kind == "news"
    sort = "incident" if message.kind in ABOUT_INCIDENTS else message.kind
    asks = message.kind == REQUEST
    tap = next((action for action in message.actions if action.style == "primary"), None)
    path = path_of(tap.url) if tap else ""
    return Push(
        title=_title(message),
        name=one_line(message.title, NAME_LENGTH),
        body=_body(message),
        tag=f"{sort}-{message.subject_id}",
        url=path_of(message.url) or "/",
        urgency=message.urgency or Urgency.LOW,
        ack=path if page else "",
        respond=path if asks else "",
        closes=news,
        say=_said(message) if page or asks else {},
    )


def _said(message: Message) -> dict[str, str]:
    """Words of the worker that are not those it has, which are English and about incidents."""
    named = {drills.KIND: OF_DRILLS, REQUEST: OF_REQUESTS}.get(message.kind, {})
    said = WORKER | named if message.language else named
    return {name: _(text) for name, text in said.items()}


def send(rendered: Push, outgoing: Outgoing) -> Sent | str:
    return providers.send(Channel.PUSH, rendered, outgoing)


def provider(address: str) -> str:
    """Needs an account: the keys that push services know this installation by."""
    return ""


def path_of(url: str) -> str:
    """Path and query of one of our links; "" for none, or one that leads elsewhere."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""


def _title(message: Message) -> str:
    service = message.service
    if message.kind not in ABOUT_INCIDENTS or not service:
        return one_line(message.title, TITLE_LENGTH)
    word = _("CRITICAL") if message.urgency == Urgency.HIGH else _("Incident")
    if message.kind == "news":
        word = one_line(message.tag, 20)
    return one_line(f"{word} • {service}", TITLE_LENGTH)


def _body(message: Message) -> str:
    """What broke, two facts, how the description begins."""
    incident = message.kind in ABOUT_INCIDENTS
    lines = [one_line(message.title, NAME_LENGTH)] if incident else []
    said = {"Service", "Urgency", _("Service"), _("Urgency")}
    facts = [pair for pair in message.facts if pair[0] not in said][:2]
    lines += [one_line(f"{label}: {value}", FACT_LENGTH) for label, value in facts]
    lines.append(one_line(many_lines(message.body), BODY_LENGTH))
    return "\n".join(line for line in lines if line)


def _json(words: dict[str, Any]) -> bytes:
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")
