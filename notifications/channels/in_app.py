"""In the app: a line under the bell, written with the page itself, never a delivery."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from notifications.channels.base import ChannelError, Outgoing
from notifications.domain import drills
from notifications.domain.message import Message
from notifications.domain.text import one_line, storable

TITLE_LENGTH = 255
URL_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Notice:
    """The line: `body` is short, `url` a path of our own, whatever the public origin is."""

    title: str
    body: str
    url: str
    urgent: bool


def render(message: Message) -> Notice:
    facts = ", ".join(f"{one_line(label)}: {one_line(value)}" for label, value in message.facts[:3])
    return Notice(
        title=one_line(message.title, TITLE_LENGTH),
        body=storable(facts, 500),
        url=_path(message.url),
        urgent=message.urgent and message.kind != drills.KIND,
    )


def send(rendered: Notice, outgoing: Outgoing) -> str:
    """Never called: the line is written in the transaction of the page and counts as no receipt."""
    raise ChannelError("the bell is not a way to reach somebody", permanent=True)


def provider(address: str) -> str:
    return "in-app"


def _path(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    inside = path.startswith("/") and not path.startswith("//")
    return path if inside and len(path) <= URL_LENGTH else ""
