"""What every command of incidents shares: the row lock and the timeline entry."""

from datetime import datetime
from typing import Any

from core.actor import Actor
from core.errors import NotFound
from incidents.commands.timers import put_off
from incidents.models import EventType, Incident, IncidentEvent


def lock(incident: Incident, *, to_delete: bool = False) -> Incident:
    """The incident as it is now, locked until the transaction ends. Raises NotFound.

    Against others that change it. Whoever writes rows about it, as publishing does, goes on, unless
    it is `to_delete`: they would wait for each other in a circle.
    """
    rows = Incident.objects.select_for_update(of=("self",), no_key=not to_delete)
    rows = rows.select_related("service")
    found = rows.filter(pk=incident.pk).first()
    if found is None:
        raise NotFound("Incident not found")
    return found


def log(
    incident: Incident,
    type: EventType,
    *,
    by: Actor,
    now: datetime,
    via: str = "",
    details: dict[str, Any] | None = None,
) -> IncidentEvent:
    """One typed timeline entry, in the transaction of the change; a sign of work."""
    put_off(incident, by, now)
    return IncidentEvent.objects.create(
        incident=incident,
        type=type,
        at=now,
        actor_type=by.type,
        actor_id=by.id,
        actor_label=by.label[:200],
        via=via or by.via,
        details=details or {},
    )
