"""Shapes of incidents, as the Incidents API documents them."""
# ruff: noqa: N815  the API speaks camelCase

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from core.actor import SYSTEM
from core.api_time import iso
from incidents import queries
from incidents.commands.create import DESCRIPTION_LENGTH, TITLE_LENGTH
from incidents.commands.notes import MAX_NOTE
from incidents.domain.alert import KEY_LENGTH, Urgency
from incidents.domain.lifecycle import Status
from incidents.domain.sla import Clock, Word
from incidents.models import (
    EventType,
    HoursWait,
    Incident,
    IncidentEvent,
    Mention,
    Note,
    Priority,
    SlaClock,
)
from incidents.models.sla import present

URGENCIES = [member.value for member in Urgency]
STATUSES = [member.value for member in Status]
MAX_LINKS = 100
PERSON = "user"
MAX_SNOOZE_MINUTES = 30 * 24 * 60


class LinkShape(serializers.Serializer):
    """A link; only http and https."""

    href = serializers.RegexField(r"^https?://\S+$", max_length=2000)
    text = serializers.CharField(max_length=200, default="", allow_blank=True)


class IncidentIn(serializers.Serializer):
    """Body of POST /api/incidents."""

    title = serializers.CharField(max_length=TITLE_LENGTH)
    description = serializers.CharField(max_length=DESCRIPTION_LENGTH, default="", allow_blank=True)
    serviceId = serializers.CharField(max_length=40)
    urgency = serializers.ChoiceField(URGENCIES, default=Urgency.LOW.value)
    priority = serializers.ChoiceField(Priority.choices, required=False, allow_null=True)
    assigneeId = serializers.CharField(max_length=40, required=False, allow_null=True)
    assignedTeamId = serializers.CharField(max_length=40, required=False, allow_null=True)
    dedupKey = serializers.CharField(max_length=KEY_LENGTH, required=False, allow_null=True)
    customDetails = serializers.DictField(default=dict)
    links = LinkShape(many=True, required=False, max_length=MAX_LINKS)
    suppressNotifications = serializers.BooleanField(default=False)


class IncidentChange(serializers.Serializer):
    """Body of PATCH /api/incidents/:id."""

    status = serializers.ChoiceField(STATUSES, required=False)
    snoozeDuration = serializers.IntegerField(
        min_value=1, max_value=MAX_SNOOZE_MINUTES, required=False, help_text="Minutes"
    )
    resolutionNote = serializers.CharField(max_length=MAX_NOTE, required=False, allow_blank=True)
    urgency = serializers.ChoiceField(URGENCIES, required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False, allow_null=True)
    assigneeId = serializers.CharField(max_length=40, required=False, allow_null=True)
    assignedTeamId = serializers.CharField(max_length=40, required=False, allow_null=True)
    restartEscalation = serializers.BooleanField(
        required=False, help_text="Open again, and paged from step 1, the owner first"
    )
    title = serializers.CharField(max_length=TITLE_LENGTH, required=False)
    description = serializers.CharField(
        max_length=DESCRIPTION_LENGTH, required=False, allow_blank=True
    )
    customDetails = serializers.DictField(required=False)


class EscalateIn(serializers.Serializer):
    """Body of POST /api/incidents/:id/escalate."""

    mark = serializers.CharField(
        max_length=40,
        default="",
        allow_blank=True,
        help_text="`escalationMark` of the incident as you saw it: when it has moved since, 409",
    )


class NoteIn(serializers.Serializer):
    """Body of POST /api/incidents/:id/notes."""

    content = serializers.CharField(max_length=MAX_NOTE)
    isInternal = serializers.BooleanField(default=False)


class ClockOut(serializers.Serializer):
    """One clock of the service level. `dueAt` is null while it is paused."""

    state = serializers.ChoiceField([word.value for word in Word])
    targetMinutes = serializers.IntegerField()
    startedAt = serializers.DateTimeField()
    dueAt = serializers.DateTimeField(allow_null=True)
    remainingSeconds = serializers.IntegerField(
        allow_null=True, help_text="What is left while it stands still; else count from dueAt"
    )
    resumesAt = serializers.DateTimeField(
        allow_null=True, help_text="When support hours begin again"
    )
    warnedAt = serializers.DateTimeField(allow_null=True)
    breachedAt = serializers.DateTimeField(allow_null=True)
    metAt = serializers.DateTimeField(allow_null=True)
    pauses = serializers.ListField(child=serializers.DictField())


class SlaOut(serializers.Serializer):
    """The present clocks; null where nothing is promised."""

    acknowledge = ClockOut(allow_null=True)
    resolve = ClockOut(allow_null=True)


class IncidentOut(serializers.Serializer):
    """An incident in a list."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    description = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    urgency = serializers.ChoiceField(URGENCIES)
    priority = serializers.ChoiceField(Priority.choices, allow_null=True)
    service = serializers.DictField()
    assignee = serializers.DictField(allow_null=True)
    createdAt = serializers.DateTimeField()
    acknowledgedAt = serializers.DateTimeField(allow_null=True)
    resolvedAt = serializers.DateTimeField(allow_null=True)
    dedupKey = serializers.CharField(allow_null=True)
    sla = SlaOut()


class IncidentDetailOut(IncidentOut):
    """One incident with everything that hangs on it."""

    assignedTeam = serializers.DictField(allow_null=True)
    source = serializers.CharField()
    integration = serializers.DictField(allow_null=True)
    snoozedUntil = serializers.DateTimeField(allow_null=True)
    lastStatusChange = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    escalationPolicy = serializers.DictField(allow_null=True)
    escalationStatus = serializers.CharField()
    currentEscalationStep = serializers.IntegerField(allow_null=True)
    nextEscalationAt = serializers.DateTimeField(allow_null=True)
    waitsForSupportHours = serializers.BooleanField()
    escalationMark = serializers.CharField(allow_null=True)
    acknowledgementEndsAt = serializers.DateTimeField(allow_null=True)
    customDetails = serializers.DictField()
    timeline = serializers.ListField()
    notes = serializers.ListField()
    links = LinkShape(many=True)
    relatedIncidents = serializers.ListField()


class ChangedOut(serializers.Serializer):
    """The answer to PATCH."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    status = serializers.ChoiceField(STATUSES)
    urgency = serializers.ChoiceField(URGENCIES)
    priority = serializers.ChoiceField(Priority.choices, allow_null=True)
    assignee = serializers.DictField(allow_null=True)
    assignedTeam = serializers.DictField(allow_null=True)
    updatedAt = serializers.DateTimeField()


class EscalationOut(serializers.Serializer):
    """Where the escalation of an incident stands."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    status = serializers.ChoiceField(STATUSES)
    escalationStatus = serializers.CharField()
    currentEscalationStep = serializers.IntegerField(allow_null=True)
    nextEscalationAt = serializers.DateTimeField(allow_null=True)
    waitsForSupportHours = serializers.BooleanField()
    escalationMark = serializers.CharField(allow_null=True)


class MentionOut(serializers.Serializer):
    """Whom a note calls. `type` is person or team."""

    type = serializers.ChoiceField(["person", "team"])
    id = serializers.CharField()
    name = serializers.CharField()


class NoteOut(serializers.Serializer):
    """A note. `unknownMentions`, once it is written: names behind an @ that nobody has."""

    id = serializers.CharField()
    content = serializers.CharField()
    author = serializers.DictField()
    createdAt = serializers.DateTimeField()
    isInternal = serializers.BooleanField()
    mentions = MentionOut(many=True, required=False)
    unknownMentions = serializers.ListField(child=serializers.CharField(), required=False)


class EventOut(serializers.Serializer):
    """An entry of the timeline."""

    id = serializers.CharField()
    type = serializers.ChoiceField(EventType.choices)
    timestamp = serializers.DateTimeField()
    actor = serializers.DictField()
    details = serializers.DictField()


class TimelineOut(serializers.Serializer):
    timeline = EventOut(many=True)


def person(user: Any) -> dict[str, str] | None:
    return {"id": user.public_id, "name": user.name, "email": user.email} if user else None


def named(row: Any) -> dict[str, str] | None:
    return {"id": row.public_id, "name": row.name} if row else None


def incident_json(incident: Incident) -> dict[str, Any]:
    """The shape of a list."""
    return {
        "id": incident.public_id,
        "number": incident.pk,
        "title": incident.title,
        "description": incident.description,
        "status": incident.status,
        "urgency": incident.urgency,
        "priority": incident.priority,
        "service": named(incident.service),
        "assignee": person(incident.assignee),
        "createdAt": iso(incident.created_at),
        "acknowledgedAt": iso(incident.acknowledged_at),
        "resolvedAt": iso(incident.resolved_at),
        "dedupKey": incident.dedup_key,
        "sla": sla_json(incident),
    }


def sla_json(incident: Incident) -> dict[str, Any]:
    found = present(incident.sla_clocks.all())
    names = {"acknowledge": Clock.ACK, "resolve": Clock.RESOLVE}
    return {name: _clock(found[kind]) if kind in found else None for name, kind in names.items()}


def _clock(row: SlaClock) -> dict[str, Any]:
    return {
        "state": row.word.value,
        "targetMinutes": row.target_minutes,
        "startedAt": iso(row.started_at),
        "dueAt": iso(row.due_at),
        "remainingSeconds": row.left_seconds if row.stands_still else None,
        "resumesAt": iso(row.opens_at),
        "warnedAt": iso(row.warned_at),
        "breachedAt": iso(row.breached_at),
        "metAt": iso(row.met_at),
        "pauses": row.pauses,
    }


def detail_json(incident: Incident, related: list[str]) -> dict[str, Any]:
    """The shape of one incident."""
    service = incident.service
    version = incident.policy_version
    return incident_json(incident) | {
        "service": {**(named(service) or {}), "team": named(service.team)},
        "assignedTeam": named(incident.assigned_team),
        "source": incident.source,
        "integration": _integration(incident),
        "snoozedUntil": iso(incident.snoozed_until),
        "lastStatusChange": iso(incident.last_status_change),
        "updatedAt": iso(incident.updated_at),
        "escalationPolicy": named(version.policy) if version else None,
        **_escalation(incident),
        "acknowledgementEndsAt": iso(queries.acknowledged_until(incident)),
        "customDetails": incident.custom_details,
        "timeline": [brief_event(event) for event in incident.events.all()],
        "notes": [note_json(note) for note in _notes(incident)],
        "links": incident.links,
        "relatedIncidents": related,
    }


def escalation_json(incident: Incident) -> dict[str, Any]:
    """The answer to "escalate now"."""
    named = {"id": incident.public_id, "number": incident.pk, "status": incident.status}
    return named | _escalation(incident)


def _escalation(incident: Incident) -> dict[str, Any]:
    step = incident.current_step
    return {
        "escalationStatus": incident.escalation_state,
        "currentEscalationStep": None if step is None else step + 1,
        "nextEscalationAt": iso(incident.escalate_at),
        "waitsForSupportHours": incident.hours_wait == HoursWait.WAITING,
        "escalationMark": incident.mark if incident.status == Status.OPEN else None,
    }


def _notes(incident: Incident) -> Iterable[Note]:
    rows = incident.notes.select_related("author")
    return rows.prefetch_related("mentions__user", "mentions__team")


def _integration(incident: Incident) -> dict[str, str] | None:
    row = incident.integration
    return {**(named(row) or {}), "type": row.type} if row else None


def changed_json(incident: Incident) -> dict[str, Any]:
    """The answer to PATCH."""
    return {
        "id": incident.public_id,
        "number": incident.pk,
        "status": incident.status,
        "urgency": incident.urgency,
        "priority": incident.priority,
        "assignee": person(incident.assignee),
        "assignedTeam": named(incident.assigned_team),
        "updatedAt": iso(incident.updated_at),
    }


def event_json(event: IncidentEvent) -> dict[str, Any]:
    """The shape of the timeline endpoint: structured actor and details."""
    details = dict(event.details)
    if event.via:
        details.setdefault("via", event.via)
    return {
        "id": f"evt_{event.pk}",
        "type": event.type,
        "timestamp": iso(event.at),
        "actor": _actor(event),
        "details": details,
    }


def _actor(event: IncidentEvent) -> dict[str, str]:
    """A person, or the system; an integration is the system with the name of the integration."""
    if event.actor_type == PERSON:
        return {"type": PERSON, "id": event.actor_id, "name": event.actor_label}
    name = "" if event.actor_label == SYSTEM.label else event.actor_label
    return {"type": SYSTEM.type, **({"name": name} if name else {})}


def brief_event(event: IncidentEvent) -> dict[str, Any]:
    """The shape inside an incident: actor and details as words."""
    details = event.details
    words = details.get("message") or details.get("reason") or details.get("detail") or event.type
    return {
        "id": f"evt_{event.pk}",
        "type": event.type,
        "timestamp": iso(event.at),
        "actor": event.actor_label if event.actor_type == PERSON else SYSTEM.type,
        "details": str(words),
    }


def note_json(note: Note) -> dict[str, Any]:
    author: dict[str, str | None] = {"id": None, "name": note.author_label}
    author |= named(note.author) or {}
    mentions = [_mention(mention) for mention in note.mentions.all()]
    return {
        "id": note.public_id,
        "content": note.content,
        "author": author,
        "createdAt": iso(note.created_at),
        "isInternal": note.is_internal,
        **({"mentions": mentions} if mentions else {}),
        **({"unknownMentions": list(note.unknown_names)} if note.unknown_names else {}),
    }


def _mention(row: Mention) -> dict[str, str]:
    callee = row.user or row.team
    kind = "person" if row.user else "team"
    return {"type": kind, "id": callee.public_id if callee else "", "name": row.label}
