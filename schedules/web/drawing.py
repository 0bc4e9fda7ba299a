"""Bars of a timeline as SVG, written at once: a template would take half a second for a month."""

from collections.abc import Iterable
from typing import Protocol

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

STRIP_SHADES = 4


class Drawable(Protocol):
    """What is drawn of a bar; `shade` None is a gap."""

    @property
    def x(self) -> str: ...
    @property
    def width(self) -> str: ...
    @property
    def shade(self) -> int | None: ...
    @property
    def who(self) -> str: ...
    @property
    def said(self) -> str: ...
    @property
    def href(self) -> str: ...


_BAR = (
    '<svg x="{x}" width="{width}" y="3" height="24"{name}><title>{said}</title>'
    '<rect class="{shade}" width="100%" height="24"/><text class="{text}" x="5" y="16">{who}</text>'
    "</svg>"
)
_LINK = '<a href="{}" aria-label="Override: {}"{}>{}</a>'
_SKIPPED = SafeString(' tabindex="-1"')
_PLAIN = SafeString("")


def bars(rows: Iterable[Drawable], *, focusable: bool) -> SafeString:
    """Each a link where it leads somewhere; the keyboard stops at them only if `focusable`."""
    tab = _PLAIN if focusable else _SKIPPED
    return format_html_join("", "{}", ((_bar(row, tab),) for row in rows))


def _bar(row: Drawable, tab: SafeString) -> SafeString:
    said = row.said
    name = _PLAIN if row.href else format_html(' role="img" aria-label="{}"', said)
    shape = format_html(
        _BAR,
        x=row.x,
        width=row.width,
        name=name,
        said=said,
        shade=_shade(row.shade),
        text="tl-gap-text" if row.shade is None else "tl-text",
        who=row.who,
    )
    return format_html(_LINK, row.href, said, tab, shape) if row.href else shape


def _shade(number: int | None) -> str:
    if number is None:
        return "tl-gap"
    return f"strip-{number}" if number < STRIP_SHADES else f"tl-{number}"
