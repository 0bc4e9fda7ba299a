"""What a change of a layer would mean, worked out by the rules of the real one; nothing is written.

`tests/schedules/test_previews.py` holds the two together: who was foretold is who is on call.
"""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from schedules import queries
from schedules.commands import rules
from schedules.commands.rules import LayerSpec
from schedules.domain import draft, edit, model, preview
from schedules.domain.effort import look_until
from schedules.domain.overlap import Overlap, overlaps
from schedules.domain.preview import Preview
from schedules.models import Layer, LayerVersion, Schedule
from schedules.queries import Rules


@dataclass(frozen=True, slots=True)
class Outcome:
    """The year after a change, or less (domain.effort).

    `twice`: who is named by two layers of one priority, and since when. `overlaps`: layers that
    have somebody on duty when the new or edited one has.
    """

    preview: Preview
    after: model.Schedule
    people: dict[int, User]
    twice: dict[int, datetime]
    overlaps: list[Overlap]


def preview_layer(
    schedule: Schedule,
    spec: LayerSpec,
    *,
    now: datetime,
    layer: Layer | None = None,
    name: str = "",
    effective_from: datetime | None = None,
    restart: bool = False,
) -> Outcome:
    """A new layer, or with `layer` an edit of it. Raises ValidationFailed as the commands do."""
    start = effective_from or now
    rules.check_year(start, "effectiveFrom")
    old = _open_version(layer) if layer else None
    staying = {user for slot in old.slots for user in slot} if old else set()
    rules.check(spec, staying=staying)
    read = queries.read([schedule.pk], start=start, end=start + preview.HORIZON)
    before = read.values[schedule.pk]
    if old is not None:
        row = rules.row_of(old.layer, spec, schedule.time_zone)
        versions = rules.divided(old, row, start, restart=restart)
        after = draft.with_edit(before, old.pk, versions, priority=spec.priority)
    else:
        after = _with_new(before, spec, schedule, effective_from, name)
    pk = layer.pk if old is not None and layer else draft.NEW
    return _outcome(before, after, start, read, spec.people, pk)


def preview_removal(layer: Layer, *, now: datetime) -> Outcome:
    """The layer ends now."""
    pk = layer.schedule_id
    read = queries.read([pk], start=now, end=now + preview.HORIZON)
    before = read.values[pk]
    return _outcome(before, draft.without_layer(before, layer.pk, now), now, read, set())


def preview_rota(
    *,
    time_zone: str,
    layers: Sequence[tuple[str, LayerSpec]],
    now: datetime,
    effective_from: datetime,
) -> Outcome:
    """A schedule that is not there yet. Raises ValidationFailed as `create_rota` does."""
    rules.check_zone(time_zone)
    rules.check_year(effective_from, "effectiveFrom")
    schedule = Schedule(time_zone=time_zone)
    before = after = model.Schedule(0, zoneinfo.ZoneInfo(time_zone), ())
    for name, spec in layers:
        rules.check(spec)
        after = _with_new(after, spec, schedule, effective_from, name)
    named = {user for _, spec in layers for user in spec.people}
    start = max(now, effective_from)
    return _outcome(before, after, start, Rules({}, {}, {}, {}, {}), named)


def preview_zone(schedule: Schedule, time_zone: str, *, now: datetime) -> Outcome:
    """The schedule moves to other clocks now. Raises ValidationFailed for an unknown zone."""
    rules.check_zone(time_zone)
    zone = zoneinfo.ZoneInfo(time_zone)
    read = queries.read([schedule.pk], start=now, end=now + preview.HORIZON)
    before = after = read.values[schedule.pk]
    for row in read.versions[schedule.pk]:
        if row.valid_to is None and not row.own_zone:
            moved = edit.relocated(queries.version_value(row), zone, now)
            after = draft.with_edit(after, row.pk, moved, priority=row.priority)
    return _outcome(before, after, now, read, set())


def _open_version(layer: Layer) -> LayerVersion | None:
    return layer.versions.filter(valid_to=None).select_related("layer").first()


def _with_new(
    before: model.Schedule,
    spec: LayerSpec,
    schedule: Schedule,
    effective_from: datetime | None,
    name: str,
) -> model.Schedule:
    row: LayerVersion = rules.row_of(Layer(), spec, schedule.time_zone)
    row.valid_from = effective_from
    last = max((one.position for one in before.layers), default=-1)
    return draft.with_layer(
        before,
        queries.version_value(row),
        name=name or "the new layer",
        priority=spec.priority,
        position=last + 1,
    )


def _outcome(
    before: model.Schedule,
    after: model.Schedule,
    start: datetime,
    read: Rules,
    named: set[int],
    layer_id: int | None = None,
) -> Outcome:
    end = min(look_until(before, start), look_until(after, start))
    coming = named - read.people.keys()
    people = read.people | (User.objects.in_bulk(coming) if coming else {})
    found = preview.compare(before, after, start, end)
    others = [] if layer_id is None else overlaps(after, layer_id, start, end)
    return Outcome(found, after, people, preview.twice_named(after, start, end), others)
