"""Changing a rotation without rewriting the past: close one version, open the next.

A version is never changed in place. The new one carries its own anchor and first index, so who is
on call stays a pure function, and what the past says stays what was paid and audited.
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from schedules.domain.model import LayerVersion, Restriction, Rotation, Slot, Unit
from schedules.domain.rotation import (
    BEFORE_START,
    is_active,
    pattern,
    shift_at,
    slot_index,
    turns_before,
    wall_end_of_duty,
)
from schedules.domain.walltime import add, in_utc, read_clock, resolve, units_between
from schedules.domain.windows import touches_wall

Versions = tuple[LayerVersion, LayerVersion]

# Within so many periods back every day number comes round, the 29th of February included.
_PERIODS_TO_ANY_DAY = 96


def successor(
    old: LayerVersion,
    new_rotation: Rotation,
    cut: datetime,
    *,
    zone: ZoneInfo | None = None,
    restrictions: tuple[Restriction, ...] | None = None,
) -> Versions:
    """Return the closed old and the opened new version of an edit that keeps the phase.

    Whoever has the pager at `cut` keeps it to the next boundary of the new rule; then comes the one
    after him in the new order. If he was removed, the next in the new order takes over at `cut`.
    The anchor of `new_rotation` says where boundaries lie, on both sides of it; its `first_index`
    counts only if the old rotation has not begun. `zone` and `restrictions` stay unless given;
    `end` stays. The new version has no id yet. No answer before `cut` changes.
    Raises ValueError if `old` is not in force at `cut`.
    """
    closed, opened = _divided(old, new_rotation, cut, zone, restrictions)
    return closed, replace(opened, rotation=_in_phase(old, opened, in_utc(cut)))


def relocated(old: LayerVersion, zone: ZoneInfo, now: datetime) -> Versions:
    """Return the closed old and the opened new version of a move to other clocks.

    It moves at `now`; rules that wait move when they begin. Wall times stay what they are.
    """
    later = old.valid_from if old.valid_from and old.valid_from > in_utc(now) else None
    return successor(old, old.rotation, later or now, zone=zone)


def restarted(
    old: LayerVersion,
    new_rotation: Rotation,
    cut: datetime,
    *,
    zone: ZoneInfo | None = None,
    restrictions: tuple[Restriction, ...] | None = None,
) -> Versions:
    """Return the closed old and the opened new version of a restart at the new anchor.

    The old rule goes on to the anchor of `new_rotation`, which begins as it is written. If the
    anchor lies before `cut`, the earliest instant that may change, the new rule begins at `cut`.
    Raises ValueError if `old` is not in force then.
    """
    begins = resolve(new_rotation.anchor, zone or old.zone)
    return _divided(old, new_rotation, max(in_utc(cut), begins), zone, restrictions)


def _divided(
    old: LayerVersion,
    rotation: Rotation,
    cut: datetime,
    zone: ZoneInfo | None,
    restrictions: tuple[Restriction, ...] | None,
) -> Versions:
    cut = in_utc(cut)
    too_early = old.valid_from is not None and cut < old.valid_from
    too_late = old.valid_to is not None and cut >= old.valid_to
    if too_early or too_late:
        raise ValueError("the version is not in force at the cut")
    opened = replace(
        old,
        id=None,
        valid_from=cut,
        zone=zone or old.zone,
        rotation=rotation,
        restrictions=old.restrictions if restrictions is None else restrictions,
    )
    return replace(old, valid_to=cut), opened


def _in_phase(old: LayerVersion, new: LayerVersion, cut: datetime) -> Rotation:
    """Return the new rotation with an anchor before `cut` and the first index that keeps turns."""
    shift = shift_at(old.rotation, read_clock(cut, old.zone))
    if shift == BEFORE_START or not old.rotation.slots or not new.rotation.slots:
        return new.rotation
    counts = pattern(old.rotation, old.restrictions)
    held = slot_index(old.rotation, counts, shift)
    holder = _index_of_holder(old.rotation.slots, held, new.rotation.slots)
    reading = read_clock(cut, new.zone)
    rotation = _anchored_before(new.rotation, reading.wall)
    current = shift_at(rotation, reading)
    # On the pager already, or still to serve in the new rule's current shift: that is his turn.
    if is_active(counts, shift) or _serves_later(rotation, new.restrictions, current, reading.wall):
        holder += 1
    turns = turns_before(pattern(rotation, new.restrictions), current + 1)
    return replace(rotation, first_index=(holder - turns) % len(rotation.slots))


def _index_of_holder(old: tuple[Slot, ...], held: int, new: tuple[Slot, ...]) -> int:
    """Return where in the new order the holder stands, or who takes over if he was removed.

    Taking over: the one after the nearest predecessor who is still there, else the first.
    """
    for back in range(len(old)):
        index = _same_slot(old, (held - back) % len(old), new)
        if index is not None:
            return index if back == 0 else (index + 1) % len(new)
    return 0


def _same_slot(old: tuple[Slot, ...], index: int, new: tuple[Slot, ...]) -> int | None:
    """Return the slot of the new order that continues an old one.

    It shares the most people; of several, the one followed by the same people, then the nearest.
    """
    people = set(old[index])
    candidates = [
        at for at, slot in enumerate(new) if people & set(slot) or (not people and not slot)
    ]
    if not candidates:
        return None
    return max(
        candidates,
        key=lambda at: (
            len(people & set(new[at])) - len(set(new[at]) - people),
            _common_run(old, index, new, at),
            -abs(at - index),
        ),
    )


def _common_run(old: tuple[Slot, ...], index: int, new: tuple[Slot, ...], at: int) -> int:
    """Count how many following slots are the same in both orders."""
    longest = min(len(old), len(new))
    for ahead in range(1, longest):
        if set(old[(index + ahead) % len(old)]) != set(new[(at + ahead) % len(new)]):
            return ahead
    return longest


def _anchored_before(rotation: Rotation, wall: datetime) -> Rotation:
    """Return the same boundaries counted from an anchor at or before `wall`."""
    if rotation.anchor <= wall:
        return rotation
    periods = -(units_between(rotation.anchor, wall, rotation.unit) // rotation.every)
    for extra in range(_PERIODS_TO_ANY_DAY):
        anchor = add(rotation.anchor, rotation.unit, -(periods + extra) * rotation.every)
        if rotation.unit != Unit.MONTH or anchor.day == rotation.anchor.day:
            return replace(rotation, anchor=anchor)
    return rotation


def _serves_later(
    rotation: Rotation, restrictions: tuple[Restriction, ...], shift: int, wall: datetime
) -> bool:
    end = wall_end_of_duty(rotation, shift)
    if wall >= end or not is_active(pattern(rotation, restrictions), shift):
        return False
    return not restrictions or touches_wall(restrictions, wall, end)
