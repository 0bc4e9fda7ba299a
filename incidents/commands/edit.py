"""Changes that are not moves of the life cycle: urgency, priority, text."""

from datetime import datetime
from typing import Any

from django.db import transaction

from core.actor import Actor
from core.errors import ValidationFailed
from escalation.domain.conditions import Case
from incidents.commands.create import DESCRIPTION_LENGTH, TITLE_LENGTH
from incidents.commands.patience import follow_change
from incidents.commands.records import lock, log
from incidents.domain.alert import Urgency, one_line
from incidents.models import BundleMember, BundleState, EventType, Incident, Priority
from notifications import commands as notifications


def change_urgency(incident: Incident, urgency: str, *, by: Actor, now: datetime) -> Incident:
    """Raises ValidationFailed unless HIGH, MEDIUM or LOW. Pages from the next step on follow it.

    What waited for support hours because it was LOW goes on at once; so does a step that was
    skipped because it was not for such an incident, and so do pages that wait for a digest.
    """
    if urgency not in set(Urgency):
        raise ValidationFailed("Urgency is HIGH, MEDIUM or LOW", field="urgency")
    with transaction.atomic():
        incident = lock(incident)
        if incident.urgency == urgency:
            return incident
        details = {"from": incident.urgency, "to": str(urgency)}
        before = Case(incident.urgency, incident.priority)
        incident.urgency = urgency
        _save(incident, now, "urgency", *follow_change(incident, before, by=by, now=now))
        log(incident, EventType.URGENCY_CHANGED, by=by, now=now, details=details)
        if urgency != Urgency.LOW:
            _let_go(incident, now)
    return incident


def _let_go(incident: Incident, now: datetime) -> None:
    members = BundleMember.objects.filter(incident=incident, bundle__state=BundleState.LEFT)
    bundles = members.values_list("bundle", flat=True)
    for kind, ids in (("incident", [incident.pk]), ("bundle", list(bundles))):
        notifications.let_go(kind, ids, incident.urgency, now=now)


def change_priority(
    incident: Incident, priority: str | None, *, by: Actor, now: datetime
) -> Incident:
    if priority is not None and priority not in Priority.values:
        raise ValidationFailed("Priority is P1, P2, P3, P4, P5 or null", field="priority")
    with transaction.atomic():
        incident = lock(incident)
        if incident.priority == priority:
            return incident
        details = {"from": incident.priority, "to": priority}
        before = Case(incident.urgency, incident.priority)
        incident.priority = priority
        _save(incident, now, "priority", *follow_change(incident, before, by=by, now=now))
        log(incident, EventType.PRIORITY_CHANGED, by=by, now=now, details=details)
    return incident


def edit_text(
    incident: Incident,
    *,
    by: Actor,
    now: datetime,
    title: str | None = None,
    description: str | None = None,
) -> Incident:
    if title is not None and not 1 <= len(one_line(title, TITLE_LENGTH + 1)) <= TITLE_LENGTH:
        raise ValidationFailed("Title has 1 to 255 characters", field="title")
    if description is not None and len(description) > DESCRIPTION_LENGTH:
        raise ValidationFailed(
            f"Description is longer than {DESCRIPTION_LENGTH} characters", field="description"
        )
    with transaction.atomic():
        incident = lock(incident)
        before = incident.title
        if title is not None:
            incident.title = one_line(title, TITLE_LENGTH)
        if description is not None:
            incident.description = description
        _save(incident, now, "title", "description")
        if incident.title != before:
            details = {"from": before, "to": incident.title}
            log(incident, EventType.TITLE_CHANGED, by=by, now=now, details=details)
    return incident


def merge_details(incident: Incident, changes: dict[str, Any], *, now: datetime) -> Incident:
    """Shallow merge into the custom details; a null value deletes its key."""
    with transaction.atomic():
        incident = lock(incident)
        merged = {**incident.custom_details, **changes}
        incident.custom_details = {key: value for key, value in merged.items() if value is not None}
        _save(incident, now, "custom_details")
    return incident


def _save(incident: Incident, now: datetime, *fields: str) -> None:
    incident.updated_at = now
    incident.save(update_fields=[*fields, "updated_at"])
