"""What one layer says: at an instant by arithmetic, over a period by listing its turns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import NamedTuple

from schedules.domain.model import Layer, LayerVersion, Rotation, Slot
from schedules.domain.rotation import (
    BEFORE_START,
    boundary,
    pattern,
    shift_at,
    slot,
    slot_index,
    wall_end_of_duty,
)
from schedules.domain.walltime import in_utc, read_clock, resolve
from schedules.domain.windows import Interval, is_open, open_windows

_ALWAYS = datetime.min.replace(tzinfo=UTC)


class Turn(NamedTuple):
    """People on duty in `[start, end)`, as far as one layer goes."""

    start: datetime
    end: datetime
    users: Slot


@dataclass(frozen=True, slots=True)
class Place:
    """Whose turn it is: the slot of a rotation by its index."""

    slots: tuple[Slot, ...]
    index: int

    @property
    def users(self) -> Slot:
        return self.slots[self.index] if self.slots else ()

    def after(self) -> Iterator[Slot]:
        """Yield the slots whose turn comes next, once round, without the present one."""
        yield from self.slots[self.index + 1 :]
        yield from self.slots[: self.index]


def users_at(layer: Layer, at: datetime) -> Slot:
    """Return the people whom a layer puts on duty at an instant (UTC)."""
    place = place_at(layer, at)
    return () if place is None else place.users


def place_at(layer: Layer, at: datetime) -> Place | None:
    """Return whose turn it is in a layer at an instant (UTC), or None when it is nobody's."""
    version = version_at(layer, at)
    if version is None:
        return None
    rotation, restrictions = version.rotation, version.restrictions
    reading = read_clock(at, version.zone)
    shift = shift_at(rotation, reading)
    if shift == BEFORE_START:
        return None
    if rotation.shift_length_minutes and reading.reached(wall_end_of_duty(rotation, shift)):
        return None
    if version.end is not None and reading.reached(version.end):
        return None
    if restrictions and not is_open(restrictions, reading):
        return None
    index = slot_index(rotation, pattern(rotation, restrictions), shift)
    return Place(rotation.slots, index)


def version_at(layer: Layer, at: datetime) -> LayerVersion | None:
    """Return the version in force: the last one opened by then, unless it is closed."""
    latest: LayerVersion | None = None
    for version in layer.versions:
        if _opened(version) <= at and (latest is None or _opened(version) >= _opened(latest)):
            latest = version
    if latest is None or (latest.valid_to is not None and latest.valid_to <= at):
        return None
    return latest


def turns(layer: Layer, start: datetime, end: datetime) -> Iterator[Turn]:
    """Yield the turns of a layer in `[start, end)` in order, without overlap; UTC."""
    versions = sorted(layer.versions, key=_opened)
    for version, following in zip_longest(versions, versions[1:]):
        low = max(start, _opened(version))
        high = end if version.valid_to is None else min(end, in_utc(version.valid_to))
        if following is not None:
            high = min(high, _opened(following))
        if version.end is not None:
            high = min(high, resolve(version.end, version.zone))
        if low < high:
            yield from _turns_of_version(version, low, high)


def _turns_of_version(version: LayerVersion, start: datetime, end: datetime) -> Iterator[Turn]:
    shifts = _shifts(version, start, end)
    if not version.restrictions:
        return shifts
    return _inside(shifts, open_windows(version.restrictions, version.zone, start, end))


def _shifts(version: LayerVersion, start: datetime, end: datetime) -> Iterator[Turn]:
    """Yield the shifts with people that touch a period, cut to it."""
    rotation, zone = version.rotation, version.zone
    counts = pattern(rotation, version.restrictions)
    shift = max(0, shift_at(rotation, read_clock(start, zone)))
    opens = boundary(rotation, shift, zone)
    while opens < end:
        users = slot(rotation, counts, shift)
        closes = end if _never_changes(rotation) else boundary(rotation, shift + 1, zone)
        off = closes
        if rotation.shift_length_minutes:
            off = resolve(wall_end_of_duty(rotation, shift), zone)
        opens, off = max(opens, start), min(off, end)
        if users and opens < off:
            yield Turn(opens, off, users)
        shift, opens = shift + 1, closes


def _never_changes(rotation: Rotation) -> bool:
    return len(rotation.slots) <= 1 and not rotation.shift_length_minutes


def _inside(shifts: Iterator[Turn], windows: list[Interval]) -> Iterator[Turn]:
    first = 0
    for start, end, users in shifts:
        while first < len(windows) and windows[first][1] <= start:
            first += 1
        at = first
        while at < len(windows) and windows[at][0] < end:
            yield Turn(max(windows[at][0], start), min(windows[at][1], end), users)
            at += 1


def _opened(version: LayerVersion) -> datetime:
    return _ALWAYS if version.valid_from is None else in_utc(version.valid_from)
