"""The answer over a period: lay all changes of layers and overrides on one line and walk it."""

from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter

from schedules.domain.layers import turns
from schedules.domain.model import Layer, Override, Schedule
from schedules.domain.stack import Answer, from_layer, in_force, in_order, levels, settle
from schedules.domain.walltime import in_utc

# When, which layer, and what it says from then on; _OVERRIDES where one of them begins or ends.
Change = tuple[datetime, int, Answer]

_OVERRIDES = -1


def answers(
    schedule: Schedule, start: datetime, end: datetime
) -> Iterator[tuple[datetime, Answer]]:
    """Yield each instant of `[start, end)` at which the answer changes, `start` first; UTC."""
    stacked = levels(schedule.layers)
    overrides = [one for one in in_order(schedule.overrides) if one.start < end and one.end > start]
    said: list[Answer] = [()] * len(schedule.layers)
    applied: list[Override] = []
    last: Answer | None = None
    changes = _changes(stacked, overrides, start, end)
    for following, (at, part, value) in enumerate(changes, start=1):
        if part == _OVERRIDES:
            applied = in_force(overrides, at)
        else:
            said[part] = value
        if following < len(changes) and changes[following][0] == at:
            continue
        answer = settle(_by_level(stacked, said), applied, schedule.inactive)
        if answer != last:
            last = answer
            yield at, answer


def instants(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield each instant of `[start, end)` at which any turn or override begins or ends."""
    overrides = [one for one in schedule.overrides if one.start < end and one.end > start]
    last: datetime | None = None
    for at, _, _ in _changes(levels(schedule.layers), overrides, start, end):
        if at != last:
            last = at
            yield at


def _changes(
    stacked: list[list[Layer]], overrides: list[Override], start: datetime, end: datetime
) -> list[Change]:
    """Return all changes in `[start, end)` in order, each layer's own in theirs."""
    found: list[Change] = [(start, _OVERRIDES, ())]
    for override in overrides:
        begins, ends = in_utc(override.start), in_utc(override.end)
        found += [(max(start, begins), _OVERRIDES, ()), (ends, _OVERRIDES, ())]
    layers = [layer for level in stacked for layer in level]
    for part, layer in enumerate(layers):
        people = {}
        for opens, closes, users in turns(layer, start, end):
            if users not in people:
                people[users] = from_layer(layer, users)
            found += [(opens, part, people[users]), (closes, part, ())]
    return sorted((one for one in found if one[0] < end), key=itemgetter(0))


def _by_level(stacked: list[list[Layer]], said: list[Answer]) -> Iterator[Answer]:
    first = 0
    for level in stacked:
        following = first + len(level)
        if len(level) == 1:
            yield said[first]
        else:
            yield tuple(one for answer in said[first:following] for one in answer)
        first = following
