"""What a monitoring tool sent along, as lines that a human reads: "labels.job: api"."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

DEEPEST = 5
NAME_LENGTH = 200


def apart(description: str, details: Any) -> tuple[str, dict[str, Any]]:
    """The words of an incident and its details. Events repeat their details as the description,
    in JSON (Events API, "Incident Behavior"): that copy is no text for humans."""
    known = details if isinstance(details, dict) else {}
    copied = _parsed(description)
    return (description, known) if copied is None else ("", {**copied, **known})


def lines(details: Any, *, most: int, width: int) -> list[tuple[str, str]]:
    """At most `most` pairs (name, value); names of nested values are dotted, empty values left out,
    values cut at `width` characters."""
    found = islice(_walk(details, "", DEEPEST), most)
    return [
        (name[:NAME_LENGTH], text if len(text) <= width else f"{text[: width - 1]}…")
        for name, text in found
    ]


def _parsed(description: str) -> dict[str, Any] | None:
    if not description.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(description)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _walk(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if value is None or value in ("", [], {}):
        return
    if depth and (isinstance(value, dict) or _is_nested(value)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value, 1)
        for key, item in pairs:
            yield from _walk(item, f"{name}.{key}" if name else str(key), depth - 1)
    else:
        yield name, _text(value)


def _is_nested(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not _is_nested(value):
        return ", ".join(map(_text, value))
    return json.dumps(value, ensure_ascii=False)
