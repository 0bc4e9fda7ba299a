"""A whole schedule at once: as the presets make it, all layers or nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Team
from core.actor import Actor
from schedules.commands.editing import create_schedule
from schedules.commands.layers import add_layer
from schedules.commands.ownership import give_schedule
from schedules.commands.rules import LayerSpec
from schedules.models import Schedule


def create_rota(
    *,
    name: str,
    owner: Team | None = None,
    time_zone: str,
    layers: Sequence[tuple[str, LayerSpec]],
    by: Actor,
    now: datetime,
    effective_from: datetime,
) -> Schedule:
    """A schedule with layers that hold from `effective_from`; raises what its two verbs raise."""
    with transaction.atomic():
        schedule = create_schedule(name=name, time_zone=time_zone, by=by, now=now)
        give_schedule(schedule, owner, by=by, now=now)
        for title, spec in layers:
            add_layer(schedule, spec, name=title, by=by, now=now, effective_from=effective_from)
    return schedule
