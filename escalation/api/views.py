"""/api/escalation-policies: PUT replaces the whole and makes version n+1."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from accounts.models import Team, User
from core import clock
from core.api_view import ApiView, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, ValidationFailed
from escalation import commands, queries
from escalation.api import serializers as shapes
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy
from schedules.models import Schedule, SupportHours
from schedules.queries import support_hours

SCOPES = {
    "GET": "policies:read",
    "POST": "policies:write",
    "PUT": "policies:write",
    "DELETE": "policies:write",
}


def _policy(public_id: str) -> EscalationPolicy:
    return get_object_or_404(queries.whole(), public_id=public_id)


def _require_edit(request: Request) -> None:
    if not roles.may(request.user.role, roles.Ability.EDIT_POLICY):
        raise Forbidden("Only admins edit escalation policies")


def _spec(body: dict[str, Any]) -> PolicySpec:
    steps = [_step(step, f"steps.{number}") for number, step in enumerate(body["steps"])]
    fallback = [
        _row(User.objects.pageable(), public_id, "fallbackUserIds")
        for public_id in body["fallbackUserIds"]
    ]
    low = _hours(body["lowUrgencySupportHoursId"], "lowUrgencySupportHoursId")
    return PolicySpec(steps, body["initialDelayMinutes"], body["repeatCount"], fallback, low)


def _step(given: dict[str, Any], field: str) -> StepSpec:
    wanted = given["conditions"]
    hours = wanted.get("supportHours")
    return StepSpec(
        targets=[
            _target(target, f"{field}.targets.{place}.id")
            for place, target in enumerate(given["targets"])
        ],
        escalate_after_minutes=given["escalateAfterMinutes"],
        channels=given["channels"],
        urgencies=wanted.get("urgencies", ()),
        priorities=[shapes.priority_named(one) for one in wanted.get("priorities", ())],
        hours=_hours(hours and hours["id"], f"{field}.conditions.supportHours.id"),
        inside_hours=hours["inside"] if hours else True,
    )


def _hours(public_id: str | None, field: str) -> SupportHours | None:
    return _row(support_hours(), public_id, field) if public_id else None


def _target(given: dict[str, Any], field: str) -> TargetSpec:
    rank, in_turn = given["position"], given["roundRobin"]
    if in_turn and (given["type"] != "TEAM" or given["leadOnly"]):
        message = "Only the members of a team are paged in turn, and not its lead alone"
        raise ValidationFailed(message, field=field.replace(".id", ".roundRobin"))
    if given["type"] == "USER":
        return TargetSpec(user=_row(User.objects.pageable(), given["id"], field), rank=rank)
    if given["type"] == "SCHEDULE":
        schedules = Schedule.objects.filter(archived_at=None)
        return TargetSpec(schedule=_row(schedules, given["id"], field), rank=rank)
    team = _row(Team.objects.all(), given["id"], field)
    return TargetSpec(team=team, lead_only=given["leadOnly"], rank=rank, in_turn=in_turn)


def _team(public_id: str | None) -> Team | None:
    return None if public_id is None else _row(Team.objects.all(), public_id, "teamId")


def _row(rows: Any, public_id: str, field: str) -> Any:
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise ValidationFailed(f"There is no {public_id}", field=field, reason="does_not_exist")
    return row


def _expected_version(request: Request) -> int | None:
    """The version in If-Match, as the ETag gave it. Raises ValidationFailed for another shape."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not given or given == "*":
        return None
    if not given.isascii() or not given.isdigit():
        raise ValidationFailed("If-Match must be the ETag of the policy", field="If-Match")
    return int(given)


def _answer(policy: EscalationPolicy, status: int = 200) -> Response:
    shape = shapes.policy_json(policy)
    return Response(shape, status=status, headers={"ETag": f'"{shape["version"]}"'})


class Policies(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="listEscalationPolicies",
        parameters=[OpenApiParameter("name")],
        responses=listed("escalationPolicies", shapes.PolicyOut),
    )
    def get(self, request: Request) -> Response:
        """Policies with their steps; filter: name."""
        wanted = filters_of(request, ["name"])
        rows = queries.whole()
        if "name" in wanted:
            rows = rows.filter(name__iexact=wanted["name"])
        return listing(request, rows, "escalationPolicies", shapes.policy_json)

    @extend_schema(
        operation_id="createEscalationPolicy",
        request=shapes.PolicyIn,
        responses={201: shapes.PolicyOut},
    )
    def post(self, request: Request) -> Response:
        """A new policy, version 1."""
        _require_edit(request)
        body = checked(shapes.PolicyIn, request)
        policy = commands.create_policy(
            name=body["name"],
            description=body["description"],
            spec=_spec(body),
            team=_team(body["teamId"]),
            by=actor_of_api(request),
            now=clock.now(),
        )
        return _answer(_policy(policy.public_id), 201)


class OnePolicy(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="getEscalationPolicy", responses=shapes.PolicyOut)
    def get(self, request: Request, public_id: str) -> Response:
        """One policy; its ETag is the version."""
        return _answer(_policy(public_id))

    @extend_schema(
        operation_id="replaceEscalationPolicy",
        request=shapes.PolicyIn,
        responses=shapes.PolicyOut,
    )
    def put(self, request: Request, public_id: str) -> Response:
        """Version n+1. With If-Match an edit in between is refused (409)."""
        _require_edit(request)
        body = checked(shapes.PolicyIn, request)
        policy, team = _policy(public_id), _team(body["teamId"])
        acting: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        commands.save_policy(
            policy,
            _spec(body),
            **acting,
            name=body["name"],
            description=body["description"],
            expected_version=_expected_version(request),
        )
        commands.give_policy(policy, team, **acting)
        return _answer(_policy(public_id))

    @extend_schema(operation_id="archiveEscalationPolicy", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Archives a policy that no service uses (409 otherwise)."""
        _require_edit(request)
        commands.archive_policy(_policy(public_id), by=actor_of_api(request), now=clock.now())
        return Response(status=204)
