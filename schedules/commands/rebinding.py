"""When rules of a layer are edited, covers and swaps follow the shifts that they are about.

Called in the transaction of the edit. The person who took the third of your coming shifts has the
third of them afterwards as well; what has no shift any more is cancelled, and both are told.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from core.actor import Actor
from schedules import queries
from schedules.commands import cover_news, override_news
from schedules.domain import identity
from schedules.domain.identity import Shift
from schedules.models import (
    CoverRequest,
    CoverState,
    Layer,
    LayerVersion,
    Override,
    ShiftBinding,
)


def rebind(old_id: int, new: LayerVersion, *, by: Actor, now: datetime) -> None:
    """Moves what is bound to version `old_id`, which was just closed, to the version after it."""
    old = LayerVersion.objects.get(pk=old_id)
    cut = max(old.valid_to or now, now)
    bindings = _bound(old_id, cut)
    roots = {binding.pk: _root(binding, bindings) for binding in bindings}
    for binding in bindings:
        target = _target(old, new, roots[binding.pk], binding.shift_index, cut)
        _move(binding, new, target, cut, by, now)
    for row in _asked_about(old_id, cut):
        _move_request(row, old, new, cut, by, now)


def unbind(layer: Layer, *, by: Actor, now: datetime) -> None:
    """The layer has ended: covers of its coming shifts are cancelled."""
    for version in layer.versions.values_list("pk", flat=True):
        for binding in _bound(version, now):
            _move(binding, None, None, now, by, now)
        for row in _asked_about(version, now):
            _end_request(row, by, now)


def _bound(version_id: int, cut: datetime) -> list[ShiftBinding]:
    rows = ShiftBinding.objects.select_related(
        "override__schedule", "override__user", "override__replaces"
    ).filter(layer_version=version_id, override__cancelled_at=None, override__end__gt=cut)
    return list(rows.order_by("override__created_at", "override_id"))


def _root(binding: ShiftBinding, bindings: Iterable[ShiftBinding]) -> int:
    """Who holds the shift by the rotation: the one replaced, or whom that one had replaced."""
    leaves = binding.override.replaces_id or 0
    same = {
        one.override.user_id: one.override.replaces_id or 0
        for one in bindings
        if one.shift_index == binding.shift_index and one.override_id < binding.override_id
    }
    while leaves in same:
        leaves = same.pop(leaves)
    return leaves


def _target(
    old: LayerVersion, new: LayerVersion, user: int, index: int, cut: datetime
) -> Shift | None:
    values = queries.version_value(old), queries.version_value(new)
    return identity.moved(*values, user, index, cut)


def _move(
    binding: ShiftBinding,
    new: LayerVersion | None,
    target: Shift | None,
    cut: datetime,
    by: Actor,
    now: datetime,
) -> None:
    row = binding.override
    running = row.start < cut
    if target is None or new is None:
        if not running:
            _cancel(row, by, now)
        return
    start, end = (row.start if running else target.start), target.end
    binding.layer_version, binding.shift_index = new, target.index
    binding.save(update_fields=["layer_version", "shift_index"])
    if (row.start, row.end) != (start, end):
        row.start, row.end = start, end
        row.save(update_fields=["start", "end"])
        override_news.moved(row, by=by, now=now)


def _cancel(row: Override, by: Actor, now: datetime) -> None:
    row.cancelled_at = now
    row.save(update_fields=["cancelled_at"])
    override_news.gone(row, by=by, now=now)


def _asked_about(version_id: int, cut: datetime) -> list[CoverRequest]:
    rows = queries.cover_requests().filter(
        state__in=[CoverState.OPEN, CoverState.TAKEN], expires_at__gt=cut
    )
    either = Q(layer_version=version_id) | Q(return_layer_version=version_id)
    return list(rows.filter(either).order_by("id"))


def _move_request(
    row: CoverRequest,
    old: LayerVersion,
    new: LayerVersion,
    cut: datetime,
    by: Actor,
    now: datetime,
) -> None:
    """One that waits moves with its shifts; one that was taken shows where they went."""
    before = (row.start, row.end, row.return_start, row.return_end)
    if row.layer_version_id == old.pk and row.shift_index is not None:
        found = _target(old, new, row.requester_id, row.shift_index, cut)
        if found is None:
            return _end_request(row, by, now)
        row.layer_version, row.shift_index = new, found.index
        row.start, row.end = found.start, found.end
    if row.return_layer_version_id == old.pk and row.return_shift_index is not None:
        found = _target(old, new, row.asked_id or 0, row.return_shift_index, cut)
        if found is None:
            return _end_request(row, by, now)
        row.return_layer_version, row.return_shift_index = new, found.index
        row.return_start, row.return_end = found.start, found.end
    row.expires_at = min(row.start, row.return_start or row.start)
    row.save()
    after = (row.start, row.end, row.return_start, row.return_end)
    if row.state == CoverState.OPEN and after != before:
        cover_news.moved(row, by=by, now=now)
    return None


def _end_request(row: CoverRequest, by: Actor, now: datetime) -> None:
    if row.state != CoverState.OPEN:
        return
    row.state, row.decided_at = CoverState.WITHDRAWN, now
    row.save(update_fields=["state", "decided_at"])
    cover_news.gone(row, by=by, now=now)
