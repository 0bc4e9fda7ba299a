"""JSON from strangers: no NaN, bounded depth, numbers that a database can keep, clean text."""

import json
import math
from typing import Any

MAX_DEPTH = 64


class BadJSON(ValueError):
    """The body is not acceptable JSON; the message says why."""


def loads(body: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parsed JSON with NUL and lone surrogates replaced by U+FFFD. Raises BadJSON.

    UTF-8 (with or without BOM), UTF-16 and UTF-32 are read; duplicate keys: the last one wins.
    """
    try:
        text = body.decode(json.detect_encoding(body))
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse, parse_float=_number)
    except RecursionError as error:
        raise BadJSON(f"nested deeper than {max_depth}") from error
    except (ValueError, LookupError) as error:
        raise BadJSON(str(error)[:200]) from error
    return _clean(value, max_depth)


def _refuse(name: str) -> Any:
    raise BadJSON(f"{name} is not JSON")


def _number(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text  # 1e999 would become Infinity


def clean_text(text: str) -> str:
    """PostgreSQL keeps neither NUL nor lone surrogates; a page must not be lost over them."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, (dict, list)) and depth <= 0:
        raise BadJSON(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        return {clean_text(key): _clean(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, depth - 1) for item in value]
    return value
