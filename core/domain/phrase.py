"""Sentences that are decided before it is known who will read them. Pure."""

from collections.abc import Callable, Iterable
from typing import Any

Say = Callable[[str], str]


class Phrase(str):
    """English text that can still be said in another language.

    It is an ordinary string wherever one is expected; `said` makes another one of its `template`
    and `values`, which may be phrases too. What outsiders wrote belongs into the values.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Phrase":
        self = super().__new__(cls, template.format(**values))
        self.template, self.values = template, values
        return self


def joined(separator: str, parts: Iterable[str]) -> Phrase:
    """Phrases and texts one behind the other; the separator holds no words."""
    named = {f"part{at}": part for at, part in enumerate(parts)}
    return Phrase(separator.join(f"{{{name}}}" for name in named), **named)


def mark(text: str) -> str:
    """The text itself: says to the catalogue that it will be said in other languages."""
    return text


def said(text: str, say: Say) -> str:
    """The text in the language of `say`; text that is no phrase stays as it is."""
    if not isinstance(text, Phrase):
        return text
    values = {name: _part(value, say) for name, value in text.values.items()}
    return say(text.template).format(**values)


def _part(value: Any, say: Say) -> Any:
    return said(value, say) if isinstance(value, str) else value
