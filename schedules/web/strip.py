"""The next days as a band: one piece for each stretch, in percent, drawn as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from accounts.models import User
from core.templatetags.ui import initials
from schedules.domain.walltime import resolve, to_local

SHADES = 4
ROOM_FOR_TEXT = 5.0
ROOM_FOR_DAY = 4.0


@dataclass(frozen=True, slots=True)
class Piece:
    """`shade` numbers the people of the band; None is a gap."""

    x: str
    width: str
    shade: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Midnight of the viewer."""

    x: str
    middle: str
    day: datetime | None


@dataclass(frozen=True, slots=True)
class Strip:
    pieces: list[Piece]
    ticks: list[Tick]


def strip_of(turns: Sequence[tuple[datetime, datetime, Sequence[User]]], zone: ZoneInfo) -> Strip:
    """Turns tile the period of the band; one without people is a gap."""
    start, end = turns[0][0], turns[-1][1]
    order: dict[tuple[int, ...], int] = {}
    pieces = []
    for opens, closes, people in turns:
        left, right = _percent(opens, start, end), _percent(closes, start, end)
        who = tuple(user.pk for user in people)
        shade = order.setdefault(who, len(order)) % SHADES if who else None
        text = "+".join(initials(user.name) for user in people)
        shown = text if right - left >= ROOM_FOR_TEXT * len(people) else ""
        pieces.append(Piece(f"{left:.3f}%", f"{right - left:.3f}%", shade, shown))
    return Strip(pieces, _ticks(start, end, zone))


def _ticks(start: datetime, end: datetime, zone: ZoneInfo) -> list[Tick]:
    """One for each day that the viewer's clock begins within the period."""
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
        found.append(Tick(f"{x:.3f}%", f"{middle:.3f}%", to_local(opens, zone) if wide else None))
    return found


def _percent(at: datetime, start: datetime, end: datetime) -> float:
    return 100 * ((at - start) / (end - start))
