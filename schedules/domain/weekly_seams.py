"""Where layers on clocks of several zones fit together for a part of the year only.

Tokyo 08-17, London 08-16 and New York 11-19 tile the day in some weeks; in others two of them
answer at once, or nobody does. A gap that is there all year is no seam: it is meant.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from schedules.domain.model import Layer, LayerVersion, Rotation, Schedule, Unit
from schedules.domain.resolver import spans
from schedules.domain.seams import changes_of
from schedules.domain.walltime import STEP, resolve, to_local
from schedules.domain.windows import united

_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
_MINUTE = timedelta(minutes=1)
_DAY_MINUTES, _WEEK_MINUTES = 24 * 60, 7 * 24 * 60
_LONG_AGO = datetime(1990, 1, 1)  # noqa: DTZ001 - a wall time, a Monday

# Between two clock changes, minutes of the week: what holds in them.
Piece = tuple[int, int]
Key = tuple["SeamKind", tuple[str, ...]]


class SeamKind(StrEnum):
    GAP = "gap"
    DOUBLE = "double_cover"


@dataclass(frozen=True, slots=True)
class WeeklySeam:
    """From `since` until `until`, on `days` (0 = Monday) from `start` to `end` by the clock.

    None: it holds already when the period begins, or still when it ends. `end` 00:00 is midnight.
    """

    kind: SeamKind
    layers: tuple[str, ...]
    days: tuple[int, ...]
    start: time
    end: time
    since: datetime | None
    until: datetime | None


def weekly_seams(
    schedule: Schedule, zone: ZoneInfo, start: datetime, end: datetime
) -> list[WeeklySeam]:
    """Return gaps and double cover that come and go with clock changes in `[start, end)`.

    Clock times and weekdays are those of `zone`. Compares one week of each stretch between two
    changes; a stretch shorter than a week is left out.
    """
    layers = tuple(_probes(schedule, start))
    if len({version.zone for layer in layers for version in layer.versions}) < 2:
        return []
    probe = Schedule(schedule.id, zone, layers)
    marks = [start, *dict.fromkeys(one.at for one in changes_of(probe, start, end)), end]
    stretches = [(low, high) for low, high in pairwise(marks) if high - low >= _WEEK]
    weeks = [_week(probe, zone, low, high) for low, high in stretches]
    found = [
        seam
        for key in sorted({key for week in weeks for key in week})
        for seam in _seams_of(key, [week.get(key, []) for week in weeks], stretches, start, end)
    ]
    return sorted(found, key=lambda one: (one.since or start, one.kind, one.days, one.start))


def _probes(schedule: Schedule, start: datetime) -> Iterator[Layer]:
    """Yield each layer's newest rules as if one person served all of its turns."""
    for number, layer in enumerate(schedule.layers, start=1):
        for version in layer.versions:
            over = version.end is not None and resolve(version.end, version.zone) <= start
            if version.valid_to is None and not over and any(version.rotation.slots):
                yield replace(layer, versions=(_probe(version, number),))


def _probe(version: LayerVersion, number: int) -> LayerVersion:
    rotation = version.rotation
    alone = Rotation(Unit.WEEK, 1, _LONG_AGO, ((number,),))
    if rotation.shift_length_minutes and rotation.unit != Unit.MONTH:
        length = STEP[rotation.unit] * rotation.every
        # Short shifts show a weekly pattern only if their rhythm fits into the week.
        if _WEEK % length == timedelta():
            anchor = rotation.anchor - (rotation.anchor - _LONG_AGO) // _WEEK * _WEEK
            alone = replace(rotation, anchor=anchor, slots=((number,),), first_index=0)
    return replace(version, valid_from=None, valid_to=None, end=None, rotation=alone)


def _week(probe: Schedule, zone: ZoneInfo, low: datetime, high: datetime) -> dict[Key, list[Piece]]:
    """Return the gaps and double cover of one week between two changes.

    The day of a change is odd in itself, so the week begins a day later where there is room.
    """
    first = low + _DAY if high - low >= _WEEK + _DAY else low
    found: dict[Key, list[Piece]] = defaultdict(list)
    for span in spans(probe, first, first + _WEEK):
        if len(span.users) == 1:
            continue
        names = tuple(sorted({one.because.name for one in span.on_call}))
        key = (SeamKind.DOUBLE if span.users else SeamKind.GAP, names)
        opens = to_local(span.start, zone).replace(tzinfo=None)
        length = to_local(span.end, zone).replace(tzinfo=None) - opens
        found[key] += _in_week((opens - _LONG_AGO) // _MINUTE, length // _MINUTE)
    return found


def _in_week(opens: int, length: int) -> Iterator[Piece]:
    """Yield the minutes of the week from Monday on, cut where the week begins anew."""
    opens %= _WEEK_MINUTES
    closes = opens + length
    yield opens, min(closes, _WEEK_MINUTES)
    if closes > _WEEK_MINUTES:
        yield 0, closes - _WEEK_MINUTES


def _seams_of(
    key: Key,
    weeks: Sequence[list[Piece]],
    stretches: Sequence[tuple[datetime, datetime]],
    start: datetime,
    end: datetime,
) -> Iterator[WeeklySeam]:
    by_period: dict[Piece, list[Piece]] = defaultdict(list)
    cuts = sorted({cut for week in weeks for piece in week for cut in piece})
    for low, high in pairwise(cuts):
        holds = [any(opens <= low and high <= closes for opens, closes in week) for week in weeks]
        if all(holds):
            continue
        for run in _runs(holds):
            by_period[run].append((low, high))
    for (first, last), pieces in by_period.items():
        since, until = stretches[first][0], stretches[last][1]
        for days, opens, closes in _by_clock(pieces):
            yield WeeklySeam(
                key[0],
                key[1],
                days,
                opens,
                closes,
                since if since > start else None,
                until if until < end else None,
            )


def _runs(holds: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each run of True."""
    for value, group in groupby(enumerate(holds), key=lambda one: one[1]):
        if value:
            indexes = [index for index, _ in group]
            yield indexes[0], indexes[-1]


def _by_clock(pieces: Sequence[Piece]) -> Iterator[tuple[tuple[int, ...], time, time]]:
    """Yield the same hours of several days together, each cut at midnight."""
    epoch = _LONG_AGO
    days: dict[tuple[time, time], list[int]] = defaultdict(list)
    joined = united([(epoch + low * _MINUTE, epoch + high * _MINUTE) for low, high in pieces])
    for low, high in joined:
        at = low
        while at < high:
            midnight = datetime.combine(at.date() + _DAY, time())
            until = min(midnight, high)
            days[at.time(), until.time()].append(at.weekday())
            at = until
    for (opens, closes), found in days.items():
        yield tuple(sorted(found)), opens, closes
