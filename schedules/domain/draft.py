"""A schedule as it would be with a change that nobody has saved yet."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from schedules.domain.model import Layer, LayerVersion, Schedule
from schedules.domain.walltime import in_utc

# The layer of a draft has no row yet.
NEW = 0


def with_layer(
    schedule: Schedule, version: LayerVersion, *, name: str, priority: int, position: int
) -> Schedule:
    """Return the schedule with one more layer, which goes by the id NEW."""
    added = Layer(NEW, name, priority, position, (version,))
    return replace(schedule, layers=(*schedule.layers, added))


def with_edit(
    schedule: Schedule, old_id: int, versions: tuple[LayerVersion, LayerVersion], *, priority: int
) -> Schedule:
    """Return the schedule after an edit: `versions` are the closed old and the opened new one.

    A new priority holds for the new version only. Raises ValueError if no version goes by `old_id`.
    """
    closed, opened = versions
    found: list[Layer] = []
    for layer in schedule.layers:
        if all(one.id != old_id for one in layer.versions):
            found.append(layer)
            continue
        kept = tuple(closed if one.id == old_id else one for one in layer.versions)
        found.append(replace(layer, versions=kept))
        found.append(replace(layer, priority=priority, versions=(opened,)))
    if len(found) == len(schedule.layers):
        raise ValueError("the schedule has no such version")
    return replace(schedule, layers=tuple(found))


def without_layer(schedule: Schedule, layer_id: int, at: datetime) -> Schedule:
    """Return the schedule with a layer that ends at `at`; what it said before stays."""
    return replace(schedule, layers=tuple(_ended(schedule.layers, layer_id, in_utc(at))))


def _ended(layers: Iterable[Layer], layer_id: int, at: datetime) -> Iterable[Layer]:
    for layer in layers:
        if layer.id != layer_id:
            yield layer
            continue
        versions = tuple(
            replace(one, valid_to=at) if one.valid_to is None or one.valid_to > at else one
            for one in layer.versions
        )
        yield replace(layer, versions=versions)
