"""What is to be said, before any channel gives it a shape. Texts are raw: channels escape them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from notifications.domain.text import storable

TITLE_LENGTH = 500
BODY_LENGTH = 4000
URL_LENGTH = 1000
FACTS = 20
DETAILS = 40
LABEL_LENGTH = 60
VALUE_LENGTH = 1000
ACTIONS = 4
TAG_LENGTH = 40
REQUEST = "request"  # kind of a message that is answered with yes or no
# How the subject of a page about many incidents is named, and how an answer names it.
BUNDLE = re.compile(r"B[0-9]{1,18}")
NUMBERS_LENGTH = 100_000  # ten thousand incidents, none beside the other
SAID_APART = ("language", "service", "since", "state")


@dataclass(frozen=True, slots=True)
class Action:
    """A button: `style` is primary | secondary."""

    label: str
    url: str
    style: str = "primary"

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", storable(self.label, LABEL_LENGTH))
        object.__setattr__(self, "url", web_address(self.url))


@dataclass(frozen=True, slots=True)
class Message:
    """Immutable and bounded: longer texts are cut, further facts and actions dropped.

    `kind` names the sort of message (page, news, test …), `tag` is the word in brackets of an
    e-mail's subject, `facts` are (label, value) pairs in order. `data` is the body of a service
    webhook: what a machine gets instead of the words. `details` are further (name, value) pairs, as
    somebody else sent them. `numbers`: everything the message is about, for channels with room.
    `language` is the one that the words are in, "" for English; whatever a channel must know
    whichever it is stands apart: `service`, `since`, and `state`, which is triggered | acknowledged
    | resolved. In English the facts Service and Since tell the first two.
    """

    kind: str
    subject_id: str
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    body: str = ""
    details: tuple[tuple[str, str], ...] = ()
    url: str = ""
    actions: tuple[Action, ...] = ()
    urgency: str = ""
    tag: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)
    numbers: str = ""
    language: str = ""
    service: str = ""
    since: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        named = {str(label): str(value) for label, value in self.facts}
        bounded = {
            "kind": storable(self.kind, TAG_LENGTH),
            "subject_id": storable(str(self.subject_id), TAG_LENGTH),
            "title": storable(self.title, TITLE_LENGTH),
            "facts": _pairs(self.facts, FACTS),
            "body": storable(self.body, BODY_LENGTH),
            "details": _pairs(self.details, DETAILS),
            "url": web_address(self.url),
            "actions": tuple(self.actions)[:ACTIONS],
            "tag": storable(self.tag, TAG_LENGTH),
            "data": _storable_tree(self.data),
            "numbers": storable(self.numbers, NUMBERS_LENGTH),
            "service": storable(self.service or named.get("Service", ""), VALUE_LENGTH),
            "since": storable(self.since or named.get("Since", ""), VALUE_LENGTH),
        }
        for name, value in bounded.items():
            object.__setattr__(self, name, value)

    @property
    def urgent(self) -> bool:
        """Whether it is marked so: of high urgency, and not the news that it is taken or over."""
        over = self.kind == "news" and self.state in {"acknowledged", "resolved"}
        return self.urgency == "HIGH" and not over

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "subject_id": self.subject_id,
            "title": self.title,
            "facts": [list(pair) for pair in self.facts],
            "body": self.body,
            "details": [list(pair) for pair in self.details],
            "url": self.url,
            "actions": [
                {"label": action.label, "url": action.url, "style": action.style}
                for action in self.actions
            ],
            "urgency": self.urgency,
            "tag": self.tag,
            "data": dict(self.data),
            **({"numbers": self.numbers} if self.numbers else {}),
            **{name: getattr(self, name) for name in SAID_APART if getattr(self, name)},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Message":
        """The inverse of `to_json`; missing parts take their defaults."""
        return cls(
            kind=value.get("kind", ""),
            subject_id=value.get("subject_id", ""),
            title=value.get("title", ""),
            facts=_texts(value.get("facts", ())),
            body=value.get("body", ""),
            details=_texts(value.get("details", ())),
            url=value.get("url", ""),
            actions=tuple(Action(**action) for action in value.get("actions", ())),
            urgency=value.get("urgency", ""),
            tag=value.get("tag", ""),
            data=value.get("data", {}),
            numbers=value.get("numbers", ""),
            **{name: value.get(name, "") for name in SAID_APART},
        )


def web_address(url: str) -> str:
    """The URL when it is an http(s) address of bounded length and plain characters, else ""."""
    plain = url.isascii() and url.isprintable() and " " not in url
    if plain and url.startswith(("http://", "https://")) and len(url) <= URL_LENGTH:
        return url
    return ""


def _pairs(pairs: Iterable[tuple[str, str]], most: int) -> tuple[tuple[str, str], ...]:
    return tuple(
        (storable(str(label), LABEL_LENGTH), storable(str(value), VALUE_LENGTH))
        for label, value in list(pairs)[:most]
    )


def _texts(pairs: Iterable[Iterable[Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(label), str(text)) for label, text in pairs)


def _storable_tree(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value, 2 * BODY_LENGTH)
    if isinstance(value, Mapping):
        return {storable(str(key), VALUE_LENGTH): _storable_tree(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_tree(item) for item in value]
    return value
