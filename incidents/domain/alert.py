"""An alert from outside, normalised: what every vendor's body is translated into."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

KEY_LENGTH = 200
SUMMARY_LENGTH = 500
SOURCE_LENGTH = 200


class Action(StrEnum):
    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class Severity(StrEnum):
    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Urgency(StrEnum):
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


# Source: the Events API, "Severity to Urgency Mapping".
URGENCY_OF = {
    Severity.CRITICAL: Urgency.HIGH,
    Severity.ERROR: Urgency.MEDIUM,
    Severity.WARNING: Urgency.MEDIUM,
    Severity.INFO: Urgency.LOW,
}


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One event. `raw` is the body (or the part of it) as received, kept for the record."""

    action: Action
    dedup_key: str
    summary: str
    severity: Severity
    source: str
    details: dict[str, Any] = field(default_factory=dict)
    links: tuple[dict[str, str], ...] = ()
    raw: Any = None

    @property
    def urgency(self) -> Urgency:
        return URGENCY_OF[self.severity]


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str, limit: int) -> str:
    """Text for a title: NFC, control and direction characters become one space, cut to `limit`."""
    clean = _CONTROL.sub(" ", unicodedata.normalize("NFC", text)).strip()
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def short_key(key: str) -> str:
    """A dedup key of at most 200 characters: longer ones keep a prefix and a 32-hex tail."""
    if len(key) <= KEY_LENGTH:
        return key
    tail = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{key[: KEY_LENGTH - 33]}-{tail}"
