"""Due times beside the escalation: they move with the clock like those of incidents."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Model

from core.actor import Actor
from incidents.domain.shield import AHEAD
from incidents.models import AcknowledgeTimer, Incident, IncidentResponder, Status

log_lines = logging.getLogger("opsknight.clock")

TIMED: tuple[type[Model], ...] = (AcknowledgeTimer, IncidentResponder)


def follow(incident: Incident, now: datetime) -> None:
    """After a move of the life cycle: an acknowledgement is timed where its service wants it.

    Costs nothing where it does not; a timer that is left over is taken away when it is due.
    """
    minutes = incident.service.ack_timeout_minutes
    if not minutes:
        return
    if incident.status != Status.ACKNOWLEDGED:
        AcknowledgeTimer.objects.filter(incident=incident).delete()
        return
    due = {"due_at": now + timedelta(minutes=minutes), "planned_at": now}
    AcknowledgeTimer.objects.update_or_create(incident=incident, defaults=due)


def put_off(incident: Incident, by: Actor, now: datetime) -> None:
    """A person did something: the time to forget it begins anew."""
    minutes = incident.service.ack_timeout_minutes
    if minutes and by.type == "user" and incident.status == Status.ACKNOWLEDGED:
        timer = AcknowledgeTimer.objects.filter(incident=incident)
        timer.update(due_at=now + timedelta(minutes=minutes), planned_at=now)


def shift_timers(old_now: datetime, delta: timedelta, now: datetime) -> int:
    """The wall clock jumped: like `shift_due_times` of the escalation."""
    moved = 0
    for model in TIMED:
        rows: Any = model._default_manager.exclude(due_at=None)
        if delta > timedelta(0):
            rows = rows.filter(planned_at__lt=old_now + delta / 2)
        overdue = rows.filter(due_at__gt=now, due_at__lte=old_now)
        moved += overdue.update(due_at=now, planned_at=now)
        later = rows.filter(due_at__gt=old_now)
        moved += later.update(due_at=F("due_at") + delta, planned_at=F("planned_at") + delta)
    return moved


def take_in_stray_timers(now: datetime) -> int:
    """Timers planned by a clock that is ahead of ours: they run from now instead."""
    taken = 0
    for model in TIMED:
        rows: Any = model._default_manager.filter(planned_at__gt=now + AHEAD, due_at__gt=now)
        for pk, planned, due in rows.values_list("pk", "planned_at", "due_at"):
            unchanged = model._default_manager.filter(pk=pk, planned_at=planned)
            taken += unchanged.update(due_at=now + max(due - planned, timedelta(0)), planned_at=now)
    if taken:
        log_lines.warning("%d timers were set by a clock that was ahead", taken)
    return taken
