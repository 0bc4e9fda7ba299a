"""/api/services and their integrations: the same commands as the pages."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries as accounts
from accounts.domain import roles
from accounts.models import Role, Team, User
from core import clock
from core.api_view import ApiView, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, ValidationFailed
from escalation.models import EscalationPolicy
from services import commands, queries
from services.api import serializers as shapes
from services.models import Service

READ_WRITE = {
    "GET": "services:read",
    "POST": "services:write",
    "PATCH": "services:write",
    "DELETE": "services:write",
}


def service_of(public_id: str) -> Service:
    return get_object_or_404(queries.live(), public_id=public_id)


def require(user: User, ability: roles.Ability, service: Service | None = None) -> None:
    """Raises Forbidden unless the role allows it; members of the owning team have their own."""
    team = service.team_id if service else None
    own = team is not None and user.memberships.filter(team_id=team).exists()
    if not roles.may(user.role, ability, own=own):
        raise Forbidden(f"Your role may not {ability.value}")


def _owners(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """teamId, escalationPolicyId as rows, ackTimeoutMinutes: only those that the body names."""
    found: dict[str, Any] = {}
    if "ackTimeoutMinutes" in body:
        found["ack_timeout_minutes"] = body.pop("ackTimeoutMinutes")
    if "teamId" in body:
        teams = accounts.visible_teams(request.user)
        if request.user.role == Role.USER:  # may not hand the service to strangers
            teams = teams.filter(memberships__user=request.user.pk)
        found["team"] = _named(teams, body.pop("teamId"), "teamId")
    if "escalationPolicyId" in body:
        policies = EscalationPolicy.objects.filter(archived_at=None)
        found["policy"] = _named(policies, body.pop("escalationPolicyId"), "escalationPolicyId")
    return found


def _named(rows: Any, public_id: str | None, field: str) -> Team | EscalationPolicy | None:
    if public_id is None:
        return None
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise ValidationFailed(f"{field}: no such id", field=field, reason="does_not_exist")
    return row


class Services(ApiView):
    scopes = READ_WRITE

    @extend_schema(
        operation_id="listServices",
        parameters=[OpenApiParameter("teamId"), OpenApiParameter("name")],
        responses=listed("services", shapes.ServiceOut),
    )
    def get(self, request: Request) -> Response:
        """Services; filters: teamId, name."""
        wanted = filters_of(request, ["teamId", "name"])
        rows = queries.live()
        if "teamId" in wanted:
            rows = rows.filter(team__public_id=wanted["teamId"])
        if "name" in wanted:
            rows = rows.filter(name__iexact=wanted["name"])
        return listing(request, rows, "services", shapes.service_json)

    @extend_schema(
        operation_id="createService",
        request=shapes.ServiceIn,
        responses={201: shapes.ServiceOut},
    )
    def post(self, request: Request) -> Response:
        """A new service."""
        require(request.user, roles.Ability.CREATE_SERVICE)
        body = checked(shapes.ServiceIn, request)
        owners = _owners(request, body)
        service = commands.create_service(
            by=actor_of_api(request), now=clock.now(), **body, **owners
        )
        return Response(shapes.service_json(service), status=201)


class OneService(ApiView):
    scopes = READ_WRITE

    @extend_schema(operation_id="getService", responses=shapes.ServiceOut)
    def get(self, request: Request, public_id: str) -> Response:
        """One service."""
        return Response(shapes.service_json(service_of(public_id)))

    @extend_schema(
        operation_id="updateService", request=shapes.ServiceChange, responses=shapes.ServiceOut
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Changes what the body names; running incidents keep their policy version."""
        service = service_of(public_id)
        require(request.user, roles.Ability.EDIT_SERVICE, service)
        body = checked(shapes.ServiceChange, request, partial=True)
        owners = _owners(request, body)  # takes out of the body what has another name there
        changes = {**body, **owners}
        by = actor_of_api(request)
        service = commands.update_service(service, by=by, now=clock.now(), **changes)
        return Response(shapes.service_json(service))

    @extend_schema(operation_id="archiveService", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Archives: its keys are refused from now on, its incidents stay."""
        require(request.user, roles.Ability.DELETE_SERVICE)
        by = actor_of_api(request)
        commands.archive_service(service_of(public_id), by=by, now=clock.now())
        return Response(status=204)


class Integrations(ApiView):
    scopes = READ_WRITE

    @extend_schema(
        operation_id="listIntegrations",
        responses=listed("integrations", shapes.IntegrationOut),
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Integrations of a service, without their keys."""
        filters_of(request, [])
        rows = queries.integrations_of(service_of(public_id))
        return listing(request, rows, "integrations", shapes.integration_json)

    @extend_schema(
        operation_id="createIntegration",
        request=shapes.IntegrationIn,
        responses={201: shapes.NewIntegrationOut},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """A new integration; key and URL are in this answer and never again."""
        service = service_of(public_id)
        require(request.user, roles.Ability.EDIT_SERVICE, service)
        body = checked(shapes.IntegrationIn, request)
        by = actor_of_api(request)
        integration, key = commands.create_integration(service, by=by, now=clock.now(), **body)
        return Response(shapes.new_integration_json(integration, key), status=201)
