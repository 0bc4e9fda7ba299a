"""PATCH of an incident: which command each named field means."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Team, User
from core.actor import Actor
from core.errors import ValidationFailed
from incidents import commands
from incidents.domain.lifecycle import Status
from incidents.models import Incident

# Fields that mean something only together with a certain status.
NEEDS_STATUS = {"snoozeDuration": Status.SNOOZED, "resolutionNote": Status.RESOLVED}


def person(public_id: str | None) -> User | None:
    """Raises ValidationFailed for an unknown or disabled person."""
    if public_id is None:
        return None
    user = User.objects.pageable().filter(public_id=public_id).first()
    if user is None:
        raise ValidationFailed("There is no such person", field="assigneeId")
    return user


def team(public_id: str | None) -> Team | None:
    """Raises ValidationFailed for an unknown team."""
    if public_id is None:
        return None
    row = Team.objects.filter(public_id=public_id).first()
    if row is None:
        raise ValidationFailed("There is no such team", field="assignedTeamId")
    return row


def apply(incident: Incident, body: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """All of it or nothing."""
    if body.get("assigneeId") and body.get("assignedTeamId"):
        raise ValidationFailed("Assign a person or a team, not both", field="assignedTeamId")
    _refuse_what_has_no_effect(body)
    with transaction.atomic():
        if "title" in body or "description" in body:
            commands.edit_text(
                incident,
                by=by,
                now=now,
                title=body.get("title"),
                description=body.get("description"),
            )
        if "urgency" in body:
            commands.change_urgency(incident, body["urgency"], by=by, now=now)
        if "priority" in body:
            commands.change_priority(incident, body["priority"], by=by, now=now)
        if "customDetails" in body:
            commands.merge_details(incident, body["customDetails"], now=now)
        if {"assigneeId", "assignedTeamId", "restartEscalation"} & set(body):
            _assign(incident, body, by=by, now=now)
        if "status" in body:
            _move(incident, body, by=by, now=now)


def _refuse_what_has_no_effect(body: dict[str, Any]) -> None:
    """Who sends a duration and is told 200 believes that it sleeps. Raises ValidationFailed."""
    for name, status in NEEDS_STATUS.items():
        if name in body and body.get("status") != status:
            remedy = f"{name} has an effect only together with “status”: “{status}”"
            raise ValidationFailed(remedy, field=name, reason="status_missing")


def _assign(incident: Incident, body: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Naming one takes the other away; a null takes away only what it names."""
    user, owners = incident.assignee, incident.assigned_team
    if "assigneeId" in body:
        user = person(body["assigneeId"])
        owners = None if user else owners
    if "assignedTeamId" in body:
        owners = team(body["assignedTeamId"])
        user = None if owners else user
    restart = body.get("restartEscalation", False)
    commands.assign(incident, by=by, now=now, user=user, team=owners, restart=restart)


def _move(incident: Incident, body: dict[str, Any], *, by: Actor, now: datetime) -> None:
    minutes = body.get("snoozeDuration")
    until = now + timedelta(minutes=minutes) if minutes else None
    commands.move(
        incident,
        Status(body["status"]),
        by=by,
        now=now,
        until=until,
        note=body.get("resolutionNote", ""),
    )
