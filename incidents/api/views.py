"""/api/incidents: the same commands and queries as the pages."""

from datetime import timedelta

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from core import clock
from core.api_view import ApiView, DeletedOut, actor_of_api, checked, listed, listing
from core.errors import Forbidden, NotFound
from incidents import commands, queries
from incidents.api import changes, filters
from incidents.api import serializers as shapes
from incidents.commands.create import Draft
from incidents.models import Incident
from services import queries as services

SCOPES = {
    "GET": "incidents:read",
    "POST": "incidents:write",
    "PATCH": "incidents:write",
    "DELETE": "incidents:delete",
}


def visible(request: Request) -> QuerySet[Incident]:
    return queries.with_names(queries.visible_to(request.user))


def incident_of(request: Request, public_id: str) -> Incident:
    """By public id or running number. Raises 404 for one that the key's owner may not see."""
    by_number = public_id.isascii() and public_id.isdigit() and len(public_id) < 19
    wanted = {"pk": int(public_id)} if by_number else {"public_id": public_id}
    return get_object_or_404(visible(request), **wanted)


class Incidents(ApiView):
    scopes = SCOPES
    limits = {"GET": 100, "POST": 50}

    @extend_schema(
        operation_id="listIncidents",
        parameters=[OpenApiParameter(name) for name in filters.NAMES],
        responses=listed("incidents", shapes.IncidentOut),
    )
    def get(self, request: Request) -> Response:
        """Incidents, newest first; lists of values are separated by commas."""
        return listing(
            request, filters.apply(visible(request), request), "incidents", shapes.incident_json
        )

    @extend_schema(
        operation_id="createIncident",
        request=shapes.IncidentIn,
        responses={201: shapes.IncidentOut},
    )
    def post(self, request: Request) -> Response:
        """Opens an incident, or returns the active one with the same dedupKey (200)."""
        body = checked(shapes.IncidentIn, request)
        service = services.live().filter(public_id=body["serviceId"]).first()
        if service is None:
            raise NotFound("Service not found", field="serviceId")
        if not services.may_post_events(request.user, service.pk):
            raise Forbidden("Your role may not open incidents on this service")
        draft = Draft(
            title=body["title"],
            service=service,
            description=body["description"],
            urgency=body["urgency"],
            priority=body.get("priority"),
            assignee=changes.person(body.get("assigneeId")),
            team=changes.team(body.get("assignedTeamId")),
            dedup_key=body.get("dedupKey"),
            custom_details=body["customDetails"],
            links=[dict(link) for link in body.get("links", [])],
            suppress_notifications=body["suppressNotifications"],
        )
        incident, new = commands.create(draft, by=actor_of_api(request), now=clock.now())
        answer = shapes.incident_json(incident) | ({} if new else {"deduplicated": True})
        return Response(answer, status=201 if new else 200)


class OneIncident(ApiView):
    scopes = SCOPES
    limits = {"GET": 200, "PATCH": 100, "DELETE": 50}

    @extend_schema(operation_id="getIncident", responses=shapes.IncidentDetailOut)
    def get(self, request: Request, public_id: str) -> Response:
        """One incident with timeline, notes and links."""
        incident = incident_of(request, public_id)
        related = Incident.objects.none()
        if incident.dedup_key:
            since = clock.now() - timedelta(days=30)
            related = queries.visible_to(request.user).filter(
                service=incident.service, dedup_key=incident.dedup_key, created_at__gte=since
            )
        others = related.exclude(pk=incident.pk).values_list("public_id", flat=True)[:20]
        return Response(shapes.detail_json(incident, list(others)))

    @extend_schema(
        operation_id="updateIncident",
        request=shapes.IncidentChange,
        responses=shapes.ChangedOut,
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Changes what the body names, all or nothing; illegal moves are 400 INVALID_STATUS."""
        incident = incident_of(request, public_id)
        body = checked(shapes.IncidentChange, request, partial=True)
        by = actor_of_api(request)
        changes.apply(incident, body, by=by, now=clock.now())
        return Response(shapes.changed_json(incident_of(request, public_id)))

    @extend_schema(operation_id="deleteIncident", responses=DeletedOut)
    def delete(self, request: Request, public_id: str) -> Response:
        """Deletes it for good, for admins only. Resolving is nearly always what you want."""
        incident = incident_of(request, public_id)
        if not roles.may(request.user.role, roles.Ability.DELETE_INCIDENT):
            raise Forbidden("Only admins may delete incidents")
        commands.delete(incident, by=actor_of_api(request), now=clock.now())
        return Response({"deleted": True, "id": incident.public_id})


class Escalate(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="escalateIncident", request=shapes.EscalateIn, responses=shapes.EscalationOut
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Lets the next step fire at once. With `mark`, only the step that you saw: else 409."""
        incident = incident_of(request, public_id)
        body = checked(shapes.EscalateIn, request)
        by, now = actor_of_api(request), clock.now()
        found = commands.escalate_now(incident, by=by, now=now, seen=body["mark"])
        return Response(shapes.escalation_json(found))


class Notes(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="addNote", request=shapes.NoteIn, responses={201: shapes.NoteOut})
    def post(self, request: Request, public_id: str) -> Response:
        """Adds a note; people and teams that it calls by `@name` are told at once."""
        incident = incident_of(request, public_id)
        if not roles.may(request.user.role, roles.Ability.ANNOTATE_INCIDENT):
            raise Forbidden("Your role may not add notes")
        body = checked(shapes.NoteIn, request)
        note = commands.add_note(
            incident,
            body["content"],
            author=request.user,
            by=actor_of_api(request),
            now=clock.now(),
            is_internal=body["isInternal"],
        )
        return Response(shapes.note_json(note), status=201)


class Timeline(ApiView):
    scopes = SCOPES
    limits = {"GET": 200}

    @extend_schema(operation_id="getTimeline", responses=shapes.TimelineOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Every entry, oldest first, with structured actor and details."""
        incident = incident_of(request, public_id)
        return Response({"timeline": [shapes.event_json(event) for event in incident.events.all()]})
