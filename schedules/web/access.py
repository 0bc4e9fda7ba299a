"""Who may see and change which schedule: look-up is authorisation."""

from typing import Any

from django.http import Http404, HttpRequest

from accounts.domain.roles import Ability, may
from accounts.models import Role
from core import clock
from core.web import role_required
from schedules import queries
from schedules.models import Layer, LayerVersion, Override, Schedule

editors_only = role_required(*(role for role in Role.values if may(role, Ability.EDIT_SCHEDULE)))


def schedule_of(request: HttpRequest, public_id: str) -> Schedule:
    """A live schedule that the person may see. Raises Http404."""
    user: Any = request.user
    return _one(queries.visible_to(user, clock.now()).filter(public_id=public_id))


def layer_of(schedule: Schedule, public_id: str) -> Layer:
    """A layer that still counts. Raises Http404."""
    return _one(schedule.layers.filter(public_id=public_id, removed_at=None))


def version_of(schedule: Schedule, layer_id: str, *, removed: bool = False) -> LayerVersion:
    """The rules that the next edit replaces; with `removed` also the last ones of a removed layer.

    Raises Http404.
    """
    rows = LayerVersion.objects.filter(layer__schedule=schedule, layer__public_id=layer_id)
    rows = rows if removed else rows.filter(layer__removed_at=None, valid_to=None)
    return _one(rows.select_related("layer").order_by("-id"))


def override_of(schedule: Schedule, public_id: str) -> Override:
    """An override that nobody took back. Raises Http404."""
    rows = schedule.overrides.select_related("user", "replaces", "schedule")
    return _one(rows.filter(public_id=public_id, cancelled_at=None))


def may_edit(request: HttpRequest) -> bool:
    user: Any = request.user
    return may(user.role, Ability.EDIT_SCHEDULE)


def _one(rows: Any) -> Any:
    found = rows.first()
    if found is None:
        raise Http404
    return found
