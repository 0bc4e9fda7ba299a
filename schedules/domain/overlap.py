"""Layers that have somebody on duty at the same time (D5): which of them answers then."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schedules.domain.layers import turns
from schedules.domain.model import Layer, Schedule, UserId

# Begin, end and the priority that holds then.
Stretch = tuple[datetime, datetime, int]


class Standing(StrEnum):
    """How another layer stands to the one that is asked about."""

    ABOVE = "above"
    BELOW = "below"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another layer that has somebody on duty too, for the first time at `since`."""

    name: str
    priority: int
    standing: Standing
    since: datetime


def overlaps(schedule: Schedule, layer_id: int, start: datetime, end: datetime) -> list[Overlap]:
    """Return the layers that overlap one layer in `[start, end)`, the strongest first.

    Of the layer only the rules without an end count. Disabled people are nobody.
    """
    own = [one for one in schedule.layers if one.id == layer_id and _goes_on(one)]
    others: dict[int, list[Layer]] = {}
    for one in schedule.layers:
        if one.id != layer_id:
            others.setdefault(one.id, []).append(one)
    found: list[Overlap] = []
    for pieces in others.values():
        mine = _stretches(own, schedule.inactive, start, end)
        theirs = _stretches(pieces, schedule.inactive, start, end)
        if meeting := _first_common(mine, theirs):
            since, ours, other = meeting
            found.append(Overlap(pieces[0].name, other, _standing(ours, other), since))
    return sorted(found, key=lambda one: (-one.priority, one.since, one.name))


def _goes_on(layer: Layer) -> bool:
    return any(version.valid_to is None for version in layer.versions)


def _standing(ours: int, other: int) -> Standing:
    if ours == other:
        return Standing.EQUAL
    return Standing.ABOVE if other > ours else Standing.BELOW


def _stretches(
    pieces: Iterable[Layer], inactive: frozenset[UserId], start: datetime, end: datetime
) -> Iterator[Stretch]:
    """Yield in order when a layer, in pieces of different priority, has somebody on duty."""
    return heapq.merge(*(_of_piece(one, inactive, start, end) for one in pieces))


def _of_piece(
    layer: Layer, inactive: frozenset[UserId], start: datetime, end: datetime
) -> Iterator[Stretch]:
    for turn in turns(layer, start, end):
        if not inactive.issuperset(turn.users):
            yield turn.start, turn.end, layer.priority


def _first_common(
    mine: Iterator[Stretch], theirs: Iterator[Stretch]
) -> tuple[datetime, int, int] | None:
    one, other = next(mine, None), next(theirs, None)
    while one and other:
        since = max(one[0], other[0])
        if since < min(one[1], other[1]):
            return since, one[2], other[2]
        if one[1] <= other[1]:
            one = next(mine, None)
        else:
            other = next(theirs, None)
    return None
