"""Words of many vendors mapped to our severities; unknown ones fall to a default, never away."""

import re

from integrations.domain.event import Severity

_WORDS: dict[Severity, frozenset[str]] = {
    Severity.CRITICAL: frozenset(
        [
            "critical",
            "crit",
            "p1",
            "sev0",
            "sev1",
            "high",
            "fatal",
            "down",
            "page",
            "emergency",
            "disaster",
        ]
    ),
    Severity.ERROR: frozenset(["error", "err", "p2", "sev2", "major"]),
    Severity.WARNING: frozenset(["warning", "warn", "p3", "sev3", "degraded", "medium", "minor"]),
    Severity.INFO: frozenset(
        ["info", "informational", "p4", "p5", "low", "ok", "normal", "none", "notice", "debug"]
    ),
}
_SPLIT = re.compile(r"[\s_\-.:,;/|]+")


def severity_of(text: object, default: Severity = Severity.WARNING) -> Severity:
    """The most severe word in `text`; whole words only, so that "unresolved" is not "resolved"."""
    tokens = set(_SPLIT.split(str(text or "").lower()))
    for severity, words in _WORDS.items():
        if tokens & words:
            return severity
    return default
