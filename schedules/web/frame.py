"""Which days a timeline shows, on whose clocks, and the addresses of its neighbours."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from accounts.domain import zones
from core.widgets import QuickSelect
from schedules.domain.walltime import resolve, to_local

WEEK, TWO_WEEKS, MONTH = "week", "2weeks", "month"
VIEWS = {WEEK: "Week", TWO_WEEKS: "2 weeks", MONTH: "4 weeks"}
DAYS = {WEEK: 7, TWO_WEEKS: 14, MONTH: 28}
OF_SCHEDULE = "schedule"
LIST = "list"
EARLIEST, LATEST = date(1971, 1, 1), date(2190, 1, 1)


@dataclass(frozen=True, slots=True)
class Frame:
    """Whole days [first, last) on the clocks of `zone`; `chosen` is the zone as it was asked."""

    view: str
    first: date
    last: date
    zone: ZoneInfo
    chosen: str
    as_list: bool
    today: date

    @property
    def start(self) -> datetime:
        return resolve(datetime.combine(self.first, time()), self.zone)

    @property
    def end(self) -> datetime:
        return resolve(datetime.combine(self.last, time()), self.zone)

    @property
    def final_day(self) -> date:
        return self.last - timedelta(days=1)

    def address(self, **changes: str) -> str:
        """The query of this frame with something else in it; an empty value leaves it out."""
        values = {"view": self.view, "from": self.first.isoformat(), "zone": self.chosen}
        values["as"] = LIST if self.as_list else ""
        return "?" + urlencode({key: text for key, text in (values | changes).items() if text})

    @property
    def weeks(self) -> "list[Frame]":
        """The same week by week."""
        week = timedelta(days=7)
        days = (self.last - self.first) // week
        starts = [self.first + number * week for number in range(days)]
        return [replace(self, view=WEEK, first=one, last=one + week) for one in starts]

    @property
    def earlier(self) -> str:
        return self.address(**{"from": _before(self).isoformat()})

    @property
    def later(self) -> str:
        return self.address(**{"from": self.last.isoformat()})

    @property
    def now(self) -> str:
        return self.address(**{"from": ""})

    @property
    def toggled(self) -> str:
        return self.address(**{"as": "" if self.as_list else LIST})

    @property
    def views(self) -> list[tuple[str, str, bool]]:
        return [(self.address(view=key), label, key == self.view) for key, label in VIEWS.items()]


def frame_of(asked: Mapping[str, str], now: datetime, own: ZoneInfo, schedule_zone: str) -> Frame:
    """What the query asks for; whatever is odd in it counts as not asked."""
    chosen = asked.get("zone", "")
    zone = ZoneInfo(schedule_zone) if chosen == OF_SCHEDULE else _zone(chosen)
    if zone is None:
        zone, chosen = own, ""
    view = asked.get("view", "")
    view = view if view in VIEWS else TWO_WEEKS
    today = to_local(now, zone).date()
    first = _day(asked.get("from", "")) or today
    if view == MONTH:  # whole weeks, this one first
        first = max(first - timedelta(days=first.weekday()), EARLIEST)
    last = first + timedelta(days=DAYS[view])
    return Frame(view, first, last, zone, chosen, asked.get("as") == LIST, today)


def zone_select(frame: Frame, own: str, schedule_zone: str) -> SafeString:
    """The viewer's own, the schedule's, then all that are offered."""
    return _zone_select(frame.chosen, own, schedule_zone)


@lru_cache(maxsize=100)  # hundreds of options, and few zones are in use
def _zone_select(chosen: str, own: str, schedule_zone: str) -> SafeString:
    names = zones.offered()
    head = [("", f"Yours: {own}"), (OF_SCHEDULE, f"The schedule’s: {schedule_zone}")]
    more = [chosen] if chosen not in {"", OF_SCHEDULE, *names} else []
    choices = head + [(name, name) for name in (*more, *names)]
    return QuickSelect(choices=choices).render("zone", chosen, {"id": "timeline-zone"})


def _before(frame: Frame) -> date:
    return frame.first - timedelta(days=DAYS[frame.view])


def _zone(name: str) -> ZoneInfo | None:
    if not name or len(name) > 64:
        return None
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None
