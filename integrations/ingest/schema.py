"""The body of the Events API: checked field by field, with the remedy in words."""

from typing import Any

from integrations.domain.event import Action, AlertEvent, Severity, one_line

KEY_LENGTH = 200
SUMMARY_LENGTH = 500
SOURCE_LENGTH = 200
MAX_LINKS = 100


class Invalid(ValueError):
    """`issues` is a list of {path, message}."""

    def __init__(self, issues: list[dict[str, Any]]) -> None:
        super().__init__("Invalid request body")
        self.issues = issues


def event_of(body: Any) -> AlertEvent:
    """The event of a parsed body. Raises Invalid with every problem found."""
    if not isinstance(body, dict):
        raise Invalid([{"path": [], "message": "The body must be a JSON object"}])
    given = body.get("payload")
    payload = given if isinstance(given, dict) else {}
    details = payload.get("custom_details")
    action = _one_of(Action, body.get("event_action"))
    severity = _one_of(Severity, payload.get("severity"))
    key = _key(body.get("dedup_key"))
    summary = _text(payload.get("summary"), SUMMARY_LENGTH)
    source = _text(payload.get("source"), SOURCE_LENGTH)
    checks = [
        (isinstance(given, dict), ["payload"], "Required, an object"),
        (action, ["event_action"], "Must be trigger, acknowledge or resolve"),
        (severity, ["payload", "severity"], "Must be critical, error, warning or info"),
        (key, ["dedup_key"], _string(KEY_LENGTH)),
        (summary, ["payload", "summary"], _string(SUMMARY_LENGTH)),
        (source, ["payload", "source"], _string(SOURCE_LENGTH)),
        (
            details is None or isinstance(details, dict),
            ["payload", "custom_details"],
            "Must be an object",
        ),
    ]
    issues = [{"path": path, "message": text} for passed, path, text in checks if not passed]
    if issues:
        raise Invalid(issues)
    return AlertEvent(
        action=action,
        dedup_key=key or "",
        summary=summary or "",
        severity=severity,
        source=source or "",
        details=details or {},
        links=_links(body.get("links")),
        raw=body,
    )


def _string(limit: int) -> str:
    return f"Required, a string of 1 to {limit} characters"


def _one_of(kind: Any, value: Any) -> Any:
    return kind(value) if isinstance(value, str) and value in set(kind) else None


def _key(value: Any) -> str | None:
    """As it was sent, but for space around it: two keys that were made alike would be one problem.

    Source: the seed, "Events API": trimmed, 1 to 200 characters.
    """
    key = value.strip() if isinstance(value, str) else ""
    return key if len(key) <= KEY_LENGTH else None


def _text(value: Any, limit: int) -> str | None:
    if not isinstance(value, str) or len(value.strip()) > limit:
        return None
    return one_line(value, limit) or None


def _links(value: Any) -> tuple[dict[str, str], ...]:
    """Links are a courtesy: odd ones are left out, the event stands."""
    if not isinstance(value, list):
        return ()
    found = []
    for item in value[:MAX_LINKS]:
        href = item.get("href") if isinstance(item, dict) else None
        if isinstance(href, str) and href.startswith(("http://", "https://")) and len(href) <= 2000:
            found.append({"href": href, "text": one_line(str(item.get("text") or href), 200)})
    return tuple(found)
