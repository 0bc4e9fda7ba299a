"""From layers and overrides to people (D5): who answers once everything is laid on top."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from schedules.domain.model import Because, Layer, OnCall, Override, OverrideKind, Source, UserId

Answer = tuple[OnCall, ...]


def levels(layers: Iterable[Layer]) -> list[list[Layer]]:
    """Return the layers grouped by priority, the highest first, each group in its own order."""
    ordered = sorted(layers, key=lambda one: (-one.priority, one.position, one.id))
    return [list(group) for _, group in groupby(ordered, key=lambda one: one.priority)]


def in_order(overrides: Iterable[Override]) -> list[Override]:
    """Return overrides in the order in which they apply, whatever order they were stored in."""
    return sorted(overrides, key=rank)


def rank(override: Override) -> tuple[datetime, int, str]:
    return override.created_at, override.id, override.source


def in_force(overrides: Iterable[Override], at: datetime) -> list[Override]:
    """Return the overrides that hold at an instant."""
    return [one for one in overrides if one.start <= at < one.end]


def from_layer(layer: Layer, users: Iterable[UserId]) -> Answer:
    because = Because(Source.LAYER, layer.id, layer.name)
    return tuple(OnCall(user, because) for user in users)


def settle(
    answers: Iterable[Answer], overrides: Sequence[Override], inactive: frozenset[UserId]
) -> Answer:
    """Return who is on call, given what each level says and the overrides in force, in order.

    An empty result is a gap. `answers` is read only as far as needed.
    """
    working = answering_level(answers, overrides, inactive)
    for override in overrides:
        working = _applied(override, working)
    unique: dict[UserId, OnCall] = {}
    for one in working:
        if one.user not in inactive:
            unique.setdefault(one.user, one)
    return tuple(unique.values())


def answering_level(
    answers: Iterable[Answer], overrides: Sequence[Override], inactive: frozenset[UserId]
) -> Answer:
    """Return what the first level says that has, or is given, somebody active."""
    for level in answers:
        if level and (_anybody(level, inactive) or _is_replaced(level, overrides, inactive)):
            return level
    return ()


def _anybody(people: Answer, inactive: frozenset[UserId]) -> bool:
    if not inactive:
        return bool(people)
    return any(one.user not in inactive for one in people)


def _is_replaced(level: Answer, overrides: Sequence[Override], inactive: frozenset[UserId]) -> bool:
    """Say whether replacements bring somebody active into a level that has nobody active."""
    working = level
    for override in overrides:
        if override.kind == OverrideKind.REPLACE:
            working = _applied(override, working)
    return _anybody(working, inactive)


def _applied(override: Override, working: Answer) -> Answer:
    because = Because(override.source, override.id, str(override.kind))
    coming = () if override.incoming is None else (OnCall(override.incoming, because),)
    if override.kind == OverrideKind.COVER_ALL:
        return coming
    if override.kind == OverrideKind.ADD:
        return working + coming
    leaving = override.outgoing
    return tuple(new for one in working for new in (coming if one.user == leaving else (one,)))
