"""A calendar file (RFC 5545) becomes periods of time off. Runs in a child process: see fence.py."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import recurring_ical_events

from schedules.domain.walltime import resolve

MAX_BYTES = 2_000_000
MAX_COMPONENTS = 10_000
MAX_DEPTH = 4
MAX_LINE = 100_000
MAX_ENTRIES = 2_000
# More often than daily is no absence, and endless work to lay out.
TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
DAY = timedelta(days=1)
# A part of a parsed file: any property of it may be something else than it should.
Event = Any
TITLE, UID = 200, 300
NAMED = 2


class Unreadable(Exception):
    """The file cannot be read; the text says why, to its owner."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One period of an event; `start` and `end` in UTC."""

    uid: str
    title: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found. `left_out` says in words which events could not be taken."""

    entries: list[Entry]
    left_out: str = ""


def read(data: bytes, *, zone: ZoneInfo, start: datetime, end: datetime, word: str = "") -> Reading:
    """Events that block time within [start, end), each occurrence by itself, in order.

    Floating times and whole days are read in the calendar's zone (X-WR-TIMEZONE), else in `zone`;
    a local time that clocks skip follows D1. Free (TRANSPARENT) and cancelled events do not count,
    nor without `word` in the title, if one is given. Raises Unreadable.
    """
    calendar = _parse(_checked(data))
    own = _zone_of(calendar) or zone
    found: set[Entry] = set()
    left_out: list[str] = []
    for series in _series(calendar):
        try:
            occurrences = _laid_out(series, start, end)
            entries = [_entry(event, own) for event in occurrences if _counts(event, word)]
        except Unreadable as error:
            left_out.append(f"“{_title(series[0])}” ({error})")
            continue
        except Exception:  # noqa: BLE001 - the libraries raise whatever they meet
            left_out.append(f"“{_title(series[0])}” (cannot be read)")
            continue
        found.update(one for one in entries if start < one.end and one.start < min(one.end, end))
        if len(found) > MAX_ENTRIES:
            raise Unreadable(f"It has more than {MAX_ENTRIES} events in the period that counts")
    return Reading(sorted(found, key=_in_order), _in_words(left_out))


def _checked(data: bytes) -> str:
    """The text, after everything that can be judged without parsing it."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"It is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("It is not written in UTF-8") from None
    if "BEGIN:VCALENDAR" not in text[:1000].upper():
        raise Unreadable("It is not a calendar (no BEGIN:VCALENDAR): look at the address")
    if max(map(len, text.splitlines())) > MAX_LINE:
        raise Unreadable("One of its lines is too long")
    _check_nesting(text)
    return text


def _check_nesting(text: str) -> None:
    depth = count = 0
    for found in re.finditer(r"^(BEGIN|END):", text, re.MULTILINE | re.IGNORECASE):
        begins = found[1].upper() == "BEGIN"
        depth += 1 if begins else -1
        count += begins
        if depth > MAX_DEPTH:
            raise Unreadable("Its parts are nested too deeply")
    if count > MAX_COMPONENTS:
        raise Unreadable(f"It has more than {MAX_COMPONENTS} parts")


def _parse(text: str) -> Event:
    try:
        return icalendar.Calendar.from_ical(text)
    except Exception as error:
        raise Unreadable(f"It is not a well-formed calendar: {_brief(error)}") from error


def _zone_of(calendar: Event) -> ZoneInfo | None:
    name = str(calendar.get("X-WR-TIMEZONE", ""))
    return ZoneInfo(name) if name in available_timezones() else None


def _series(calendar: Event) -> list[list[Event]]:
    """Events by UID: a repeating one together with its exceptions."""
    found: dict[str, list[Event]] = {}
    for index, event in enumerate(calendar.subcomponents):
        if event.name == "VEVENT":
            found.setdefault(str(event.get("UID") or index), []).append(event)
    return list(found.values())


def _laid_out(series: list[Event], start: datetime, end: datetime) -> list[Event]:
    """Its occurrences near the period: naive bounds are compared with each event's own clock.

    Each series by itself, so that one that cannot be read costs no other; and without the
    calendar's zone, which would turn the second of two equal clock times into the first.
    """
    if any(map(_too_frequent, series)):
        raise Unreadable("repeats within a day")
    alone = icalendar.Calendar()
    alone.subcomponents = series
    first, last = (start - 2 * DAY).replace(tzinfo=None), (end + 2 * DAY).replace(tzinfo=None)
    return recurring_ical_events.of(alone).between(first, last)


def _too_frequent(event: Event) -> bool:
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = {str(one).upper() for one in rule.get("FREQ", [])}
        if frequency & TOO_OFTEN or "BYMINUTE" in rule or "BYSECOND" in rule:
            return True
    return False


def _counts(event: Event, word: str) -> bool:
    """Whether it blocks time, and is one of those asked for."""
    free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return not free and not cancelled and word.casefold() in _title(event).casefold()


def _entry(event: Event, zone: ZoneInfo) -> Entry:
    start, end = _instant(event["DTSTART"].dt, zone), _instant(event["DTEND"].dt, zone)
    return Entry(str(event.get("UID", ""))[:UID], _title(event), start, end)


def _in_order(one: Entry) -> tuple[datetime, datetime, str, str]:
    return one.start, one.end, one.uid, one.title


def _in_words(left_out: list[str]) -> str:
    if not left_out:
        return ""
    more = f" and {len(left_out) - NAMED} more" if len(left_out) > NAMED else ""
    return f"Left out: {', '.join(left_out[:NAMED])}{more}"


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    """The instant of a day's start, a floating time, or a time with a zone."""
    if not isinstance(value, datetime):
        return resolve(datetime.combine(value, time()), zone)
    if value.tzinfo is None:
        return resolve(value, zone)
    there = value.astimezone(UTC)
    own = value.tzinfo
    skipped = there.astimezone(own).replace(tzinfo=None) != value.replace(tzinfo=None)
    if skipped and isinstance(own, ZoneInfo):
        return resolve(value.replace(tzinfo=None, fold=0), own)
    return there


def _title(event: Event) -> str:
    printable = "".join(c if c.isprintable() else " " for c in str(event.get("SUMMARY", "")))
    return " ".join(printable.split())[:TITLE]


def _brief(error: Exception) -> str:
    words = " ".join(str(error).split())[:80]
    return words or type(error).__name__
