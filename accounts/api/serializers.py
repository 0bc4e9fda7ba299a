"""Shapes of people and teams; what is not named here can neither be read nor written."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from rest_framework import serializers

from accounts.models import Membership, Role, Team, TeamRole, User, UserStatus
from core.api_time import iso
from core.language import NAMES


class UserIn(serializers.Serializer):
    """Body of POST /api/users."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=120)
    role = serializers.ChoiceField(Role.choices, default=Role.USER)
    timeZone = serializers.CharField(max_length=64, default="UTC")


class UserChange(serializers.Serializer):
    """Body of PATCH /api/users/:id. The e-mail address cannot be changed."""

    name = serializers.CharField(max_length=120, required=False)
    timeZone = serializers.CharField(max_length=64, required=False)
    language = serializers.ChoiceField(
        ["", *NAMES], required=False, help_text="Of messages; empty: the installation's"
    )
    role = serializers.ChoiceField(Role.choices, required=False)
    status = serializers.ChoiceField(
        [UserStatus.ACTIVE.value, UserStatus.DISABLED.value], required=False
    )


class UserOut(serializers.Serializer):
    """A person."""

    id = serializers.CharField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    status = serializers.ChoiceField(UserStatus.choices)
    timeZone = serializers.CharField()
    language = serializers.CharField(help_text="Of messages; empty: the installation's")
    createdAt = serializers.DateTimeField()


class UserChangedOut(UserOut):
    """The answer to PATCH: with what reaches nobody any more, when somebody was disabled."""

    warnings = serializers.ListField(child=serializers.CharField())


class InvitedOut(UserOut):
    """The answer to POST /api/users: the only time the link is shown."""

    inviteUrl = serializers.URLField()


class PersonRef(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.EmailField()


class MemberIn(serializers.Serializer):
    """Body of POST /api/teams/:id/members."""

    userId = serializers.CharField(max_length=40)
    role = serializers.ChoiceField(TeamRole.choices, default=TeamRole.MEMBER)
    receivesPages = serializers.BooleanField(default=True)


class MemberOut(serializers.Serializer):
    """A person in a team."""

    user = PersonRef()
    role = serializers.ChoiceField(TeamRole.choices)
    receivesPages = serializers.BooleanField()


class TeamIn(serializers.Serializer):
    """Body of POST /api/teams."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2000, default="", allow_blank=True)


class TeamChange(serializers.Serializer):
    """Body of PATCH /api/teams/:id; `leadId` null removes the lead."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    leadId = serializers.CharField(max_length=40, required=False, allow_null=True)


class TeamOut(serializers.Serializer):
    """A team with its people."""

    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    lead = PersonRef(allow_null=True)
    members = MemberOut(many=True)
    createdAt = serializers.DateTimeField()


def user_json(user: User) -> dict[str, Any]:
    return {
        "id": user.public_id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "status": user.status,
        "timeZone": user.time_zone,
        "language": user.language,
        "createdAt": iso(user.created_at),
    }


def person_json(user: User | None) -> dict[str, Any] | None:
    return {"id": user.public_id, "name": user.name, "email": user.email} if user else None


def member_json(membership: Membership) -> dict[str, Any]:
    return {
        "user": person_json(membership.user),
        "role": membership.role,
        "receivesPages": membership.receives_pages,
    }


def team_json(team: Team) -> dict[str, Any]:
    return {
        "id": team.public_id,
        "name": team.name,
        "description": team.description,
        "lead": person_json(team.lead),
        "members": [member_json(row) for row in team.memberships.all()],
        "createdAt": iso(team.created_at),
    }
