"""The days of a period as marks on a line, in percent of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from schedules.domain.walltime import resolve, to_local

ROOM_FOR_DAY = 2.5


@dataclass(frozen=True, slots=True)
class Tick:
    """Midnight; `label` ("Mon 16", in a month "16") only where there is room for it."""

    x: str
    middle: str
    label: str


def ticks_of(start: datetime, end: datetime, zone: ZoneInfo, form: str) -> list[Tick]:
    """One for each day that the clock of `zone` begins within the period; `form` as strftime's."""
    midnight = to_local(start, zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    days = [midnight + timedelta(days=number) for number in range((end - start).days + 2)]
    found = []
    for day, following in pairwise(days):
        opens, closes = resolve(day, zone), resolve(following, zone)
        if closes <= start or opens >= end:
            continue
        left, right = max(opens, start), min(closes, end)
        middle = _percent(left + (right - left) / 2, start, end)
        x = _percent(left, start, end)
        wide = _percent(right, start, end) - x >= ROOM_FOR_DAY
        label = to_local(opens, zone).strftime(form) if wide else ""
        found.append(Tick(f"{x:.3f}%", f"{middle:.3f}%", label))
    return found


def _percent(at: datetime, start: datetime, end: datetime) -> float:
    return 100 * ((at - start) / (end - start))
