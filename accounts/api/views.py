"""/api/users and /api/teams: the same commands and queries as the pages."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import commands, queries
from accounts.api import serializers as shapes
from accounts.models import Team, User, UserStatus
from core import clock
from core.api_view import ApiView, DeletedOut, actor_of_api, checked, filters_of, listed, listing
from core.errors import ValidationFailed

READ_WRITE_USERS = {"GET": "users:read", "POST": "users:write", "PATCH": "users:write"}
READ_WRITE_TEAMS = {
    "GET": "teams:read",
    "POST": "teams:write",
    "PATCH": "teams:write",
    "DELETE": "teams:write",
}


def _user(request: Request, public_id: str) -> User:
    return get_object_or_404(queries.visible_users(request.user), public_id=public_id)


def _team(request: Request, public_id: str) -> Team:
    return get_object_or_404(queries.teams_with_people(request.user), public_id=public_id)


def _named_user(request: Request, public_id: str, field: str) -> User:
    """Somebody named in a body: unknown is a bad field, not a missing page."""
    user = queries.visible_users(request.user).filter(public_id=public_id).first()
    if user is None:
        raise ValidationFailed("There is no such person", field=field, reason="does_not_exist")
    return user


class Users(ApiView):
    scopes = READ_WRITE_USERS

    @extend_schema(
        operation_id="listUsers",
        parameters=[OpenApiParameter(name) for name in ("role", "status", "email")],
        responses=listed("users", shapes.UserOut),
    )
    def get(self, request: Request) -> Response:
        """People; filters: role, status, email."""
        wanted = filters_of(request, ["role", "status", "email"])
        if "email" in wanted:
            wanted["email"] = wanted["email"].lower()
        rows = queries.visible_users(request.user).filter(**wanted)
        return listing(request, rows, "users", shapes.user_json)

    @extend_schema(
        operation_id="inviteUser", request=shapes.UserIn, responses={201: shapes.InvitedOut}
    )
    def post(self, request: Request) -> Response:
        """Invites a person; the link is mailed and returned, once."""
        body = checked(shapes.UserIn, request)
        body["time_zone"] = body.pop("timeZone")
        user, url = commands.invite(by=actor_of_api(request), now=clock.now(), **body)
        return Response(shapes.user_json(user) | {"inviteUrl": url}, status=201)


class OneUser(ApiView):
    scopes = READ_WRITE_USERS

    @extend_schema(operation_id="getUser", responses=shapes.UserOut)
    def get(self, request: Request, public_id: str) -> Response:
        """One person."""
        return Response(shapes.user_json(_user(request, public_id)))

    @extend_schema(
        operation_id="updateUser", request=shapes.UserChange, responses=shapes.UserChangedOut
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Changes what is named, all or nothing. Warns of what reaches nobody now."""
        user, body = _user(request, public_id), checked(shapes.UserChange, request)
        warnings: list[str] = []
        how = {"by": actor_of_api(request), "now": clock.now()}
        with transaction.atomic():
            if body.keys() & {"name", "timeZone", "language"}:
                changes = {"time_zone": body.get("timeZone"), "language": body.get("language")}
                user = commands.update_profile(user, name=body.get("name"), **changes, **how)
            if "role" in body:
                user = commands.set_role(user, body["role"], **how)
            if "status" in body:
                verb = commands.enable
                if body["status"] == UserStatus.DISABLED:
                    verb, warnings = commands.disable, queries.lost_without(user)
                user = verb(user, **how)
        return Response(shapes.user_json(user) | {"warnings": warnings})


class Teams(ApiView):
    scopes = READ_WRITE_TEAMS

    @extend_schema(
        operation_id="listTeams",
        parameters=[OpenApiParameter("memberId")],
        responses=listed("teams", shapes.TeamOut),
    )
    def get(self, request: Request) -> Response:
        """Teams with their people; filter: memberId."""
        wanted = filters_of(request, ["memberId"])
        rows = queries.teams_with_people(request.user)
        if "memberId" in wanted:
            rows = rows.filter(pk__in=queries.teams_of(wanted["memberId"]))
        return listing(request, rows, "teams", shapes.team_json)

    @extend_schema(
        operation_id="createTeam", request=shapes.TeamIn, responses={201: shapes.TeamOut}
    )
    def post(self, request: Request) -> Response:
        """Creates a team; the owner of the key becomes its owner."""
        body = checked(shapes.TeamIn, request)
        team = commands.create_team(by=actor_of_api(request), now=clock.now(), **body)
        return Response(shapes.team_json(_team(request, team.public_id)), status=201)


class OneTeam(ApiView):
    scopes = READ_WRITE_TEAMS

    @extend_schema(operation_id="getTeam", responses=shapes.TeamOut)
    def get(self, request: Request, public_id: str) -> Response:
        """One team with its people."""
        return Response(shapes.team_json(_team(request, public_id)))

    @extend_schema(operation_id="updateTeam", request=shapes.TeamChange, responses=shapes.TeamOut)
    def patch(self, request: Request, public_id: str) -> Response:
        """Changes name, description or lead; all or nothing."""
        team, body = _team(request, public_id), checked(shapes.TeamChange, request)
        how = {"by": actor_of_api(request), "now": clock.now()}
        with transaction.atomic():
            if "name" in body or "description" in body:
                texts = {"name": body.get("name"), "description": body.get("description")}
                commands.update_team(team, **texts, **how)
            if "leadId" in body:
                chosen = body["leadId"]
                lead = _named_user(request, chosen, "leadId") if chosen else None
                commands.set_lead(team, lead, **how)
        return Response(shapes.team_json(_team(request, public_id)))

    @extend_schema(operation_id="deleteTeam", responses=DeletedOut)
    def delete(self, request: Request, public_id: str) -> Response:
        """Deletes the team; 409 while a policy or a service needs it. Admins only."""
        team = _team(request, public_id)
        commands.delete_team(team, by=actor_of_api(request), now=clock.now())
        return Response({"deleted": True, "id": public_id})


class Members(ApiView):
    scopes = READ_WRITE_TEAMS

    @extend_schema(
        operation_id="addTeamMember", request=shapes.MemberIn, responses={201: shapes.MemberOut}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Adds a person."""
        team, body = _team(request, public_id), checked(shapes.MemberIn, request)
        row = commands.add_member(
            team,
            _named_user(request, body["userId"], "userId"),
            body["role"],
            receives_pages=body["receivesPages"],
            by=actor_of_api(request),
            now=clock.now(),
        )
        return Response(shapes.member_json(row), status=201)

    @extend_schema(
        operation_id="removeTeamMemberByQuery",
        parameters=[OpenApiParameter("userId", required=True)],
        responses=DeletedOut,
    )
    def delete(self, request: Request, public_id: str) -> Response:
        """Removes the person that `userId` names in the query or the body."""
        user_id = request.query_params.get("userId") or request.data.get("userId")
        return _remove_member(request, public_id, str(user_id or ""))


class OneMember(ApiView):
    scopes = READ_WRITE_TEAMS

    @extend_schema(operation_id="removeTeamMember", responses=DeletedOut)
    def delete(self, request: Request, public_id: str, user_id: str) -> Response:
        """Removes a person from the team; the last owner stays."""
        return _remove_member(request, public_id, user_id)


def _remove_member(request: Request, public_id: str, user_id: str) -> Response:
    team, user = _team(request, public_id), _user(request, user_id)
    commands.remove_member(team, user, by=actor_of_api(request), now=clock.now())
    return Response({"deleted": True, "id": user_id})
