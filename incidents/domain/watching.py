"""Who hears what of an incident they watch, and in which words. Pure.

Source: the roles of watchers. A follower hears everything, a stakeholder how the state changes, an
executive only that it began and that it is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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
}
EVERYTHING = STATUS | {
    "assigned",
    "reassigned",
    "urgency_changed",
    "priority_changed",
    "title_changed",
    "note_added",
    "escalation",
}
HEARS: dict[WatchRole, frozenset[str]] = {
    WatchRole.FOLLOWER: EVERYTHING,
    WatchRole.STAKEHOLDER: STATUS,
    WatchRole.EXEC: ENDS,
}
# Whoever was paged is told of these already: by the page, and when it is over for them.
TOLD_TO_THOSE_PAGED = frozenset({"created", "acknowledged", "resolved"})

_WORDS = {
    "created": "opened",
    "acknowledged": "acknowledged",
    "unacknowledged": "no longer acknowledged",
    "resolved": "resolved",
    "reopened": "opened again",
    "snoozed": "snoozed",
    "unsnoozed": "no longer snoozed",
    "suppressed": "suppressed as noise",
    "unsuppressed": "no longer suppressed",
    "merged": "merged",
    "note_added": "note",
}
_NOUNS = {"urgency_changed": "urgency", "priority_changed": "priority", "title_changed": "title"}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the timeline: `who` is "" when the system did it."""

    type: str
    who: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)


def is_news(type: str, details: Mapping[str, Any]) -> bool:
    """Whether any watcher hears of it at all."""
    return type in EVERYTHING and (type != "escalation" or bool(details.get("exhausted")))


def hears(role: str, type: str, details: Mapping[str, Any]) -> bool:
    """Whether this role hears of it; a role nobody knows hears everything."""
    known = HEARS.get(WatchRole(role), EVERYTHING) if role in set(WatchRole) else EVERYTHING
    return type in known and is_news(type, details)


def in_words(change: Change) -> str:
    """Such as "acknowledged by Ann" or "urgency LOW → HIGH by Ann"."""
    details = change.details
    if change.type == "escalation":
        return "nobody answered: the fallback contact is paged"
    by = f" by {change.who}" if change.who else ""
    if change.type == "watcher_added":
        return f"you watch it now{by}"
    if change.type in _NOUNS:
        was, now = details.get("from") or "none", details.get("to") or "none"
        return f"{_NOUNS[change.type]} {was} → {now}{by}"
    if change.type in {"assigned", "reassigned"}:
        return f"given to {details['to']}{by}" if details.get("to") else f"given to nobody{by}"
    return _WORDS.get(change.type, change.type.replace("_", " ")) + by


def in_one_line(changes: Sequence[Change]) -> str:
    """All of them in order; the same words stand there once."""
    return "; ".join(dict.fromkeys(in_words(change) for change in changes))
