"""A message as chats show it: one state with its colour, a headline, facts, links. Pure.

Texts are raw but bounded and on the lines they may have: each chat escapes them in its own way.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.phrase import Say, mark
from notifications.domain import drills
from notifications.domain.message import REQUEST, Message
from notifications.domain.text import many_lines, one_line, shorten

TITLE = 140
LABEL = 60
VALUE = 300
BODY = 1200
FACTS = 10
DETAILS = 8


class CardState(StrEnum):
    """What the colour says; the word beside it says the same."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    INFO = "info"


# Red, amber, green, grey: the tokens of the pages on a white ground.
COLOURS = {
    CardState.OPEN: 0xC62828,
    CardState.ACKNOWLEDGED: 0xB45309,
    CardState.RESOLVED: 0x15803D,
    CardState.INFO: 0x475569,
}
_STATES = {
    "triggered": CardState.OPEN,
    "acknowledged": CardState.ACKNOWLEDGED,
    "resolved": CardState.RESOLVED,
}
_WORDS = {
    CardState.OPEN: mark("Incident triggered"),
    CardState.ACKNOWLEDGED: mark("Incident acknowledged"),
    CardState.RESOLVED: mark("Incident resolved"),
}
# Kinds of messages that speak of one incident, whose number is their subject_id.
_ABOUT_INCIDENTS = {"page", "news", "card", "service_event"}


@dataclass(frozen=True, slots=True)
class Link:
    """A button that opens a page. `acknowledges`: its page takes the incident."""

    label: str
    url: str
    acknowledges: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """`incident`: its number while buttons make sense, else "". `heading`: word and title.

    `asks`: the same for one that asks its reader for help: they accept or decline. `tests`: the
    number of a test page, which its reader confirms.
    `edits`: the reference of the message that this one takes the place of. `only_edits`: where that
    is gone, nothing is said anew; else whoever follows it is told.
    """

    state: CardState
    word: str
    title: str
    facts: tuple[tuple[str, str], ...]
    body: str
    url: str
    links: tuple[Link, ...]
    thread: str
    incident: str
    asks: str = ""
    tests: str = ""
    edits: str = ""
    only_edits: bool = False

    @property
    def heading(self) -> str:
        return f"{self.word}: {self.title}" if self.word else self.title

    @property
    def colour(self) -> int:
        return COLOURS[self.state]


def card_of(message: Message, say: Say = str) -> Card:
    """The card of any message; `say` gives our own words in the language of the message."""
    state = _state(message)
    about = message.kind in _ABOUT_INCIDENTS
    live = about and state in {CardState.OPEN, CardState.ACKNOWLEDGED}
    return Card(
        state=state,
        word=say(_WORDS[state]) if about and state in _WORDS else "",
        title=one_line(message.title, TITLE),
        facts=tuple(
            (one_line(name, LABEL), one_line(value, VALUE)) for name, value in _facts(message)
        ),
        body=shorten(many_lines("\n".join(_paragraphs(message))), BODY),
        url=message.url,
        links=_links(message, say),
        thread=f"opsknight-{message.subject_id}" if about else "",
        incident=message.subject_id if live and message.subject_id.isdecimal() else "",
        asks=message.subject_id if message.kind == REQUEST else "",
        tests=message.subject_id if message.kind == drills.KIND else "",
        edits=one_line(str(message.data.get("reference") or ""), 120) if about else "",
        only_edits=message.kind == "card",
    )


def _state(message: Message) -> CardState:
    if message.kind == "page":
        return CardState.OPEN
    if message.kind in _ABOUT_INCIDENTS:
        return _STATES.get(message.state or message.tag.lower(), CardState.INFO)
    return CardState.INFO


def _facts(message: Message) -> list[tuple[str, str]]:
    return [(name, value) for name, value in message.facts if name.strip() and value.strip()][
        :FACTS
    ]


def _paragraphs(message: Message) -> list[str]:
    lines = [
        f"{one_line(name, LABEL)}: {one_line(value, VALUE)}" for name, value in message.details
    ]
    return [part for part in (message.body, *lines[:DETAILS]) if part.strip()]


def _links(message: Message, say: Say) -> tuple[Link, ...]:
    links = [
        Link(one_line(action.label, LABEL), action.url, action.style == "primary")
        for action in message.actions
        if action.url and action.label.strip()
    ]
    if message.url and message.url not in {link.url for link in links}:
        links.append(Link(say("Open"), message.url))
    return tuple(links)
