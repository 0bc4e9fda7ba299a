"""The next order of a rotation that evens out what people carried so far. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations

from schedules.domain.model import LayerVersion, Slot, UserId
from schedules.domain.rotation import (
    boundary,
    is_active,
    pattern,
    shift_at,
    slot_index,
    wall_end_of_duty,
    wall_start,
)
from schedules.domain.walltime import Unit, read_clock, resolve
from schedules.domain.windows import open_windows

# Up to here every order is tried; beyond it the least loaded simply go first.
TRY_ALL = 6
LONGEST_SEARCH = 400
NOTHING = timedelta(0)
WORTH = timedelta(hours=1)

Order = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """A coming turn: where it begins on the wall and how long somebody serves in it."""

    begins: datetime
    wall: datetime
    length: timedelta


@dataclass(frozen=True, slots=True)
class Coming:
    """The next shifts of a rotation, and the order of its slots in which they fall as it is."""

    order: Order
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Slots in the order to try, by their index now.

    Differences between the most and the least loaded person: as it is (`now`), after the shifts
    if nothing is changed (`kept`), and in the new order (`then`); and on average on the way.
    """

    order: Order
    now: timedelta
    kept: timedelta
    then: timedelta
    kept_mean: timedelta
    then_mean: timedelta


def coming(version: LayerVersion, at: datetime, count: int) -> Coming | None:
    """The next `count` turns that begin after `at`, or None for a rotation without a next one.

    The first begins on the day of the month of the anchor, so that it can be an anchor itself.
    """
    rotation, zone = version.rotation, version.zone
    if not rotation.slots:
        return None
    counts = pattern(rotation, version.restrictions)
    shift = shift_at(rotation, read_clock(at, zone)) + 1
    found: list[Shift] = []
    first = None
    for number in range(shift, shift + LONGEST_SEARCH):
        begins = boundary(rotation, number, zone)
        if len(found) == count or (version.end and begins >= resolve(version.end, zone)):
            break
        wall = wall_start(rotation, number)
        if not is_active(counts, number) or (first is None and not _may_anchor(version, wall)):
            continue
        first = slot_index(rotation, counts, number) if first is None else first
        found.append(Shift(begins, wall, _served(version, number)))
    if first is None:
        return None
    places = len(rotation.slots)
    return Coming(tuple((first + step) % places for step in range(places)), tuple(found))


def suggestion(
    slots: Sequence[Slot], carried: Mapping[UserId, timedelta], ahead: Coming
) -> Suggestion | None:
    """The order with the smallest difference on average over those shifts, least loaded first.

    Of equal ones that in which the less loaded stand in front. None: nothing worth a change.
    """
    if any(not slot for slot in slots) or len({user for slot in slots for user in slot}) < 2:
        return None
    lengths = [shift.length for shift in ahead.shifts]
    start = {user: carried.get(user, NOTHING) for slot in slots for user in slot}
    kept, kept_mean = _walk(slots, start, ahead.order, lengths)
    best = min(_candidates(slots, start), key=lambda one: _walk(slots, start, one, lengths)[1])
    then, then_mean = _walk(slots, start, best, lengths)
    if then_mean + WORTH > kept_mean:
        return None
    return Suggestion(best, _spread(start), kept, then, kept_mean, then_mean)


def _candidates(slots: Sequence[Slot], carried: Mapping[UserId, timedelta]) -> list[Order]:
    lightest = sorted(range(len(slots)), key=lambda at: (_weight(slots[at], carried), at))
    if len(slots) > TRY_ALL:
        return [tuple(lightest)]
    return [(lightest[0], *rest) for rest in permutations(lightest[1:])]


def _weight(slot: Slot, carried: Mapping[UserId, timedelta]) -> timedelta:
    return sum((carried[user] for user in slot), NOTHING) / len(slot)


def _walk(
    slots: Sequence[Slot],
    carried: Mapping[UserId, timedelta],
    order: Order,
    lengths: Sequence[timedelta],
) -> tuple[timedelta, timedelta]:
    """Serve the shifts in this order; the difference in the end, and on average on the way."""
    load, along = dict(carried), NOTHING
    for step, duration in enumerate(lengths):
        for user in slots[order[step % len(order)]]:
            load[user] += duration
        along += _spread(load)
    return _spread(load), along / max(1, len(lengths))


def _spread(load: Mapping[UserId, timedelta]) -> timedelta:
    return max(load.values()) - min(load.values())


def _may_anchor(version: LayerVersion, wall: datetime) -> bool:
    rotation = version.rotation
    return rotation.unit != Unit.MONTH or wall.day == rotation.anchor.day


def _served(version: LayerVersion, number: int) -> timedelta:
    rotation, zone = version.rotation, version.zone
    start = boundary(rotation, number, zone)
    end = min(
        boundary(rotation, number + 1, zone), resolve(wall_end_of_duty(rotation, number), zone)
    )
    if not version.restrictions:
        return end - start
    windows = open_windows(version.restrictions, zone, start, end)
    return sum((min(high, end) - max(low, start) for low, high in windows), NOTHING)
