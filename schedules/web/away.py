"""What pages show of time off: periods, the duty it meets, and one click to arrange cover."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from schedules import queries
from schedules.domain.walltime import to_local
from schedules.models import OverrideKind, Schedule, TimeOff
from schedules.queries import Clash
from schedules.web.fields import FORMAT, wall_of

ASK = "schedules:cover-new"


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody who is free, and the override form filled with that."""

    user: User
    hours: float
    back_to_back: bool
    url: str


@dataclass(frozen=True, slots=True)
class ClashRow:
    """One conflict; `change_url` is the override form without a suggestion."""

    clash: Clash
    offers: list[Offer]
    change_url: str
    ask_url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `days`: first and last in words, where it is whole days of the person."""

    row: TimeOff
    start: datetime
    end: datetime
    days: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Period:
    """Time off without seams, and the entries it is made of."""

    start: datetime
    end: datetime
    entries: list[Entry]
    days: tuple[str, str] | None


def clash_rows(clashes: Iterable[Clash], viewer: User, now: datetime) -> list[ClashRow]:
    return [_row(clash, viewer, now) for clash in clashes]


def periods(entries: Iterable[TimeOff], zone: ZoneInfo) -> list[Period]:
    """Entries in order of start, those that overlap or touch as one."""
    found: list[Period] = []
    for row in entries:
        start, end = row.start, row.end
        own = [Entry(row, start, end, _days(start, end, zone))]
        if found and start <= found[-1].end:
            last = found.pop()
            start, end, own = last.start, max(last.end, end), last.entries + own
        found.append(Period(start, end, own, _days(start, end, zone)))
    return found


def warn_of_clashes(request: HttpRequest, schedule: Schedule, now: datetime) -> None:
    """After a change of the rules: says who is on call in the next 90 days while away."""
    found = queries.clashes_ahead([schedule], now)
    names = sorted({clash.user.name for clash in found})
    if names:
        viewer: Any = request.user
        first = f"{to_local(found[0].start, viewer.zone):%a %-d %b, %H:%M}"
        verb = "is" if len(names) == 1 else "are"
        messages.warning(request, f"{', '.join(names)} {verb} on call while away, first {first}")


def _row(clash: Clash, viewer: User, now: datetime) -> ClashRow:
    schedule = clash.schedule
    zone = ZoneInfo(schedule.time_zone)
    common = {
        "kind": OverrideKind.REPLACE.value,
        "replaces": clash.user.public_id,
        "end": _wall(clash.end, zone),
    }
    if clash.start > now:
        common["start"] = _wall(clash.start, zone)
    form = reverse("schedules:add_override", args=[schedule.public_id])
    offers = [
        Offer(
            one.user,
            one.hours,
            one.back_to_back,
            f"{form}?{urlencode(common | {'user': one.user.public_id})}",
        )
        for one in clash.covers
    ]
    own = viewer.pk == clash.user.pk
    ask = _ask_url(schedule, clash) if own else ""
    return ClashRow(clash, offers, f"{form}?{urlencode(common)}", ask)


def _ask_url(schedule: Schedule, clash: Clash) -> str:
    """Where a colleague is asked, if that exists."""
    try:
        base = reverse(ASK, args=[schedule.public_id])
    except NoReverseMatch:
        return ""
    zone = ZoneInfo(schedule.time_zone)
    times = {"start": _wall(clash.start, zone), "end": _wall(clash.end, zone)}
    return f"{base}?{urlencode(times)}"


def _wall(moment: datetime, zone: ZoneInfo) -> str:
    shown = wall_of(moment, zone)
    return shown.strftime(FORMAT) if shown else ""


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[str, str] | None:
    """First and last day in words, when both ends are midnight to the person."""
    first, after = to_local(start, zone), to_local(end, zone)
    if any((one.hour, one.minute, one.second) != (0, 0, 0) for one in (first, after)):
        return None
    last = after.date().fromordinal(after.date().toordinal() - 1)
    return f"{first:%a %-d %b %Y}", f"{last:%a %-d %b %Y}"
