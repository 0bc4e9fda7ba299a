"""Shifts as a calendar that other programs read: RFC 5545 and 7986, written by hand. Pure.

Times are UTC, so that no time zone definition can be wrong; lines end in CRLF and are folded at
75 octets, never inside a character.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PRODUCT = "-//OpsKnight//On-call calendar//EN"
REFRESH = timedelta(hours=1)
FOLD_AT = 75
GOES_ON = "No end in sight: the calendar stops here, the shift does not."
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Event:
    """One shift. `modified` and `sequence` say which version of it this is.

    `goes_on`: the shift has no end in sight, `end` is only where the calendar stops.
    """

    uid: str
    start: datetime
    end: datetime
    summary: str
    sequence: int
    modified: datetime
    cancelled: bool = False
    goes_on: bool = False
    url: str = ""


@dataclass(frozen=True)
class Calendar:
    """`busy`: shifts block time; `alarm_minutes` before a shift the calendar reminds of it."""

    name: str
    events: Sequence[Event]
    busy: bool = False
    alarm_minutes: int | None = None


def render(calendar: Calendar) -> bytes:
    """Return the calendar as a file, UTF-8."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{escaped(calendar.name)}",
        f"X-WR-CALNAME:{escaped(calendar.name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_duration(REFRESH)}",
        f"X-PUBLISHED-TTL:{_duration(REFRESH)}",
    ]
    for event in calendar.events:
        lines += _event(event, calendar)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def escaped(text: str) -> str:
    """Return text as a TEXT value: backslash, semicolon, comma and line breaks are escaped."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for plain, safe in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, safe)
    return text


def folded(line: str) -> bytes:
    """Return a content line with its CRLF, in pieces of at most 75 octets."""
    rest = line.encode()
    pieces = []
    room = FOLD_AT
    while len(rest) > room:
        cut = room
        while rest[cut] & 0b1100_0000 == 0b1000_0000:  # inside a character
            cut -= 1
        pieces.append(rest[:cut])
        rest = rest[cut:]
        room = FOLD_AT - 1  # a continuation begins with a blank
    return b"\r\n ".join([*pieces, rest]) + b"\r\n"


def _event(event: Event, calendar: Calendar) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{_instant(event.modified)}"
    yield f"LAST-MODIFIED:{_instant(event.modified)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTART:{_instant(event.start)}"
    yield f"DTEND:{_instant(event.end)}"
    yield f"SUMMARY:{escaped(event.summary)}"
    if event.goes_on:
        yield f"DESCRIPTION:{escaped(GOES_ON)}"
        yield "X-OPSKNIGHT-GOES-ON:TRUE"
    if event.url:
        yield f"URL:{event.url}"
    yield "CLASS:PUBLIC"
    yield f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}"
    yield f"TRANSP:{'OPAQUE' if calendar.busy and not event.cancelled else 'TRANSPARENT'}"
    if calendar.alarm_minutes is not None and not event.cancelled:
        yield from _alarm(event, calendar.alarm_minutes)
    yield "END:VEVENT"


def _alarm(event: Event, minutes: int) -> Iterator[str]:
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"DESCRIPTION:{escaped(event.summary)}"
    yield f"TRIGGER:-PT{minutes}M"
    yield "END:VALARM"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _duration(value: timedelta) -> str:
    return f"PT{int(value.total_seconds()) // 3600}H"
