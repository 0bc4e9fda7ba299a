"""What hostile text needs before it can be stored, put on one line, or shortened."""

import re

REPLACEMENT = "\ufffd"
# PostgreSQL refuses NUL, UTF-8 refuses lone surrogates: either would lose the page.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Everything that could end a header line, hide text, or turn its direction round.
_BREAKING = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
)
_TERMINAL = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def storable(text: str, limit: int) -> str:
    """The text as it came but for what no database keeps, at most `limit` characters."""
    return shorten(_UNSTORABLE.sub(REPLACEMENT, text), limit)


def one_line(text: str, limit: int = 255) -> str:
    """Control, invisible and direction-changing characters become spaces; spaces collapse."""
    return shorten(" ".join(_BREAKING.sub(" ", text).split()), limit)


def many_lines(text: str) -> str:
    """Line breaks become \\n and stay; other control characters vanish."""
    return _TERMINAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis when something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
