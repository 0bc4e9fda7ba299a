"""/api/time-off, the calendars it is read from, and duty of people who are away."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core import clock
from core.api_time import EARLIEST, LATEST, instant, iso
from core.api_view import ApiView, NamedRef, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, ValidationFailed
from schedules import commands, queries
from schedules.domain.absence import period
from schedules.models import AbsenceCalendar, Schedule, TimeOff
from schedules.queries import Clash

SCOPES = {"GET": "schedules:read", "POST": "schedules:write", "DELETE": "schedules:write"}


class TimeOffIn(serializers.Serializer):
    """Either `start` and `end`, or whole days of the person: `firstDay` to `lastDay` (included)."""

    userId = serializers.CharField(max_length=40, required=False, allow_null=True)
    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)
    firstDay = serializers.DateField(required=False)
    lastDay = serializers.DateField(required=False)
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


class TimeOffOut(serializers.Serializer):
    """Time off; `calendarId` names the calendar that it was read from."""

    id = serializers.CharField()
    user = NamedRef()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    note = serializers.CharField()
    calendarId = serializers.CharField(allow_null=True)
    createdAt = serializers.DateTimeField()


class CalendarIn(serializers.Serializer):
    """Body of POST /api/time-off/calendars."""

    name = serializers.CharField(max_length=120)
    url = serializers.CharField(max_length=2000)
    timeZone = serializers.CharField(max_length=64, required=False)
    word = serializers.CharField(max_length=60, default="", allow_blank=True)


class CalendarOut(serializers.Serializer):
    """A calendar; its secret address is never shown. `goodAt`: how old the copy is."""

    id = serializers.CharField()
    name = serializers.CharField()
    word = serializers.CharField()
    timeZone = serializers.CharField()
    checkedAt = serializers.DateTimeField(allow_null=True)
    goodAt = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField()


class CoverOut(serializers.Serializer):
    """Somebody who is free; `dutyHours` within the 15 days before and after."""

    user = NamedRef()
    dutyHours = serializers.FloatField()
    backToBack = serializers.BooleanField()


class ConflictOut(serializers.Serializer):
    """A person is on call in [start, end) and away all through it."""

    schedule = NamedRef()
    user = NamedRef()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    suggestions = CoverOut(many=True)


class ConflictsOut(serializers.Serializer):
    conflicts = ConflictOut(many=True)


class TimeOffs(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="listTimeOff",
        parameters=[
            OpenApiParameter("userId", description="Whose; default: of the key's owner"),
            OpenApiParameter("from", description="ISO 8601 instant; default now"),
            OpenApiParameter("to", description="ISO 8601 instant; default: no end"),
        ],
        responses=listed("timeOff", TimeOffOut),
    )
    def get(self, request: Request) -> Response:
        """One's own; other people's for admins and leads of a team they are in."""
        given = filters_of(request, ["userId", "from", "to"])
        person = _person(request, given.get("userId"))
        start = instant(given["from"], "from") if "from" in given else clock.now()
        rows = queries.live_time_off().filter(user=person, end__gt=start)
        if "to" in given:
            rows = rows.filter(start__lt=instant(given["to"], "to"))
        return listing(request, rows.select_related("user", "calendar"), "timeOff", _off_json)

    @extend_schema(operation_id="addTimeOff", request=TimeOffIn, responses={201: TimeOffOut})
    def post(self, request: Request) -> Response:
        """Adds time off of the key's owner, or of `userId`. It takes nobody off call."""
        body = checked(TimeOffIn, request)
        person = _person(request, body.get("userId"))
        start, end = _period(body, person)
        row = commands.add_time_off(
            person,
            start=start,
            end=end,
            note=body["note"],
            by=actor_of_api(request),
            now=clock.now(),
        )
        return Response(_off_json(row), status=201)


class OneTimeOff(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="cancelTimeOff", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """It counts no more."""
        rows = queries.live_time_off().filter(user__in=queries.people_kept_by(request.user))
        row = get_object_or_404(rows.select_related("user"), public_id=public_id)
        commands.cancel_time_off(row, by=actor_of_api(request), now=clock.now())
        return Response(status=204)


class OwnConflicts(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listOwnConflicts", responses=ConflictsOut)
    def get(self, request: Request) -> Response:
        """One's own duty of the next 90 days while away, in all schedules."""
        filters_of(request, [])
        now = clock.now()
        found = queries.clashes_of(request.user, start=now, end=now + queries.LOOK_AHEAD)
        return Response({"conflicts": [clash_json(one) for one in found]})


class ScheduleConflicts(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listConflicts", responses=ConflictsOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Duty of people who are away in the next 90 days, with who could serve instead."""
        filters_of(request, [])
        now = clock.now()
        rows: Any = queries.visible_to(request.user, now)
        schedule: Schedule = get_object_or_404(rows, public_id=public_id)
        found = queries.clashes_ahead([schedule], now)
        return Response({"conflicts": [clash_json(one) for one in found]})


class Calendars(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listAbsenceCalendars", responses=listed("calendars", CalendarOut))
    def get(self, request: Request) -> Response:
        """The calendars from which one's own time off is read."""
        filters_of(request, [])
        return listing(request, queries.calendars_of(request.user), "calendars", _calendar_json)

    @extend_schema(
        operation_id="addAbsenceCalendar", request=CalendarIn, responses={201: CalendarOut}
    )
    def post(self, request: Request) -> Response:
        """Its events count as time off; it is read in a moment, then every hour."""
        body = checked(CalendarIn, request)
        row = commands.add_calendar(
            request.user,
            name=body["name"],
            url=body["url"],
            time_zone=body.get("timeZone") or request.user.time_zone,
            word=body["word"],
            by=actor_of_api(request),
            now=clock.now(),
        )
        return Response(_calendar_json(row), status=201)


class OneCalendar(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="getAbsenceCalendar", responses=CalendarOut)
    def get(self, request: Request, public_id: str) -> Response:
        """How old the copy is, and what is wrong."""
        return Response(_calendar_json(_calendar(request, public_id)))

    @extend_schema(operation_id="removeAbsenceCalendar", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """The time off that was read from it goes with it."""
        row = _calendar(request, public_id)
        commands.remove_calendar(row, by=actor_of_api(request), now=clock.now())
        return Response(status=204)


class CalendarRefresh(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="refreshAbsenceCalendar", request=None, responses={202: CalendarOut}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Has it read in a moment; at most once a minute (409)."""
        row = _calendar(request, public_id)
        commands.ask_for_calendar(row, by=actor_of_api(request), now=clock.now())
        return Response(_calendar_json(_calendar(request, public_id)), status=202)


def _person(request: Request, public_id: str | None) -> User:
    if not public_id:
        return cast("User", request.user)
    person = User.objects.filter(public_id=public_id).first()
    if person is None:
        raise ValidationFailed("There is no such person", field="userId", reason="does_not_exist")
    if not queries.keeps_time_off_of(request.user, person):
        raise Forbidden("Time off is for the person, the lead of a team, and admins")
    return person


def _period(body: dict[str, Any], person: User) -> tuple[Any, Any]:
    if "start" in body and "end" in body:
        return body["start"], body["end"]
    if "firstDay" not in body:
        raise ValidationFailed(
            "Give start and end, or firstDay and lastDay", field="start", reason="required"
        )
    first, last = body["firstDay"], body.get("lastDay", body["firstDay"])
    for field, day in (("firstDay", first), ("lastDay", last)):
        if not EARLIEST <= day.year <= LATEST:
            raise ValidationFailed(f"The year lies outside {EARLIEST} to {LATEST}", field=field)
    return period(first, last, person.zone)


def _calendar(request: Request, public_id: str) -> AbsenceCalendar:
    rows = queries.calendars_of(request.user).select_related("user")
    return get_object_or_404(rows, public_id=public_id)


def _ref(row: User | Schedule) -> dict[str, str]:
    return {"id": row.public_id, "name": row.name}


def _off_json(row: TimeOff) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "user": _ref(row.user),
        "start": iso(row.start),
        "end": iso(row.end),
        "note": row.note,
        "calendarId": row.calendar.public_id if row.calendar else None,
        "createdAt": iso(row.created_at),
    }


def _calendar_json(row: AbsenceCalendar) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "name": row.name,
        "word": row.word,
        "timeZone": row.time_zone,
        "checkedAt": iso(row.checked_at),
        "goodAt": iso(row.good_at),
        "problem": row.problem,
    }


def clash_json(clash: Clash) -> dict[str, Any]:
    return {
        "schedule": _ref(clash.schedule),
        "user": _ref(clash.user),
        "start": iso(clash.start),
        "end": iso(clash.end),
        "suggestions": [
            {"user": _ref(one.user), "dutyHours": one.hours, "backToBack": one.back_to_back}
            for one in clash.covers
        ],
    }
