"""Who stands behind whoever is on call: the n-th in the rotation of the answering layer. Pure.

Rank 1 is who is on call. Rank 2 (the secondary) is the next place of the rotation that answers,
rank 3 the one after it, once round. Skipped are disabled people, whoever has an earlier rank, and
whoever an override takes off call at that instant: somebody who gave the pager away is not asked
again by the back door. Where several rotations answer together, each has its own next. Where it is
only the turn of disabled people nobody is on call, but the next in that rotation still is the next.
"""

from collections.abc import Iterator
from datetime import datetime

from schedules.domain import resolver
from schedules.domain.layers import Place, place_at
from schedules.domain.model import Layer, OnCall, Schedule, Slot, Span, UserId, users_of
from schedules.domain.stack import (
    Answer,
    answering_level,
    from_layer,
    in_force,
    in_order,
    levels,
)
from schedules.domain.sweep import instants
from schedules.domain.walltime import in_utc

FIRST = 1
Waiting = tuple[Layer, Iterator[Slot]]


def nth(schedule: Schedule, at: datetime, rank: int) -> tuple[OnCall, ...]:
    """Return who has a rank at an instant; empty when the rotation has no such person.

    Raises ValueError for a rank below 1.
    """
    if rank < FIRST:
        raise ValueError("ranks count from 1")
    at = in_utc(at)
    first = resolver.on_call(schedule, at)
    if rank == FIRST:
        return first
    places = _answering(schedule, at)
    taken = set(schedule.inactive) | set(users_of(first))
    taken.update(user for _, place in places for user in place.users)
    waiting = [(layer, place.after()) for layer, place in places]
    found: Answer = ()
    for _ in range(rank - FIRST):
        found = _following(waiting, taken)
    return found


def spans(schedule: Schedule, start: datetime, end: datetime, rank: int) -> list[Span]:
    """Return who has a rank over `[start, end)`, without seams; an empty one has nobody.

    Between two changes of layers or overrides nothing moves, so the answer is exact.
    """
    if rank == FIRST:
        return resolver.spans(schedule, start, end)
    found: list[Span] = []
    changes = list(instants(schedule, in_utc(start), in_utc(end)))
    for at, until in zip(changes, [*changes[1:], in_utc(end)], strict=True):
        people = nth(schedule, at, rank)
        if found and found[-1].on_call == people:
            found[-1] = Span(found[-1].start, until, people)
        else:
            found.append(Span(at, until, people))
    return found


def _answering(schedule: Schedule, at: datetime) -> list[tuple[Layer, Place]]:
    """The layers that answer together at an instant, with whose turn it is in each."""
    by_level = [
        [(layer, place) for layer in level if (place := place_at(layer, at)) and place.users]
        for level in levels(schedule.layers)
    ]
    said = [
        tuple(one for layer, place in level for one in from_layer(layer, place.users))
        for level in by_level
    ]
    overrides = in_order(in_force(schedule.overrides, at))
    chosen = answering_level(said, overrides, schedule.inactive)
    if chosen:
        return by_level[said.index(chosen)]
    return next(filter(None, by_level), [])


def _following(waiting: list[Waiting], taken: set[UserId]) -> Answer:
    """The next place of each rotation that has somebody who is not taken; they are then."""
    found: Answer = ()
    for layer, slots in waiting:
        for slot in slots:
            if people := [user for user in slot if user not in taken]:
                taken.update(people)
                found += from_layer(layer, people)
                break
    return found
