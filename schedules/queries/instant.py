"""Who is on call at one instant, in many schedules at once: the look-up that paging waits for.

The same rules as `rules.read`, read leanly: only versions in force, no row objects, and what the
text of a row means is worked out once for as long as that text stays the same.
"""

import json
import zoneinfo
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, TextField
from django.db.models.functions import Cast

from accounts.models import User, UserStatus
from schedules.domain import model, ranks
from schedules.models import LayerVersion, Override, OverrideSeries
from schedules.queries.changes import expanded, series_between
from schedules.queries.rules import OnCallNow, override_value
from schedules.queries.windows import restriction_value

_UTC = zoneinfo.ZoneInfo("UTC")
_MOMENT = timedelta(seconds=1)


def on_call(
    schedule_ids: Iterable[int], at: datetime, *, rank: int = ranks.FIRST
) -> dict[int, list[OnCallNow]]:
    """Who has a rank in each schedule at `at` (1: on call, 2: the secondary).

    Two queries in all, four while anything is planned over a rotation. An empty list is a gap. An
    archived schedule still answers.
    """
    ids = set(schedule_ids)
    rows = [_Row._make(row) for row in _rows(ids, at)]
    layers, named = _layers_in_force(ids, rows)
    plain = all(not row.planned for row in rows) and all(layers.values())
    overrides = {} if plain else _overrides(ids, at)
    changes = [one for found in overrides.values() for one in found]
    named |= {user for one in changes for user in (one.user, one.replaces) if user}
    people = User.objects.in_bulk(named)
    inactive = named - {pk for pk, user in people.items() if user.status != UserStatus.DISABLED}
    return {
        pk: [
            OnCallNow(people[entry.user], entry.because)
            for entry in ranks.nth(
                model.Schedule(pk, _UTC, tuple(found), tuple(overrides.get(pk, ())), inactive),
                at,
                rank,
            )
        ]
        for pk, found in layers.items()
    }


def _overrides(ids: set[int], at: datetime) -> dict[int, list[model.Override]]:
    """Overrides that hold at `at`, those that come back too."""
    found: dict[int, list[model.Override]] = {}
    rows = Override.objects.filter(cancelled_at=None, start__lte=at, end__gt=at)
    for row in rows.filter(schedule__in=ids):
        found.setdefault(row.schedule_id, []).append(override_value(row))
    for pk, series in series_between(ids, at, at + _MOMENT).items():
        found.setdefault(pk, []).extend(expanded(series, at, at + _MOMENT))
    return found


class _Row(NamedTuple):
    """The columns of a version in force."""

    schedule: int
    layer: int
    name: str
    position: int
    id: int
    priority: int
    valid_from: datetime | None
    time_zone: str
    unit: str
    every: int
    anchor: str
    first_index: int
    phase: str
    shift_length_minutes: int | None
    end: str
    slots_text: str
    restrictions_text: str
    planned: bool


def _layers_in_force(
    ids: set[int], rows: Iterable[_Row]
) -> tuple[dict[int, list[model.Layer]], frozenset[int]]:
    """The layers of each schedule as far as they are in force, and everybody in their slots."""
    layers: dict[int, list[model.Layer]] = {pk: [] for pk in ids}
    named: dict[int, frozenset[int]] = {}
    for row in rows:
        slots, people = _slots(row.slots_text)
        named[id(people)] = people
        layers[row.schedule].append(_layer(row, slots))
    return layers, frozenset().union(*named.values())


def _rows(ids: set[int], at: datetime) -> Iterable[Any]:
    in_force = LayerVersion.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=at),
        Q(valid_to=None) | Q(valid_to__gt=at),
        layer__schedule__in=ids,
    )
    texts = {
        "slots_text": Cast("slots", TextField()),
        "restrictions_text": Cast("restrictions", TextField()),
    }
    schedule = OuterRef("layer__schedule_id")
    holding = Override.objects.filter(cancelled_at=None, start__lte=at, end__gt=at)
    planned = Exists(holding.filter(schedule=schedule)) | Exists(
        OverrideSeries.objects.filter(schedule=schedule)
    )
    renamed = {
        "schedule": F("layer__schedule_id"),
        "name": F("layer__name"),
        "position": F("layer__position"),
    }
    found = in_force.annotate(**texts, **renamed, planned=planned).order_by(
        "layer__position", "layer_id", "id"
    )
    return found.values_list(*_Row._fields)


def _layer(row: _Row, slots: tuple[model.Slot, ...]) -> model.Layer:
    rotation = _rotation(
        row.unit,
        row.every,
        row.anchor,
        row.slots_text,
        row.first_index,
        row.phase,
        row.shift_length_minutes,
    )
    version = model.LayerVersion(
        row.id,
        row.valid_from,
        None,  # it holds at the instant that is asked for
        zoneinfo.ZoneInfo(row.time_zone),
        rotation,
        _restrictions(row.restrictions_text),
        datetime.fromisoformat(row.end) if row.end else None,
    )
    return model.Layer(row.layer, row.name, row.priority, row.position, (version,))


@lru_cache(maxsize=8192)
def _rotation(
    unit: str,
    every: int,
    anchor: str,
    slots_text: str,
    first_index: int,
    phase: str,
    shift_length_minutes: int | None,
) -> model.Rotation:
    return model.Rotation(
        unit=model.Unit(unit),
        every=every,
        anchor=datetime.fromisoformat(anchor),
        slots=_slots(slots_text)[0],
        first_index=first_index,
        phase=model.Phase(phase),
        shift_length_minutes=shift_length_minutes,
    )


@lru_cache(maxsize=8192)
def _slots(text: str) -> tuple[tuple[model.Slot, ...], frozenset[int]]:
    """The slots, and everybody in them."""
    slots = tuple(tuple(slot) for slot in json.loads(text))
    return slots, frozenset(user for slot in slots for user in slot)


@lru_cache(maxsize=8192)
def _restrictions(text: str) -> tuple[model.Restriction, ...]:
    return tuple(restriction_value(item) for item in json.loads(text))
