"""What will leave a page without a human in the days ahead. Pure; from spans, never by sampling.

Every finding has a key by which looking again knows it. Holes that come back at the same clock
times are one finding with one key, so that nobody is told each night of the same night.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from notifications.domain.reach import NOTHING, Known, Reach
from schedules.domain import resolver
from schedules.domain.layers import turns
from schedules.domain.model import Schedule, Span, UserId
from schedules.domain.walltime import in_utc, to_local
from schedules.domain.windows import Interval

AHEAD = timedelta(days=30)
# As far back as ahead: what ended lately still shows that a hole comes back.
BACK = timedelta(days=31)
# A hole that begins within the days ahead is followed so far to see how it ends.
BEYOND = timedelta(days=8)
OFTEN = 3
ALWAYS = "always"


class Kind(StrEnum):
    """What is wrong, the gravest first."""

    REACHES_NOBODY = "REACHES_NOBODY"
    NOBODY_HIGH = "NOBODY_HIGH"  # of a policy: for incidents of that urgency alone
    NOBODY_MEDIUM = "NOBODY_MEDIUM"
    NOBODY_LOW = "NOBODY_LOW"
    GAP = "GAP"
    UNREACHABLE = "UNREACHABLE"
    SINGLE_POINT = "SINGLE_POINT"
    DISABLED = "DISABLED"
    TIME_OFF = "TIME_OFF"


@dataclass(frozen=True, slots=True)
class Look:
    """The period looked at: `[start, end)`. What is wrong somewhere in `[now, horizon)` matters."""

    start: datetime
    now: datetime
    horizon: datetime
    end: datetime
    zone: ZoneInfo

    @classmethod
    def around(cls, now: datetime, zone: ZoneInfo) -> "Look":
        now = in_utc(now)
        return cls(now - BACK, now, now + AHEAD, now + AHEAD + BEYOND, zone)

    def ahead(self, intervals: Iterable[Interval]) -> list[Interval]:
        """Those that matter."""
        return [one for one in intervals if one[1] > self.now and one[0] < self.horizon]


@dataclass(frozen=True, slots=True)
class Found:
    """One finding. `start` None: since before the look; `end` None: no end in sight.

    Of one that comes back, start and end are those of the next (or present) time; `times` counts
    those that are not over, `total` is their length from now to the horizon.
    """

    kind: Kind
    key: str
    start: datetime | None
    end: datetime | None
    people: tuple[UserId, ...] = ()
    times: int = 1
    total: timedelta = timedelta(0)
    returns: bool = False
    known: Known | None = None


def schedule_findings(
    schedule: Schedule, look: Look, reach: Mapping[UserId, Known], *, expected: bool = True
) -> list[Found]:
    """Everything about one schedule. `expected` False: nobody relies on it, so gaps are no news."""
    spans = resolver.spans(schedule, look.start, look.end)
    holes = [(span.start, span.end) for span in spans if not span.on_call] if expected else []
    return [
        *holes_found(Kind.GAP, holes, look),
        *_unreachable(spans, look, reach),
        *_disabled(schedule, look),
    ]


def holes_found(kind: Kind, intervals: Iterable[Interval], look: Look) -> list[Found]:
    """Findings of ordered, separate intervals that are not over."""
    groups: dict[str, list[Interval]] = {}
    for interval in intervals:
        groups.setdefault(_clocks(interval, look), []).append(interval)
    found: list[Found] = []
    for clocks, group in groups.items():
        left = look.ahead(group)
        if len(group) >= OFTEN and left and clocks:
            found.append(_hole(kind, f"{kind}:{clocks}", left, look, returns=True))
        else:
            found += [_hole(kind, _key(kind, one, look), [one], look) for one in left]
    return sorted(found, key=lambda one: (one.start or look.start, one.key))


def person_found(
    kind: Kind, user: UserId, intervals: Sequence[Interval], look: Look, known: Known | None = None
) -> list[Found]:
    """One finding of a person for all ordered intervals that are not over; none without any."""
    left = look.ahead(intervals)
    if not left:
        return []
    key = f"{kind}:{user}" + (f":{known.reach}" if known else "")
    return [_hole(kind, key, left, look, people=(user,), returns=len(left) > 1, known=known)]


def _hole(
    kind: Kind,
    key: str,
    left: Sequence[Interval],
    look: Look,
    *,
    people: tuple[UserId, ...] = (),
    returns: bool = False,
    known: Known | None = None,
) -> Found:
    start, end = left[0]
    lengths = (min(end, look.horizon) - max(start, look.now) for start, end in left)
    return Found(
        kind,
        key,
        None if start <= look.start else start,
        None if end >= look.end else end,
        people,
        len(left),
        sum(lengths, timedelta()),
        returns,
        known,
    )


def _key(kind: Kind, interval: Interval, look: Look) -> str:
    start = interval[0]
    return f"{kind}:{ALWAYS if start <= look.start else start.isoformat(timespec='minutes')}"


def _clocks(interval: Interval, look: Look) -> str:
    """The clock times of a hole and the days between; "" where the look cuts it off."""
    start, end = interval
    if start <= look.start or end >= look.end:
        return ""
    opens, closes = to_local(start, look.zone), to_local(end, look.zone)
    days = (closes.date() - opens.date()).days
    return f"{opens:%H:%M}-{closes:%H:%M}+{days}"


def _unreachable(
    spans: Sequence[Span], look: Look, reach: Mapping[UserId, Known]
) -> Iterable[Found]:
    """People on duty whom nothing has ever reached, or nothing can."""
    duty: dict[UserId, list[Interval]] = {}
    for span in spans:
        for user in span.users:
            duty.setdefault(user, []).append((span.start, span.end))
    for user, intervals in duty.items():
        known = reach.get(user, NOTHING)
        if known.reach is not Reach.PROVEN:
            yield from person_found(Kind.UNREACHABLE, user, intervals, look, known)


def _disabled(schedule: Schedule, look: Look) -> Iterable[Found]:
    """Disabled people whose turn it would be; of longer rotations also those later on."""
    named = {
        user
        for layer in schedule.layers
        for version in layer.versions
        if version.valid_to is None or version.valid_to > look.now
        for slot in version.rotation.slots
        for user in slot
    }
    away = named & schedule.inactive
    first: dict[UserId, Interval] = {}
    for layer in schedule.layers if away else ():
        for turn in turns(layer, look.now, look.horizon):
            for user in away.intersection(turn.users):
                first[user] = min(first.get(user, turn[:2]), turn[:2])
    for user in sorted(away):
        start, end = first.get(user, (None, None))
        yield Found(Kind.DISABLED, f"{Kind.DISABLED}:{user}", start, end, (user,))
