"""Opens an incident by hand: from the form or the Incidents API."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Team, User
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
from escalation import queries as escalation
from escalation.domain import engine
from incidents.commands.records import log
from incidents.domain.alert import KEY_LENGTH, Urgency, one_line
from incidents.models import ACTIVE, EventType, Incident
from services.models import Service

TITLE_LENGTH = 255
DESCRIPTION_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What the person or machine gave; see "Create Incident" of the Incidents API."""

    title: str
    service: Service
    description: str = ""
    urgency: str = Urgency.LOW
    priority: str | None = None
    assignee: User | None = None
    team: Team | None = None
    dedup_key: str | None = None
    custom_details: dict[str, Any] = field(default_factory=dict)
    links: list[dict[str, str]] = field(default_factory=list)
    suppress_notifications: bool = False


def create(draft: Draft, *, by: Actor, now: datetime) -> tuple[Incident, bool]:
    """The incident and whether it is new: an active one with the same dedup key is returned.

    With `suppress_notifications` the first step is recorded but sends nothing; later steps page.
    """
    _check(draft)
    existing = _active_twin(draft)
    if existing:
        return existing, False
    try:
        with transaction.atomic():
            return _insert(draft, by=by, now=now), True
    except IntegrityError:
        twin = _active_twin(draft)  # somebody was faster with the same key
        if twin is None:
            raise
        return twin, False


def _check(draft: Draft) -> None:
    title = one_line(draft.title, TITLE_LENGTH + 1)
    if not title:
        raise ValidationFailed("Title is required", field="title", reason="required")
    if len(title) > TITLE_LENGTH:
        raise ValidationFailed("Title is longer than 255 characters", field="title", reason="max")
    if len(draft.description) > DESCRIPTION_LENGTH:
        raise ValidationFailed(
            f"Description is longer than {DESCRIPTION_LENGTH} characters", field="description"
        )
    if draft.dedup_key is not None and len(draft.dedup_key) > KEY_LENGTH:
        raise ValidationFailed("dedupKey is longer than 200 characters", field="dedupKey")
    if draft.assignee and draft.team:
        raise ValidationFailed("Assign a person or a team, not both", field="assignedTeamId")
    if draft.service.archived_at:
        raise NotFound("Service not found", field="serviceId")


def _active_twin(draft: Draft) -> Incident | None:
    if not draft.dedup_key:
        return None
    rows = Incident.objects.filter(service=draft.service, dedup_key=draft.dedup_key)
    return rows.filter(status__in=ACTIVE).first()


def _insert(draft: Draft, *, by: Actor, now: datetime) -> Incident:
    policy = draft.service.policy
    version = policy.current if policy else None
    plan = escalation.plan_of(version) if version else engine.Plan(steps=())
    incident = Incident.objects.create(
        service=draft.service,
        title=one_line(draft.title, TITLE_LENGTH),
        description=draft.description,
        urgency=draft.urgency,
        priority=draft.priority,
        assignee=draft.assignee,
        assigned_team=draft.team,
        dedup_key=draft.dedup_key or None,
        source=by.via,
        custom_details=draft.custom_details,
        links=draft.links,
        policy_version=version,
        escalate_at=engine.begin(plan, now).due,
        quiet_start=draft.suppress_notifications,
        last_status_change=now,
        created_at=now,
        updated_at=now,
    )
    details = {"message": f"Opened by {by.label}", "source": by.via}
    log(incident, EventType.CREATED, by=by, now=now, details=details)
    return incident
