"""Which shift of a rotation a period is, and where that shift lies after the rules were edited.

A shift is known by its number, not by clock times: when the hand-off moves, it moves with it,
and so does what was arranged for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from schedules.domain.layers import turns
from schedules.domain.model import Layer, LayerVersion, Slot, UserId
from schedules.domain.rotation import boundary, shift_at
from schedules.domain.walltime import in_utc, read_clock

HORIZON = timedelta(days=800)
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Shift:
    """Shift `index` of a rotation with its duty, from the first hour of it to the last; UTC."""

    index: int
    start: datetime
    end: datetime
    users: Slot


def shift(version: LayerVersion, index: int) -> Shift | None:
    """Return a shift, or None when nobody serves in it."""
    if index < 0:
        return None
    opens = boundary(version.rotation, index, version.zone)
    closes = boundary(version.rotation, index + 1, version.zone)
    found = list(turns(Layer(0, "", 0, 0, (version,)), opens, closes))
    return Shift(index, found[0].start, found[-1].end, found[0].users) if found else None


def shift_between(
    version: LayerVersion, user: UserId, start: datetime, end: datetime
) -> Shift | None:
    """Return the shift of `user` whose duty is exactly `[start, end)`, or None."""
    found = shift(version, shift_at(version.rotation, read_clock(in_utc(start), version.zone)))
    exact = found is not None and (found.start, found.end) == (in_utc(start), in_utc(end))
    return found if found is not None and exact and user in found.users else None


def coming(version: LayerVersion, user: UserId, at: datetime) -> Iterator[Shift]:
    """Yield the shifts of `user` whose duty begins at `at` or later, in order, within reach.

    When the version came into force does not matter: a shift that it found running is not one of
    them.
    """
    version = replace(version, valid_from=None, valid_to=None)
    index = max(0, shift_at(version.rotation, read_clock(in_utc(at), version.zone)))
    for number in range(index, index + _MOST):
        if boundary(version.rotation, number, version.zone) > at + HORIZON:
            return
        found = shift(version, number)
        if found is not None and found.start >= at and user in found.users:
            yield found


def moved(
    old: LayerVersion, new: LayerVersion, user: UserId, index: int, cut: datetime
) -> Shift | None:
    """Return the shift of the new version that continues shift `index` of the old one.

    Of those of `user` that begin after `cut` it is the one with the same number; of one that runs
    at `cut`, what `user` serves then by the new rules. None when there is none any more.
    """
    cut = in_utc(cut)
    old = replace(old, valid_from=None, valid_to=None)
    before = shift(old, index)
    if before is None or user not in before.users:
        return None
    if before.start < cut:
        now = shift(new, shift_at(new.rotation, read_clock(cut, new.zone)))
        runs = now is not None and before.end > cut and now.end > cut and user in now.users
        return now if runs else None
    for number, found in enumerate(coming(old, user, cut)):
        if found.index == index:
            return next(islice(coming(new, user, cut), number, None), None)
    return None
