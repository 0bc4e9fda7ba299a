"""What the changes of the clocks do to a schedule: longer and shorter shifts, moved hand-offs.

Where layers follow clocks of several zones, `weekly_seams` says where they fit together for a part
of the year only. Source: schedule semantics, sections 4.1, 4.2 and 4.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.domain.clock_changes import ClockChange, clock_changes
from schedules.domain.layers import Turn, turns, version_at
from schedules.domain.model import Layer, LayerVersion, Schedule, UserId
from schedules.domain.rotation import shift_at, wall_end_of_duty, wall_start
from schedules.domain.walltime import STEP, Unit, read_clock, resolve, to_local

_DAY = timedelta(days=1)
_MONTH = timedelta(days=31)
# A window lasts at most a week; two more days for the change itself.
_LONGEST_WINDOW = timedelta(days=9)
_MANY = 200


@dataclass(frozen=True, slots=True)
class OddShift:
    """A shift of `length` that clocks show as one of `shown`: 23 hours from 09:00 to 09:00."""

    layer: str
    users: tuple[UserId, ...]
    zone: ZoneInfo
    start: datetime
    end: datetime
    length: timedelta
    shown: timedelta


@dataclass(frozen=True, slots=True)
class OddHandOff:
    """A hand-off at a wall time that clocks skip (it is then at the jump) or show twice (first)."""

    layer: str
    zone: ZoneInfo
    wall: datetime
    at: datetime
    missing: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All seams of a period but the weekly ones, in order."""

    changes: tuple[ClockChange, ...]
    shifts: tuple[OddShift, ...]
    hand_offs: tuple[OddHandOff, ...]


def report(schedule: Schedule, start: datetime, end: datetime) -> Report:
    """Return the seams of `[start, end)`; overrides play no part, they are meant as they are."""
    shifts: list[OddShift] = []
    hand_offs: list[OddHandOff] = []
    for layer in schedule.layers:
        for change in _changes_of(layer, start, end):
            shifts += _odd_shifts(layer, change)
            version = version_at(layer, change.at)
            if version is not None and change.zone == version.zone:
                hand_offs += _odd_hand_offs(layer.name, version, change)
    return Report(
        changes_of(schedule, start, end),
        tuple(sorted(shifts, key=lambda one: (one.start, one.layer))),
        tuple(sorted(hand_offs, key=lambda one: (one.at, one.layer, one.wall))),
    )


def changes_of(schedule: Schedule, start: datetime, end: datetime) -> tuple[ClockChange, ...]:
    """Return the clock changes of all zones that layers in force then follow, in order."""
    found = {change for layer in schedule.layers for change in _changes_of(layer, start, end)}
    return tuple(sorted(found, key=lambda one: (one.at, one.zone.key)))


def _changes_of(layer: Layer, start: datetime, end: datetime) -> Iterator[ClockChange]:
    for version in layer.versions:
        for change in clock_changes(version.zone, start, end):
            opened = version.valid_from is None or version.valid_from <= change.at
            closed = version.valid_to is not None and version.valid_to <= change.at
            ended = version.end is not None and resolve(version.end, version.zone) <= change.at
            if opened and not closed and not ended:
                yield change


def _odd_shifts(layer: Layer, change: ClockChange) -> Iterator[OddShift]:
    version = version_at(layer, change.at)
    if version is None:
        return
    reach = _reach(version)
    low, high = change.at - reach, change.at + reach
    for turn in turns(layer, low, high):
        if not turn.start < change.at < turn.end or turn.start == low or turn.end == high:
            continue
        shown = _shown(turn, change.zone)
        if shown != turn.end - turn.start:
            yield OddShift(
                layer.name,
                turn.users,
                change.zone,
                turn.start,
                turn.end,
                turn.end - turn.start,
                shown,
            )


def _shown(turn: Turn, zone: ZoneInfo) -> timedelta:
    start, end = (to_local(at, zone).replace(tzinfo=None) for at in (turn.start, turn.end))
    return end - start


def _reach(version: LayerVersion) -> timedelta:
    """How far from a change a shift that spans it may begin or end."""
    rotation = version.rotation
    step = _MONTH if rotation.unit == Unit.MONTH else STEP[rotation.unit]
    longest = step * rotation.every + 2 * _DAY
    return min(longest, _LONGEST_WINDOW) if version.restrictions else longest


def _odd_hand_offs(name: str, version: LayerVersion, change: ClockChange) -> Iterator[OddHandOff]:
    for wall in sorted(set(_walls_near(version, change))):
        at = resolve(wall, version.zone)
        missing = to_local(at, version.zone).replace(tzinfo=None) > wall
        if missing or _is_shown_twice(wall, version.zone):
            yield OddHandOff(name, version.zone, wall, at, missing)


def _walls_near(version: LayerVersion, change: ClockChange) -> Iterator[datetime]:
    """Yield the wall times of hand-offs and windows around a change."""
    low, high = (
        to_local(change.at + days, version.zone).replace(tzinfo=None, fold=0)
        for days in (-_DAY, _DAY)
    )
    rotation = version.rotation
    first = max(0, shift_at(rotation, read_clock(change.at - _DAY, version.zone)))
    for shift in range(first, first + _MANY):
        if wall_start(rotation, shift) > high:
            break
        if len(rotation.slots) > 1:
            yield wall_start(rotation, shift)
        if rotation.shift_length_minutes:
            yield wall_end_of_duty(rotation, shift)
    for window in version.restrictions:
        for days in range(-window.longest - 1, 2):
            day = high.date() + days * _DAY
            if window.starts_on(day):
                yield from (
                    wall for wall in (window.opens(day), window.closes(day)) if low <= wall <= high
                )


def _is_shown_twice(wall: datetime, zone: ZoneInfo) -> bool:
    first, second = (zone.utcoffset(wall.replace(fold=fold)) for fold in (0, 1))
    return first is not None and second is not None and first > second
