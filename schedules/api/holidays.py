"""/api/holiday-calendars, and which one a schedule counts."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from core import clock
from core.api_view import ApiView, NamedRef, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, InvalidRequest, ValidationFailed
from schedules import commands, queries
from schedules.commands.holidays import EARLIEST, LATEST, MAX_OWN_DAYS
from schedules.models import HolidayCalendar

SCOPES = {
    "GET": "schedules:read",
    "POST": "schedules:write",
    "PUT": "schedules:write",
    "DELETE": "schedules:write",
}


class DayShape(serializers.Serializer):
    date = serializers.CharField(max_length=10)
    name = serializers.CharField(max_length=80, default="", allow_blank=True)


class HolidayCalendarIn(serializers.Serializer):
    """Body of POST and PUT: `country` (ISO 3166-1) with its public holidays, and `ownDays`."""

    name = serializers.CharField(max_length=120)
    country = serializers.CharField(max_length=2, default="", allow_blank=True)
    subdivision = serializers.CharField(max_length=12, default="", allow_blank=True)
    ownDays = serializers.ListField(child=DayShape(), default=list, max_length=MAX_OWN_DAYS)


class HolidayCalendarOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField()
    subdivision = serializers.CharField()
    ownDays = DayShape(many=True)


class HolidayDaysOut(HolidayCalendarOut):
    """With all `days` of the `year` that was asked for."""

    year = serializers.IntegerField()
    days = DayShape(many=True)


class ChoiceIn(serializers.Serializer):
    """Body of PUT /api/schedules/:id/holidays; null counts no holidays."""

    calendarId = serializers.CharField(max_length=40, allow_null=True)


class ChoiceOut(serializers.Serializer):
    calendar = NamedRef(allow_null=True)


class HolidayCalendars(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="listHolidayCalendars",
        responses=listed("holidayCalendars", HolidayCalendarOut),
    )
    def get(self, request: Request) -> Response:
        """All calendars, by name."""
        filters_of(request, [])
        return listing(request, HolidayCalendar.objects.all(), "holidayCalendars", _json)

    @extend_schema(
        operation_id="createHolidayCalendar",
        request=HolidayCalendarIn,
        responses={201: HolidayCalendarOut},
    )
    def post(self, request: Request) -> Response:
        """A new calendar; for admins."""
        return Response(_json(_save(request, None)), status=201)


class OneHolidayCalendar(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="getHolidayCalendar",
        parameters=[OpenApiParameter("year", int, description="default: this year")],
        responses=HolidayDaysOut,
    )
    def get(self, request: Request, public_id: str) -> Response:
        """One calendar with all its days of a year."""
        given = filters_of(request, ["year"])
        calendar = get_object_or_404(HolidayCalendar, public_id=public_id)
        year = _year(given.get("year") or str(clock.now().year))
        days = queries.days_of(calendar, [year]).items()
        found = [{"date": day.isoformat(), "name": name} for day, name in days]
        return Response(_json(calendar) | {"year": year, "days": found})

    @extend_schema(
        operation_id="replaceHolidayCalendar",
        request=HolidayCalendarIn,
        responses=HolidayCalendarOut,
    )
    def put(self, request: Request, public_id: str) -> Response:
        """Replaces all of it; for admins."""
        return Response(_json(_save(request, public_id)))

    @extend_schema(operation_id="deleteHolidayCalendar", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Schedules that used it count no holidays; for admins."""
        _require(request, roles.Ability.MANAGE_SETTINGS)
        calendar = get_object_or_404(HolidayCalendar, public_id=public_id)
        commands.delete_holidays(calendar, by=actor_of_api(request), now=clock.now())
        return Response(status=204)


class ScheduleHolidays(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="getScheduleHolidays", responses=ChoiceOut)
    def get(self, request: Request, public_id: str) -> Response:
        """The calendar whose days count as holidays in its figures."""
        rows = queries.visible_to(request.user, clock.now())
        schedule = get_object_or_404(rows.select_related("holidays"), public_id=public_id)
        return Response(_choice(schedule.holidays))

    @extend_schema(operation_id="setScheduleHolidays", request=ChoiceIn, responses=ChoiceOut)
    def put(self, request: Request, public_id: str) -> Response:
        """Chooses one, or null for none."""
        _require(request, roles.Ability.EDIT_SCHEDULE)
        rows = queries.visible_to(request.user, clock.now())
        schedule = get_object_or_404(rows.select_related("holidays"), public_id=public_id)
        wanted = checked(ChoiceIn, request)["calendarId"]
        calendar = HolidayCalendar.objects.filter(public_id=wanted).first() if wanted else None
        if wanted and calendar is None:
            message = "There is no such holiday calendar"
            raise ValidationFailed(message, field="calendarId", reason="does_not_exist")
        by = actor_of_api(request)
        commands.choose_holidays(schedule, calendar, by=by, now=clock.now())
        return Response(_choice(calendar))


def _save(request: Request, public_id: str | None) -> HolidayCalendar:
    _require(request, roles.Ability.MANAGE_SETTINGS)
    calendar = get_object_or_404(HolidayCalendar, public_id=public_id) if public_id else None
    body = checked(HolidayCalendarIn, request)
    body["days"] = body.pop("ownDays")
    return commands.save_holidays(calendar, by=actor_of_api(request), now=clock.now(), **body)


def _require(request: Request, ability: roles.Ability) -> None:
    if not roles.may(request.user.role, ability):
        raise Forbidden("Your role may not do this")


def _year(text: str) -> int:
    if not text.isdecimal() or not EARLIEST <= int(text[:6]) <= LATEST:
        message = f"year lies between {EARLIEST} and {LATEST}"
        raise InvalidRequest(message, field="year", reason="invalid")
    return int(text)


def _json(calendar: HolidayCalendar) -> dict[str, Any]:
    return {
        "id": calendar.public_id,
        "name": calendar.name,
        "country": calendar.country,
        "subdivision": calendar.subdivision,
        "ownDays": calendar.days,
    }


def _choice(calendar: HolidayCalendar | None) -> dict[str, Any]:
    return {"calendar": calendar and {"id": calendar.public_id, "name": calendar.name}}
