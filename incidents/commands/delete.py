"""Taking an incident away for good."""

from datetime import datetime

from django.db import transaction

from audit import commands as audit
from core.actor import Actor
from incidents.commands.records import lock
from incidents.commands.sla import hold_clocks
from incidents.domain.marks import SUBJECTS
from incidents.models import Incident
from notifications import commands as notifications


def delete(incident: Incident, *, by: Actor, now: datetime) -> None:
    """Gone with its alerts, timeline and notes; nobody is paged about it any more.

    The audit log keeps that it was there, how it stood and who took it away. Raises NotFound.
    """
    with transaction.atomic():
        # In the order of what publishes: entries, clocks, the incident itself. So nobody waits in
        # a circle.
        list(incident.events.order_by("id").select_for_update().values_list("pk", flat=True))
        hold_clocks([incident.pk])  # they go with it, and are locked before incidents everywhere
        incident = lock(incident, to_delete=True)
        for kind in sorted(SUBJECTS):
            notifications.cancel(kind, [incident.pk], "the incident was deleted", now=now)
        audit.record(
            "incident.deleted",
            by=by,
            now=now,
            target_type="incident",
            target_id=incident.public_id,
            target_label=str(incident),
            changes={"status": incident.status, "service": incident.service.name},
        )
        incident.delete()
