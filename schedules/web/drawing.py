"""A timeline as markup, written at once: a template would take half a second for a month."""

from collections.abc import Iterable
from typing import Protocol

from django.utils.safestring import SafeString

from core.markup import escaped
from core.templatetags.ui import icon

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
    def label(self) -> str: ...
    @property
    def said(self) -> str: ...
    @property
    def href(self) -> str: ...


class Listed(Drawable, Protocol):
    """What the list says of a bar."""

    @property
    def who(self) -> str: ...
    @property
    def when(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def current(self) -> bool: ...


class Day(Protocol):
    """A midnight; `label` only where there is room for it."""

    @property
    def middle(self) -> str: ...
    @property
    def label(self) -> str: ...


def bars(rows: Iterable[Drawable], *, focusable: bool) -> SafeString:
    """Each a link where it leads somewhere; the keyboard stops at them only if `focusable`."""
    tab = "" if focusable else ' tabindex="-1"'
    return SafeString("".join(_bar(row, tab) for row in rows))


def stretches(rows: Iterable[Listed]) -> SafeString:
    """What holds in the end as the items of a list, gaps among them."""
    return SafeString("".join(_stretch(row) for row in rows))


def days(ticks: Iterable[Day]) -> SafeString:
    """The names of the days above all lanes."""
    frame = '<text class="tl-day" x="{}" y="13" text-anchor="middle">{}</text>'
    return SafeString("".join(frame.format(one.middle, one.label) for one in ticks if one.label))


def swatch(number: int) -> SafeString:
    """The colour of a bar, for the key."""
    shape = f'<rect class="{_shade(number)}" width="14" height="14"/>'
    return SafeString(f'<svg class="tl-svg tl-swatch" aria-hidden="true">{shape}</svg>')


def lines(places: Iterable[str], kind: str) -> SafeString:
    """Lines through a lane at these percents: "tl-tick", "tl-seam", "tl-now"."""
    frame = f'<line class="{kind}" x1="{{0}}" x2="{{0}}" y1="0" y2="30"/>'
    return SafeString("".join(map(frame.format, places)))


def _bar(row: Drawable, tab: str) -> str:
    said, href = escaped(row.said), row.href
    name = "" if href else f' role="img" aria-label="{said}"'
    text = "tl-gap-text" if row.shade is None else "tl-text"
    shape = (
        f'<svg x="{row.x}" width="{row.width}" y="3" height="24"{name}><title>{said}</title>'
        f'<rect class="{_shade(row.shade)}" width="100%" height="24"/>'
        f'<text class="{text}" x="5" y="16">{escaped(row.label)}</text></svg>'
    )
    if not href:
        return shape
    return f'<a href="{escaped(href)}" aria-label="Override: {said}"{tab}>{shape}</a>'


def _stretch(row: Listed) -> str:
    gap = row.shade is None
    now = "<strong>now:</strong> " if row.current else ""
    who = f'{escaped(row.who)} <span class="stretch-why">{escaped(row.why)}</span>'
    if gap:
        who = f"{icon('triangle-alert')}Nobody is on call"
    return (
        f'<li class="stretch{" stretch-gap" if gap else ""}">'
        f'<span class="stretch-when">{now}{escaped(row.when)}</span>'
        f'<span class="stretch-who">{who}</span>{_act(row)}</li>'
    )


def _act(row: Listed) -> str:
    if not row.href:
        return ""
    label = f"Override {escaped(row.who)}, {escaped(row.when)}"
    return (
        f'<a class="icon-link stretch-act" title="Override this shift" aria-label="{label}" '
        f'href="{escaped(row.href)}">{icon("user-check")}</a>'
    )


def _shade(number: int | None) -> str:
    if number is None:
        return "tl-gap"
    return f"strip-{number}" if number < STRIP_SHADES else f"tl-{number}"
