"""/api/support-hours."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from core import clock
from core.api_time import instant, iso
from core.api_view import ApiView, NamedRef, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, ValidationFailed
from schedules import commands, queries
from schedules.api.serializers import RestrictionShape, SupportHoursIn
from schedules.models import HolidayCalendar, SupportHours

SCOPES = {
    "GET": "schedules:read",
    "POST": "schedules:write",
    "PUT": "schedules:write",
    "DELETE": "schedules:write",
}


class SupportHoursOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    timeZone = serializers.CharField()
    windows = RestrictionShape(many=True)
    holidayCalendar = NamedRef(allow_null=True)


class OpenNowOut(SupportHoursOut):
    """With what holds at `at`: open or not, and when that changes (null: not within 400 days)."""

    at = serializers.DateTimeField()
    open = serializers.BooleanField()
    nextOpen = serializers.DateTimeField(allow_null=True)
    nextClose = serializers.DateTimeField(allow_null=True)


class AllSupportHours(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="listSupportHours", responses=listed("supportHours", SupportHoursOut)
    )
    def get(self, request: Request) -> Response:
        """All of them, by name."""
        filters_of(request, [])
        return listing(request, queries.support_hours(), "supportHours", _json)

    @extend_schema(
        operation_id="createSupportHours",
        request=SupportHoursIn,
        responses={201: SupportHoursOut},
    )
    def post(self, request: Request) -> Response:
        """New ones; for admins."""
        return Response(_json(_save(request, None)), status=201)


class OneSupportHours(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="getSupportHours",
        parameters=[OpenApiParameter("at", description="ISO 8601 instant; default now")],
        responses=OpenNowOut,
    )
    def get(self, request: Request, public_id: str) -> Response:
        """One of them, and whether it is open."""
        given = filters_of(request, ["at"])
        hours = get_object_or_404(queries.support_hours(), public_id=public_id)
        at = instant(given["at"], "at") if "at" in given else clock.now()
        value = queries.hours_value(hours, at)
        state = {
            "at": iso(at),
            "open": value.open_at(at),
            "nextOpen": iso(value.next_open(at)),
            "nextClose": iso(value.next_close(at)),
        }
        return Response(_json(hours) | state)

    @extend_schema(
        operation_id="replaceSupportHours", request=SupportHoursIn, responses=SupportHoursOut
    )
    def put(self, request: Request, public_id: str) -> Response:
        """Replaces all of it; for admins."""
        return Response(_json(_save(request, public_id)))

    @extend_schema(operation_id="deleteSupportHours", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """409 while anything goes by them; for admins."""
        _require(request)
        hours = get_object_or_404(queries.support_hours(), public_id=public_id)
        commands.delete_support_hours(hours, by=actor_of_api(request), now=clock.now())
        return Response(status=204)


def _save(request: Request, public_id: str | None) -> SupportHours:
    _require(request)
    row = get_object_or_404(queries.support_hours(), public_id=public_id) if public_id else None
    body = checked(SupportHoursIn, request)
    return commands.save_support_hours(
        row,
        name=body["name"],
        time_zone=body["timeZone"],
        windows=body["windows"],
        holidays=_calendar(body["holidayCalendarId"]),
        by=actor_of_api(request),
        now=clock.now(),
    )


def _calendar(wanted: str | None) -> HolidayCalendar | None:
    calendar = HolidayCalendar.objects.filter(public_id=wanted).first() if wanted else None
    if wanted and calendar is None:
        message = "There is no such holiday calendar"
        raise ValidationFailed(message, field="holidayCalendarId", reason="does_not_exist")
    return calendar


def _require(request: Request) -> None:
    if not roles.may(request.user.role, roles.Ability.MANAGE_SETTINGS):
        raise Forbidden("Your role may not do this")


def _json(hours: SupportHours) -> dict[str, Any]:
    calendar = hours.holidays
    return {
        "id": hours.public_id,
        "name": hours.name,
        "timeZone": hours.time_zone,
        "windows": hours.windows,
        "holidayCalendar": calendar and {"id": calendar.public_id, "name": calendar.name},
    }
