"""The pager's own alarm: which part of it is broken, and when that is to be said. Pure.

Several watchers look at the same parts, each from its own process, and share one book of what was
said. An alarm is said once, again while nobody was reached, and each hour while the fault lasts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

REPEAT = timedelta(hours=1)
RETRY = timedelta(seconds=60)  # nobody was reached, or whoever said it died over it
CALM = timedelta(minutes=15)  # what comes and goes is said no more often …
LASTING = timedelta(seconds=45)  # … unless it stays


class Part(StrEnum):
    """What can break. Heartbeats have the names of their processes."""

    DATABASE = "database"
    WEB = "web"
    SUPERVISOR = "supervisor"
    TICKER = "ticker"
    SENDER = "sender"
    QUEUE = "q2"
    RESTARTS = "restarts"
    ESCALATION = "escalation"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a broken part is called and what it means for whoever relies on the pager."""

    title: str
    text: str


MEANS = {
    Part.DATABASE: Meaning(
        "the database does not answer", "Events are refused with 503, and nobody is paged."
    ),
    Part.WEB: Meaning("the web server does not answer", "Events may not get in."),
    Part.SUPERVISOR: Meaning(
        "the supervisor is silent", "Processes that hang or die are not started again."
    ),
    Part.TICKER: Meaning(
        "the escalation timer is silent", "New incidents and next steps page nobody."
    ),
    Part.SENDER: Meaning("the sender is silent", "Pages are written, but not sent."),
    Part.QUEUE: Meaning("the job queue is silent", "Pages go out; background work is late."),
    Part.RESTARTS: Meaning(
        "a process hangs or dies again and again", "What it does is late or is not done."
    ),
    Part.ESCALATION: Meaning(
        "incidents escalate to nobody", "Open incidents have no next step that pages somebody."
    ),
    Part.DELIVERY: Meaning("pages do not leave in time", "They should have been sent long ago."),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What was said of one part. `since`: when it broke last; `said_at`: when that was said last.

    `reached`: somebody was told then.
    """

    since: datetime
    said_at: datetime
    reached: bool = False
    over_at: datetime | None = None
    told: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "since": self.since.isoformat(),
            "said_at": self.said_at.isoformat(),
            "reached": self.reached,
            "over_at": self.over_at and self.over_at.isoformat(),
            "told": self.told,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Entry":
        over = value.get("over_at")
        return cls(
            since=datetime.fromisoformat(value["since"]),
            said_at=datetime.fromisoformat(value["said_at"]),
            reached=bool(value.get("reached")),
            over_at=datetime.fromisoformat(over) if over else None,
            told=str(value.get("told", "")),
        )


Book = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Decision:
    """Which parts to raise an alarm about, which to call well again, and the book afterwards."""

    alarm: tuple[str, ...]
    over: tuple[str, ...]
    book: Book


def decide(found: Collection[str], sees: Collection[str], book: Book, now: datetime) -> Decision:
    """What a watcher that `sees` some parts and `found` these broken has to say."""
    after, alarm, over = dict(book), [], []
    for part in sorted(found):
        entry = book.get(part)
        if entry is None or _is_news(entry, now):
            after[part] = Entry(since=now, said_at=now)
            alarm.append(part)
        elif entry.over_at:
            after[part] = replace(entry, over_at=None, since=now)
        elif _say_again(entry, now):
            after[part] = replace(entry, said_at=now, reached=False)
            alarm.append(part)
    for part in sorted(set(sees) - set(found)):
        entry = book.get(part)
        if entry is not None and entry.over_at is None:
            after[part] = replace(entry, over_at=now)
            over += [part] if entry.reached and _was_said(entry) else []
    return Decision(tuple(alarm), tuple(over), after)


def _is_news(entry: Entry, now: datetime) -> bool:
    return entry.over_at is not None and now - entry.said_at > CALM


def _say_again(entry: Entry, now: datetime) -> bool:
    if not _was_said(entry):
        return now - entry.since > LASTING
    return now - entry.said_at > (REPEAT if entry.reached else RETRY)


def _was_said(entry: Entry) -> bool:
    """Since it broke this time."""
    return entry.said_at >= entry.since


def standing(book: Book) -> dict[str, Entry]:
    """What is broken as far as the watchers know."""
    return {part: entry for part, entry in book.items() if entry.over_at is None}
