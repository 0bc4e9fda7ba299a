"""/api/on-call: everybody on call in one answer; /api/board-links: public boards."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from core import clock, config
from core.api_time import instant, iso
from core.api_view import ApiView, NamedRef, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, ValidationFailed
from schedules import commands, queries
from schedules.models import BoardLink, NameForm, Schedule
from schedules.queries import OnCallNow

SCOPES = {"GET": "schedules:read", "POST": "schedules:write", "DELETE": "schedules:write"}


class OnCallWhyOut(serializers.Serializer):
    """What put somebody on call: a layer by name, or the kind of override."""

    type = serializers.CharField()
    name = serializers.CharField()


class PersonOnCallOut(serializers.Serializer):
    user = NamedRef()
    because = OnCallWhyOut()


class ScheduleOnCallOut(serializers.Serializer):
    """One schedule; `gap`: nobody is on call."""

    id = serializers.CharField()
    name = serializers.CharField()
    timeZone = serializers.CharField()
    onCall = PersonOnCallOut(many=True)
    gap = serializers.BooleanField()


class EverybodyOnCallOut(serializers.Serializer):
    """All schedules that you may see."""

    at = serializers.DateTimeField()
    schedules = ScheduleOnCallOut(many=True)
    total = serializers.IntegerField()
    gaps = serializers.IntegerField()


class EverybodyOnCall(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="whoIsOnCallEverywhere",
        parameters=[OpenApiParameter("at", description="ISO 8601 instant; default now")],
        responses=EverybodyOnCallOut,
    )
    def get(self, request: Request) -> Response:
        """Who is on call at an instant, in every schedule that you may see."""
        given = filters_of(request, ["at"])
        now = clock.now()
        at = instant(given["at"], "at") if "at" in given else now
        schedules = list(queries.visible_to(request.user, now))
        answer = queries.on_call([row.pk for row in schedules], at)
        shapes = [_duty_json(row, answer[row.pk]) for row in schedules]
        gaps = sum(shape["gap"] for shape in shapes)
        body = {"at": iso(at), "schedules": shapes, "total": len(shapes), "gaps": gaps}
        return Response(body)


def _duty_json(schedule: Schedule, people: list[OnCallNow]) -> dict[str, Any]:
    return {
        "id": schedule.public_id,
        "name": schedule.name,
        "timeZone": schedule.time_zone,
        "onCall": [
            {
                "user": {"id": one.user.public_id, "name": one.user.name},
                "because": {"type": str(one.because.type), "name": one.because.name},
            }
            for one in people
        ],
        "gap": not people,
    }


class BoardLinkIn(serializers.Serializer):
    """Body of POST /api/board-links; no schedules: all of them."""

    name = serializers.CharField(max_length=120, default="Who is on call")
    scheduleIds = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=200
    )
    nameForm = serializers.ChoiceField(NameForm.choices, default=NameForm.FULL)


class BoardLinkOut(serializers.Serializer):
    """A public link; its address was shown when it was made."""

    id = serializers.CharField()
    name = serializers.CharField()
    schedules = NamedRef(many=True)
    nameForm = serializers.ChoiceField(NameForm.choices)
    createdAt = serializers.DateTimeField()
    lastUsedAt = serializers.DateTimeField(allow_null=True)


class NewBoardLinkOut(BoardLinkOut):
    """The answer to POST: `url` is shown this once."""

    url = serializers.CharField()


def link_json(link: BoardLink) -> dict[str, Any]:
    return {
        "id": link.public_id,
        "name": link.name,
        "schedules": [{"id": row.public_id, "name": row.name} for row in link.schedules.all()],
        "nameForm": link.name_form,
        "createdAt": iso(link.created_at),
        "lastUsedAt": iso(link.last_used_at),
    }


class BoardLinks(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listBoardLinks", responses=listed("boardLinks", BoardLinkOut))
    def get(self, request: Request) -> Response:
        """The public links; for admins."""
        _require_admin(request)
        filters_of(request, [])
        return listing(request, queries.board_links(), "boardLinks", link_json)

    @extend_schema(
        operation_id="createBoardLink", request=BoardLinkIn, responses={201: NewBoardLinkOut}
    )
    def post(self, request: Request) -> Response:
        """A public link; for admins, where the settings allow public boards (409 otherwise)."""
        _require_admin(request)
        body = checked(BoardLinkIn, request)
        picked = list(queries.live().filter(public_id__in=body["scheduleIds"]))
        for unknown in set(body["scheduleIds"]) - {row.public_id for row in picked}:
            raise ValidationFailed(
                f"There is no {unknown}", field="scheduleIds", reason="does_not_exist"
            )
        link, token = commands.create_board_link(
            name=body["name"],
            schedules=picked,
            name_form=body["nameForm"],
            by=actor_of_api(request),
            now=clock.now(),
        )
        url = config.absolute(reverse("schedules:public_board", args=[token]))
        return Response(link_json(link) | {"url": url}, status=201)


class OneBoardLink(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="revokeBoardLink", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Its address answers 404 from now on; for admins."""
        _require_admin(request)
        link = get_object_or_404(queries.board_links(), public_id=public_id)
        commands.revoke_board_link(link, by=actor_of_api(request), now=clock.now())
        return Response(status=204)


def _require_admin(request: Request) -> None:
    if not roles.may(request.user.role, roles.Ability.MANAGE_SETTINGS):
        raise Forbidden("Public links are for admins")
