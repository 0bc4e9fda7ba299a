"""Template words of the interface: icons, times in the viewer's zone, initials, page links."""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.http import QueryDict
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import clock, timetext

register = template.Library()

EM_DASH = "\u2014"
FORMATS = {
    "absolute": "%-d %b %Y, %H:%M",
    "shift": "%a %-d %b, %H:%M",
    "date": "%-d %b %Y",
    "clock": "%H:%M",
}

STATUS_ICONS = {
    "open": "siren",
    "acknowledged": "user-check",
    "resolved": "circle-check",
    "snoozed": "alarm-clock",
    "suppressed": "volume-x",
}
URGENCY_ICONS = {"high": "chevrons-up", "medium": "equal", "low": "chevron-down"}
SEVERITY_ICONS = {
    "critical": "circle-alert",
    "error": "circle-alert",
    "warning": "triangle-alert",
    "info": "info",
}
SEVERITY_TONES = {"critical": "critical", "error": "danger", "warning": "warn", "info": "info"}
TONE_ICONS = {
    "ok": "circle-check",
    "warn": "triangle-alert",
    "danger": "circle-alert",
    "info": "info",
}
MESSAGE_TONES = {"success": "ok", "warning": "warn", "error": "danger"}


@register.simple_tag
def asset(path: str) -> str:
    """Address of a static file; never an error, because error pages are drawn with it."""
    try:
        return static(path)
    except ValueError:  # no files were collected: unstyled is better than a second crash
        return settings.STATIC_URL + path


@cache
def _sprite() -> str:
    return static("icons/sprite.svg")


@register.simple_tag
def icon(name: str, label: str = "", **attrs: str) -> SafeString:
    """An icon of the sprite; silent for screen readers unless it has a label."""
    return _icon(str(name), str(label), attrs.get("class") or "")


@lru_cache(maxsize=1000)  # a page has more than a hundred of few kinds
def _icon(name: str, label: str, extra: str) -> SafeString:
    classes = f"icon {extra}" if extra else "icon"
    if label:
        frame = '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"/></svg>'
        return format_html(frame, classes, label, _sprite(), name)
    frame = '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>'
    return format_html(frame, classes, _sprite(), name)


@register.simple_tag
def status_badge(value: str) -> SafeString:
    """A status as icon and word; as a tag, because a list draws it hundreds of times."""
    word = str(value).lower()
    return _badge(word, STATUS_ICONS.get(word, "circle"), word.capitalize())


@register.simple_tag
def urgency_badge(value: str) -> SafeString:
    word = str(value).lower()
    text = format_html('{}<span class="sr-only"> urgency</span>', word.capitalize())
    return _badge(word, URGENCY_ICONS.get(word, "circle"), text)


@register.simple_tag
def severity_badge(value: str) -> SafeString:
    word = str(value).lower()
    tone = SEVERITY_TONES.get(word, "neutral")
    return _badge(tone, SEVERITY_ICONS.get(word, "info"), word.capitalize())


@register.simple_tag
def priority_badge(value: str | None) -> str:
    """P1 … P5; nothing when nobody has set one."""
    if not value:
        return ""
    frame = '<span class="badge badge-outline"><span class="sr-only">Priority </span>{}</span>'
    return format_html(frame, value)


def _badge(tone: str, symbol: str, text: str) -> SafeString:
    return format_html('<span class="badge badge-{}">{}{}</span>', tone, icon(symbol), text)


@register.simple_tag
def person(name: str) -> SafeString:
    """A small avatar and a name on one line."""
    frame = (
        '<span class="person"><span class="avatar avatar-sm" aria-hidden="true">{}</span>'
        "<span>{}</span></span>"
    )
    return format_html(frame, initials(name), name)


@register.simple_tag
def local_time(value: datetime | None, show: str = "relative") -> str:
    """A <time> in the viewer's zone. `show`: relative, absolute, shift, date or clock."""
    if not value:
        return EM_DASH
    local = timezone.localtime(value)
    if show in FORMATS:
        frame = '<time datetime="{}" title="{}">{}</time>'
        return format_html(frame, local.isoformat(), absolute(local), local.strftime(FORMATS[show]))
    frame = '<time datetime="{}" title="{}" data-relative>{}</time>'
    text = timetext.relative(local, clock.now())
    return format_html(frame, local.isoformat(), absolute(local), text)


@register.simple_tag
def countdown(value: datetime | None) -> str:
    """A <time> that counts down to an instant."""
    if not value:
        return EM_DASH
    local = timezone.localtime(value)
    frame = '<time datetime="{}" title="{}" data-countdown>{}</time>'
    return format_html(
        frame, local.isoformat(), absolute(local), timetext.countdown(local, clock.now())
    )


@register.filter
def duration(value: timedelta | float | None) -> str:
    """Seconds or a timedelta as "1 h 05 min"."""
    return EM_DASH if value is None or value == "" else timetext.duration(value)


@register.filter
def initials(name: str) -> str:
    """Up to two capitals for an avatar: first and last word."""
    words = [word for word in str(name).replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def tone_icon(tone: str) -> str:
    return TONE_ICONS.get(tone, "info")


@register.filter
def message_tone(level: str) -> str:
    """Django's message level ("success") as a tone ("ok")."""
    return MESSAGE_TONES.get(level, "info")


@register.simple_tag(takes_context=True)
def query_with(context: Context, name: str, value: Any) -> str:
    """The current query string with one parameter changed, starting with "?"."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    query[name] = str(value)
    return f"?{query.urlencode()}"


def absolute(local: datetime) -> str:
    """The long form for titles: "Thu 1 Jan 2026, 14:05:09 CET"."""
    return local.strftime("%a %-d %b %Y, %H:%M:%S %Z")
