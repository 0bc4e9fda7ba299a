"""Who hears what of an incident they watch, and in which words. Pure.

Source: the roles of watchers. A follower hears everything, a stakeholder how the state changes, an
executive only that it began and that it is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.domain.phrase import Phrase, joined, mark


class WatchRole(StrEnum):
    """How much somebody wants to hear."""

    FOLLOWER = "FOLLOWER"
    STAKEHOLDER = "STAKEHOLDER"
    EXEC = "EXEC"


LABELS = {
    WatchRole.FOLLOWER: "Everything",
    WatchRole.STAKEHOLDER: "Changes of status",
    WatchRole.EXEC: "Only begin and end",
}

# Types of the timeline. An escalation is news only when the policy ended without an answer.
ENDS = frozenset({"created", "resolved", "reopened"})
STATUS = ENDS | {
    "acknowledged",
    "unacknowledged",
    "snoozed",
    "unsnoozed",
    "suppressed",
    "unsuppressed",
    "merged",
    "sla_breached",
}
EVERYTHING = STATUS | {
    "assigned",
    "reassigned",
    "urgency_changed",
    "priority_changed",
    "title_changed",
    "note_added",
    "escalation",
    "sla_warning",
}
HEARS: dict[WatchRole, frozenset[str]] = {
    WatchRole.FOLLOWER: EVERYTHING,
    WatchRole.STAKEHOLDER: STATUS,
    WatchRole.EXEC: ENDS,
}
# Whoever was paged is told of these already: by the page, and when it is over for them.
TOLD_TO_THOSE_PAGED = frozenset({"created", "acknowledged", "resolved"})

_WORDS = {
    "created": mark("opened"),
    "acknowledged": mark("acknowledged"),
    "unacknowledged": mark("no longer acknowledged"),
    "resolved": mark("resolved"),
    "reopened": mark("opened again"),
    "snoozed": mark("snoozed"),
    "unsnoozed": mark("no longer snoozed"),
    "suppressed": mark("suppressed as noise"),
    "unsuppressed": mark("no longer suppressed"),
    "merged": mark("merged"),
    "note_added": mark("note"),
    "sla_warning": mark("its time is nearly over (service level)"),
    "sla_breached": mark("not done in time (service level)"),
}
_NOUNS = {
    "urgency_changed": mark("urgency"),
    "priority_changed": mark("priority"),
    "title_changed": mark("title"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the timeline: `who` is "" when the system did it."""

    type: str
    who: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)


def is_news(type: str, details: Mapping[str, Any]) -> bool:
    """Whether any watcher hears of it at all."""
    if type == "sla_warning":
        return not details.get("late")
    return type in EVERYTHING and (type != "escalation" or bool(details.get("exhausted")))


def hears(role: str, type: str, details: Mapping[str, Any]) -> bool:
    """Whether this role hears of it; a role nobody knows hears everything."""
    known = HEARS.get(WatchRole(role), EVERYTHING) if role in set(WatchRole) else EVERYTHING
    return type in known and is_news(type, details)


def in_words(change: Change) -> Phrase:
    """Such as "acknowledged by Ann" or "urgency LOW → HIGH by Ann"."""
    if change.type == "escalation":
        return Phrase("nobody answered: the fallback contact is paged")
    what = _what(change)
    return Phrase("{what} by {who}", what=what, who=change.who) if change.who else what


def _what(change: Change) -> Phrase:
    details = change.details
    if change.type == "watcher_added":
        return Phrase("you watch it now")
    if change.type in _NOUNS:
        was, now = details.get("from") or "none", details.get("to") or "none"
        return Phrase("{what} {was} → {now}", what=Phrase(_NOUNS[change.type]), was=was, now=now)
    if change.type in {"assigned", "reassigned"}:
        to = details.get("to")
        return Phrase("given to {who}", who=to) if to else Phrase("given to nobody")
    known = _WORDS.get(change.type)
    return Phrase(known) if known else joined(" ", change.type.split("_"))


def in_one_line(changes: Sequence[Change]) -> Phrase:
    """All of them in order; the same words stand there once."""
    return joined("; ", dict.fromkeys(in_words(change) for change in changes))
