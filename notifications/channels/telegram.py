"""Telegram: one message in HTML as the Bot API reads it, escaped, never longer than it takes."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.domain.phrase import mark
from notifications.channels.base import Outgoing, Sent
from notifications.domain import drills
from notifications.domain.message import BUNDLE, REQUEST, Message
from notifications.domain.text import many_lines, one_line
from notifications.domain.words import Channel, Urgency
from notifications.providers import base as providers

LONGEST = 4096  # UTF-16 units, https://core.telegram.org/bots/api#sendmessage
ROOM = LONGEST - 96  # for a last line that tells of what was cut
TITLE_LENGTH = 300
VALUE_LENGTH = 300
BODY_LENGTH = 1500
MARKS: dict[str, str] = {Urgency.HIGH: "🔴", Urgency.MEDIUM: "🟠", Urgency.LOW: "🔵"}
# Kind of message -> what can be pressed below it.
VERBS = {
    "page": ("acknowledge", "resolve", "escalate"),
    REQUEST: ("accept", "decline"),
    drills.KIND: (drills.ARRIVED,),
}
CUT = mark("… there is more on the page of the incident")


@dataclass(frozen=True, slots=True)
class Chat:
    """`text` is HTML, `plain` the same words; `verbs` can be pressed; `url` opens the page.

    `edits` is the message that this one takes the place of, `delivery` the one that brought it.
    """

    text: str
    plain: str
    url: str = ""
    verbs: tuple[str, ...] = ()
    quiet: bool = False
    edits: int = 0
    delivery: int = 0


def render(message: Message) -> Chat:
    lines = list(_lines(message))
    return Chat(
        text="\n".join(_fitting(lines)),
        plain="\n".join(_fitting([(plain, plain) for _, plain in lines])),
        url=message.url,
        verbs=_verbs(message),
        quiet=message.kind == "news",
        edits=_number(message.data.get("reference")),
        delivery=_number(message.data.get("delivery")),
    )


def send(rendered: Chat, outgoing: Outgoing) -> Sent | str:
    return providers.send(Channel.TELEGRAM, rendered, outgoing)


def provider(address: str) -> str:
    """Needs an account."""
    return ""


def escaped(text: str) -> str:
    """As HTML of the Bot API: these three are all it knows, quotes only matter in attributes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def _verbs(message: Message) -> tuple[str, ...]:
    """Many at once can be taken, nothing else."""
    verbs = VERBS.get(message.kind) or _texts(message.data.get("verbs"))
    many = message.kind == "page" and BUNDLE.fullmatch(message.subject_id)
    return verbs[:1] if many else verbs


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else 0


def _lines(message: Message) -> Iterator[tuple[str, str]]:
    """(HTML, plain) of each line; a tag never spans two of them, so a cut leaves none open."""
    title = one_line(message.title, TITLE_LENGTH)
    tag = one_line(message.tag, 40)
    mark = MARKS.get(message.urgency, "") if message.kind == "page" else ""
    heading = " ".join(part for part in (mark, f"[{tag}]" if tag else "", title) if part)
    yield f"<b>{escaped(heading)}</b>", heading
    yield from (_pair(label, value) for label, value in message.facts)
    body = many_lines(message.body)[:BODY_LENGTH]
    if body:
        yield "", ""
        yield from ((escaped(line), line) for line in body.split("\n"))
    if message.details:
        yield "", ""
        yield from (_pair(label, value) for label, value in message.details)


def _pair(label: str, value: str) -> tuple[str, str]:
    name, text = one_line(label), one_line(value, VALUE_LENGTH)
    return f"<i>{escaped(name)}:</i> {escaped(text)}", f"{name}: {text}"


def _fitting(lines: list[tuple[str, str]]) -> list[str]:
    """As many whole lines as fit, counted with their tags: never too long for the receiver."""
    taken: list[str] = []
    room = ROOM
    for line, _plain in lines:
        room -= len(line.encode("utf-16-le")) // 2 + 1
        if room < 0:
            return [*taken, _(CUT)]
        taken.append(line)
    return taken
