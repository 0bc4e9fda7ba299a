"""Whose turn it is (D3): every shift is computed from the anchor, never from the shift before."""

from datetime import datetime, timedelta
from functools import lru_cache
from math import gcd
from zoneinfo import ZoneInfo

from schedules.domain.model import Phase, Restriction, Rotation, Slot, Unit
from schedules.domain.walltime import STEP, Reading, add, resolve, units_between
from schedules.domain.windows import touches_wall

# How many of the first 0, 1, 2, … shifts of one repeating period move the rotation on.
Pattern = tuple[int, ...]

EVERY_SHIFT: Pattern = (0, 1)
BEFORE_START = -1

_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)
# The Gregorian calendar, weekdays included, repeats after 400 years.
_MONTHS_OF_CALENDAR = 4800


def wall_start(rotation: Rotation, shift: int) -> datetime:
    """Return the wall time at which a shift begins."""
    return add(rotation.anchor, rotation.unit, shift * rotation.every)


def boundary(rotation: Rotation, shift: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which a shift begins; equal to the next for a shift of length zero."""
    return resolve(wall_start(rotation, shift), zone)


def wall_end_of_duty(rotation: Rotation, shift: int) -> datetime:
    """Return the wall time at which the people of a shift go off duty."""
    following = wall_start(rotation, shift + 1)
    if rotation.shift_length_minutes is None:
        return following
    length = timedelta(minutes=rotation.shift_length_minutes)
    return min(following, wall_start(rotation, shift) + length)


def shift_at(rotation: Rotation, reading: Reading) -> int:
    """Return the largest shift that has begun, or BEFORE_START.

    The wall clock gives the number directly. Only in the second pass of a fold may later shifts
    have begun already.
    """
    shift = max(BEFORE_START, _by_wall(rotation, reading.wall))
    if reading.repeated:
        while reading.reached(wall_start(rotation, shift + 1)):
            shift += 1
    return shift


def pattern(rotation: Rotation, restrictions: tuple[Restriction, ...]) -> Pattern:
    """Return which shifts move a rotation on.

    Calendar phase: all of them. Active phase: those whose duty meets a window on the calendar.
    """
    if rotation.phase != Phase.ACTIVE or not restrictions:
        return EVERY_SHIFT
    return _counts_of_period(
        rotation.unit,
        rotation.every,
        rotation.anchor,
        rotation.shift_length_minutes,
        restrictions,
    )


def turns_before(counts: Pattern, shift: int) -> int:
    """Return how many shifts before this one moved the rotation on."""
    periods, rest = divmod(shift, len(counts) - 1)
    return periods * counts[-1] + counts[rest]


def is_active(counts: Pattern, shift: int) -> bool:
    """Say whether a shift moves the rotation on."""
    return turns_before(counts, shift + 1) > turns_before(counts, shift)


def slot_index(rotation: Rotation, counts: Pattern, shift: int) -> int:
    """Return the index of the slot whose turn a shift is; 0 when there are no slots."""
    return (rotation.first_index + turns_before(counts, shift)) % max(1, len(rotation.slots))


def slot(rotation: Rotation, counts: Pattern, shift: int) -> Slot:
    """Return the people whose turn a shift is."""
    return rotation.slots[slot_index(rotation, counts, shift)] if rotation.slots else ()


def _by_wall(rotation: Rotation, wall: datetime) -> int:
    return units_between(rotation.anchor, wall, rotation.unit) // rotation.every


@lru_cache(maxsize=2048)
def _counts_of_period(
    unit: Unit,
    every: int,
    anchor: datetime,
    shift_length_minutes: int | None,
    restrictions: tuple[Restriction, ...],
) -> Pattern:
    probe = Rotation(unit, every, anchor, (), shift_length_minutes=shift_length_minutes)
    counts = [0]
    for shift in range(_shifts_of_period(probe)):
        start, end = wall_start(probe, shift), wall_end_of_duty(probe, shift)
        counts.append(counts[-1] + touches_wall(restrictions, start, end))
    return tuple(counts)


def _shifts_of_period(rotation: Rotation) -> int:
    length = rotation.shift_length_minutes
    if rotation.unit == Unit.MONTH:
        if length is None or timedelta(minutes=length) >= _WEEK:
            return 1
        return _MONTHS_OF_CALENDAR // gcd(rotation.every, _MONTHS_OF_CALENDAR)
    hours = STEP[rotation.unit] // _HOUR * rotation.every
    week = _WEEK // _HOUR
    return week // gcd(hours, week)
