"""What the timeline page shows: read from the HTML, by the words of a bar and by its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape

from django.test import Client
from django.urls import reverse

from schedules.models import Schedule
from schedules.web.timeline import LEAST

HALF_A_MINUTE = timedelta(seconds=30)
WEEK = timedelta(days=7)
FINAL = re.compile(r'<svg class="tl-svg"[^>]*aria-label="On call">(.*?)</svg>\s*</div>', re.DOTALL)
BAR = re.compile(r'<svg x="([\d.]+)%" width="([\d.]+)%"[^>]*><title>([^<]+)</title>')
MOMENT = r"\w{3} (\d+ \w{3} \d\d:\d\d [+-]\d\d:\d\d)"
WORDS = re.compile(rf"(.+?), (?:before )?{MOMENT} to {MOMENT}(?: and further)?, \d+ h")
CROWDED = "Too many changes to draw"
CROWD = frozenset({"crowd"})


@dataclass(frozen=True)
class Bar:
    """Times as they are written, and as they are drawn; `who` is empty for a gap."""

    said: tuple[datetime, datetime]
    drawn: tuple[datetime, datetime]
    who: frozenset[str]


def bars_of(client: Client, schedule: Schedule, start: datetime, end: datetime) -> list[Bar]:
    """The final lanes of as many weeks as it takes, on the clocks of the schedule."""
    found: list[Bar] = []
    day = start.date() - timedelta(days=1)
    while datetime(day.year, day.month, day.day, tzinfo=UTC) < end + timedelta(days=1):
        found += _week(client, schedule, day.isoformat())
        day += WEEK
    return found


def shown(bars: list[Bar], at: datetime) -> set[frozenset[str] | None]:
    """Everything that the page says of a minute: one set of names if it agrees with itself.

    None where it has no bar; CROWD where it says that there is too much to draw.
    """
    inside = at + HALF_A_MINUTE  # a place on the page is exact to some seconds
    said = {bar.who for bar in bars if bar.said[0] <= at < bar.said[1]}
    drawn = {bar.who for bar in bars if bar.drawn[0] <= inside < bar.drawn[1]}
    return (said or {None}) | (drawn or {None})


def _week(client: Client, schedule: Schedule, day: str) -> Iterator[Bar]:
    asked = {"view": "week", "from": day, "zone": "schedule"}
    answer = client.get(reverse("schedules:detail", args=[schedule.public_id]), asked)
    assert answer.status_code == 200
    frame = answer.context["timeline"].frame
    page = answer.content.decode()
    lane = FINAL.search(page)
    if lane is None:
        assert CROWDED in page
        yield Bar((frame.start, frame.end), (frame.start, frame.end), CROWD)
        return
    for x, width, title in BAR.findall(lane[1]):
        words = WORDS.match(unescape(title))
        assert words, title
        who = frozenset() if words[1] == "Nobody" else frozenset(words[1].split(" + "))
        said = tuple(_moment(text, frame.start) for text in words.groups()[1:])
        left = frame.start + (frame.end - frame.start) * (float(x) / 100)
        right = left + (frame.end - frame.start) * (float(width) / 100)
        if float(width) <= LEAST:  # so short that it is drawn longer than it lasts
            right = min(right, said[1])
        yield Bar((said[0], said[1]), (left, right), who)


def _moment(text: str, near: datetime) -> datetime:
    """ "9 Mar 09:00 +01:00" in the year that lies nearest."""
    years = (near.year - 1, near.year, near.year + 1)
    known = [year for year in years if "29 Feb" not in text or year % 4 == 0]
    moments = [datetime.strptime(f"{year} {text}", "%Y %d %b %H:%M %z") for year in known]
    return min(moments, key=lambda moment: abs(moment - near))
