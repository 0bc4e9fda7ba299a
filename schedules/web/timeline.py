"""The timeline of a schedule: a lane for each layer, overrides above, what holds in the end below.

Positions are percent of the frame, drawn as SVG. Bars know their whole shift, also where the frame
cuts it, so that a link to "override this shift" means all of it.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import User
from core.templatetags.ui import initials
from schedules import coverage, queries
from schedules.domain.clock_changes import clock_changes
from schedules.domain.layers import turns
from schedules.domain.model import Because, Override, OverrideKind
from schedules.domain.resolver import SHIFT_SEARCH
from schedules.domain.walltime import to_local
from schedules.models import Schedule
from schedules.queries import Rules
from schedules.web import drawing, words
from schedules.web.fields import FORMAT, wall_of
from schedules.web.frame import MONTH, Frame
from schedules.web.rows import Row, rows_of, since
from schedules.web.strip import Tick, ticks_of

# A shift that begins before the frame or ends after it is known this far.
BEYOND = timedelta(days=15)
SHADES = 8
MAX_BARS = 400
ROOM_FOR_NAME = 9.0  # percent of the frame that a name needs; less has room for initials
LEAST = 0.4  # percent that a bar takes, however short the shift
FINAL = "final"
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """`start` and `end` are of the whole shift; `shade` None is a gap."""

    x: str
    width: str
    start: datetime
    end: datetime
    shade: int | None
    who: str
    label: str
    when: str
    why: str
    href: str
    current: bool

    @property
    def said(self) -> str:
        return ", ".join(part for part in (self.who, self.when, self.why) if part)


@dataclass(frozen=True, slots=True)
class Lane:
    """`crowded`: too many changes to draw."""

    name: str
    bars: list[Bar]
    kind: str
    crowded: bool = False

    @property
    def svg(self) -> SafeString:
        """The keyboard stops only at what holds in the end: layers say the same again."""
        return drawing.bars(self.bars, focusable=self.kind == FINAL)


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across all lanes: the clocks of `zone` change there."""

    x: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Week:
    """One row of several weeks: what holds, on days of its own."""

    lane: Lane
    ticks: list[Tick]
    seams: list[Mark]
    now_x: str

    @property
    def days(self) -> SafeString:
        return drawing.days(self.ticks)

    @property
    def behind(self) -> SafeString:
        """What every lane has behind its bars."""
        return drawing.lines((tick.x for tick in self.ticks), "tl-tick")

    @property
    def before(self) -> SafeString:
        """What every lane has in front of its bars."""
        changes = drawing.lines((mark.x for mark in self.seams), "tl-seam")
        now = drawing.lines([self.now_x] if self.now_x else [], "tl-now")
        return SafeString(changes + now)


@dataclass(frozen=True, slots=True)
class Key:
    """Whose colour is whose; colours come back after eight, initials tell them apart."""

    shade: int
    initials: str
    who: str

    @property
    def swatch(self) -> SafeString:
        return drawing.swatch(self.shade)


@dataclass(frozen=True, slots=True)
class Timeline:
    frame: Frame
    lanes: list[Lane]
    final: Lane
    ticks: list[Tick]
    seams: list[Mark]
    now_x: str
    gaps: list[Row]
    uncovered: timedelta
    weeks: list[Week]

    @property
    def whole(self) -> Week:
        """The frame as one row: what all lanes have in common."""
        return Week(self.final, self.ticks, self.seams, self.now_x)

    @property
    def stretches(self) -> SafeString:
        return drawing.stretches(self.final.bars)

    @property
    def key(self) -> list[Key]:
        """Everybody who serves in the frame, as they come."""
        found: dict[str, Key] = {}
        for bar in self.final.bars:
            if bar.shade is not None:
                found.setdefault(bar.who, Key(bar.shade, initials_of(bar.who), bar.who))
        return list(found.values())


def rules_of_frame(schedule: Schedule, frame: Frame, now: datetime) -> Rules:
    """All that decides the answers around `now` and in the frame: one reading for the page."""
    reach = SHIFT_SEARCH
    return queries.read(
        [schedule.pk],
        start=min(now - reach, frame.start - BEYOND),
        end=max(now + reach, frame.end + BEYOND),
    )


def timeline_of(
    schedule: Schedule, rules: Rules, frame: Frame, now: datetime, *, may_edit: bool
) -> Timeline:
    """`rules` cover the frame and BEYOND on both sides of it."""
    drawing = _Drawing(schedule, rules, frame, now, may_edit)
    several = frame.weeks if frame.view == MONTH else []
    found = coverage.outlook(rules, schedule.pk, frame.start - BEYOND, frame.end + BEYOND)
    everything = since(min(schedule.created_at, now), rows_of(found, rules, schedule.pk))
    rows = [row for row in everything if drawing.shows(row.start, row.end)]
    gaps = [row for row in rows if not row.people and row.end > now]  # the past is the ledger's
    lost = (min(row.end, frame.end) - max(row.start, frame.start, now) for row in gaps)
    whole = drawing.week("On call", rows)
    return Timeline(
        frame=frame,
        lanes=[] if several else [*drawing.overrides(), *drawing.layers()],
        final=whole.lane,
        ticks=whole.ticks,
        seams=whole.seams,
        now_x=whole.now_x,
        gaps=gaps,
        uncovered=sum(lost, timedelta()),
        weeks=[drawing.within(week).week(_named(week), rows) for week in several],
    )


def _named(week: Frame) -> str:
    first, last = week.first, week.final_day
    return f"{first:%-d %b} – {last:%-d %b}"


class _Drawing:
    """Everything that stays the same from bar to bar."""

    def __init__(
        self, schedule: Schedule, rules: Rules, frame: Frame, now: datetime, may_edit: bool
    ) -> None:
        self.schedule, self.rules, self.frame, self.now = schedule, rules, frame, now
        self.start, self.end = frame.start, frame.end
        # Shifts are known so far: what lies beyond is said to lie beyond.
        self.known = (frame.start - BEYOND, frame.end + BEYOND)
        self.value = rules.values[schedule.pk]
        self.zone = ZoneInfo(schedule.time_zone)
        self.form = reverse("schedules:add_override", args=[schedule.public_id])
        self.may_edit = may_edit
        self.shade_of: dict[tuple[int, ...], int] = {}
        self.texts: dict[datetime, str] = {}
        self.walls: dict[datetime, str] = {}

    def within(self, frame: Frame) -> "_Drawing":
        """A part of the frame, in the same colours."""
        part = copy(self)
        part.frame, part.start, part.end = frame, frame.start, frame.end
        return part

    def week(self, name: str, rows: Sequence[Row]) -> Week:
        """The frame as one row of what holds in the end."""
        frame = self.frame
        shown = [self.of_row(row) for row in rows if self.shows(row.start, row.end)]
        return Week(
            lane=self.lane(name, shown, FINAL),
            ticks=ticks_of(frame.start, frame.end, frame.zone, "%a %-d"),
            seams=self.seams(),
            now_x=self.x(self.now) if frame.start <= self.now < frame.end else "",
        )

    def shows(self, start: datetime, end: datetime) -> bool:
        return start < self.end and end > self.start

    def x(self, at: datetime) -> str:
        return f"{self._percent(at):.3f}%"

    def lane(self, name: str, bars: list[Bar], kind: str) -> Lane:
        crowded = len(bars) > MAX_BARS
        return Lane(name, [] if crowded else bars, kind, crowded)

    def of_row(self, row: Row) -> Bar:
        why = ", ".join(dict.fromkeys(text for _, texts in row.people.values() for text in texts))
        return self._bar(row.start, row.end, row.users, why)

    def layers(self) -> list[Lane]:
        """One lane for each layer that says something in the frame, as the page lists them."""
        found: dict[int, list[Bar]] = {}
        names: dict[int, str] = {}
        for layer in sorted(self.value.layers, key=lambda one: (-one.priority, one.position)):
            for turn in turns(layer, self.start - BEYOND, self.end + BEYOND):
                if self.shows(turn.start, turn.end):
                    people = self._people(turn.users)
                    bar = self._bar(turn.start, turn.end, people, f"layer {layer.name}")
                    found.setdefault(layer.id, []).append(bar)
                    names[layer.id] = layer.name
        return [
            self.lane(names[key], sorted(bars, key=lambda bar: bar.start), "layer")
            for key, bars in found.items()
        ]

    def overrides(self) -> list[Lane]:
        """Overrides that touch the frame; those that overlap lie in lanes of their own."""
        shown = [one for one in self.value.overrides if self.shows(one.start, one.end)]
        lanes: list[list[Bar]] = []
        for one in sorted(shown, key=lambda override: override.start):
            bar = self._of_override(one)
            free = next((lane for lane in lanes if lane[-1].end <= bar.start), None)
            if free is None:
                lanes.append([bar])
            else:
                free.append(bar)
        names = ["Overrides", *(f"Overrides {number}" for number in range(2, len(lanes) + 1))]
        return [self.lane(name, bars, "override") for name, bars in zip(names, lanes, strict=False)]

    def seams(self) -> list[Mark]:
        zones = {self.frame.zone}
        zones |= {one.zone for layer in self.value.layers for one in layer.versions}
        marks: dict[datetime, Mark] = {}
        for zone in sorted(zones, key=lambda zone: zone.key):
            for change in clock_changes(zone, self.start, self.end):
                minutes = change.step // _MINUTE
                text = f"{zone.key.rpartition('/')[2].replace('_', ' ')} {_signed(minutes)}"
                earlier = marks.get(change.at)
                both = f"{earlier.text}, {text}" if earlier else text
                marks[change.at] = Mark(self.x(change.at), change.at, both)
        return [marks[at] for at in sorted(marks)]

    def _of_override(self, one: Override) -> Bar:
        because = Because(one.source, one.id, str(one.kind))
        text = words.reason(because, self.rules, self.schedule.pk)
        coming = [] if one.kind == OverrideKind.REMOVE or one.user is None else [one.user]
        bar = self._bar(one.start, one.end, self._people(coming), text, link=False)
        shown = text.partition(": ")[2] or text
        return replace(bar, who=shown, label=shown, why=text, shade=bar.shade or 0)

    def _bar(
        self,
        start: datetime,
        end: datetime,
        people: Sequence[User],
        why: str,
        *,
        link: bool = True,
    ) -> Bar:
        who = tuple(user.pk for user in people)
        shade = self.shade_of.setdefault(who, len(self.shade_of)) % SHADES if who else None
        names = " + ".join(user.name for user in people) or "Nobody"
        left, right = (self._percent(at) for at in (start, end))
        return Bar(
            x=f"{left:.3f}%",
            width=f"{max(right - left, LEAST):.3f}%",
            start=start,
            end=end,
            shade=shade,
            who=names,
            label=names if right - left >= ROOM_FOR_NAME else initials_of(names),
            when=self._span(start, end),
            why=why,
            href=self._override_link(start, end, people) if link else "",
            current=start <= self.now < end,
        )

    def _span(self, start: datetime, end: datetime) -> str:
        """Local times with the offset of their own instant, and the true length."""
        opens, closes = self._said(start), self._said(end)
        if start <= self.known[0]:
            opens = f"before {opens}"
        if end >= self.known[1]:
            closes = f"{closes} and further"
        return f"{opens} to {closes}, {length(end - start)}"

    def _said(self, at: datetime) -> str:
        """Most instants end one bar and begin the next, in several lanes."""
        if at not in self.texts:
            local = to_local(at, self.frame.zone)
            self.texts[at] = f"{local.strftime('%a %-d %b %H:%M')} {_offset(local)}"
        return self.texts[at]

    def _wall(self, at: datetime) -> str:
        """On the clocks of the schedule, as a form of an override takes it."""
        if at not in self.walls:
            wall = wall_of(at, self.zone)
            self.walls[at] = quote(wall.strftime(FORMAT)) if wall else ""
        return self.walls[at]

    def _override_link(self, start: datetime, end: datetime, people: Sequence[User]) -> str:
        if not self.may_edit or end <= self.now:
            return ""
        parts = [f"kind={OverrideKind.COVER_ALL if people else OverrideKind.ADD}"]
        if len(people) == 1:
            parts = [f"kind={OverrideKind.REPLACE}", f"replaces={people[0].public_id}"]
        if start > self.now:
            parts.append(f"start={self._wall(start)}")
        if end < self.known[1]:
            parts.append(f"end={self._wall(end)}")
        return f"{self.form}?{'&'.join(parts)}"

    def _people(self, users: Iterable[int]) -> list[User]:
        return [self.rules.people[user] for user in users if user in self.rules.people]

    def _percent(self, at: datetime) -> float:
        inside = min(max(at, self.start), self.end)
        return 100 * ((inside - self.start) / (self.end - self.start))


def initials_of(names: str) -> str:
    return "+".join(initials(name) for name in names.split(" + "))


def length(span: timedelta) -> str:
    """Hours, because a day may have 23 of them: "23 h", "167 h 30 min"."""
    hours, minutes = divmod(span // _MINUTE, 60)
    return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"


def _signed(minutes: int) -> str:
    sign = "+" if minutes > 0 else "-"
    hours, rest = divmod(abs(minutes), 60)
    return f"{sign}{hours} h" if not rest else f"{sign}{abs(minutes)} min"


def _offset(at: datetime) -> str:
    text = at.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
