"""/api/schedules/:id/override-series, and what is odd about an override before it is saved."""
# ruff: noqa: N815  the API speaks camelCase

from datetime import date, time
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from accounts.models import User
from core import clock
from core.api_time import iso
from core.api_view import ApiView, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, ValidationFailed
from schedules import cautions, commands, queries
from schedules.api import views
from schedules.api.serializers import ClockField, OverrideIn
from schedules.models import Override, OverrideKind, OverrideSeries, Schedule
from schedules.queries import DAYS

SCOPES = {
    "GET": "schedules:read",
    "POST": "schedules:write",
    "PATCH": "schedules:write",
    "DELETE": "schedules:write",
}


class SeriesIn(serializers.Serializer):
    """Body of POST /api/schedules/:id/override-series; clocks of the schedule's zone."""

    type = serializers.ChoiceField(OverrideKind.choices)
    userId = serializers.CharField(max_length=40, required=False, allow_null=True)
    replacesUserId = serializers.CharField(max_length=40, required=False, allow_null=True)
    days = serializers.ListField(
        child=serializers.ChoiceField(DAYS), allow_empty=False, max_length=len(DAYS)
    )
    start = ClockField()
    end = ClockField()
    endDay = serializers.ChoiceField(DAYS, default=None, allow_null=True)
    firstDay = serializers.DateField()
    lastDay = serializers.DateField(default=None, allow_null=True)
    confirmGap = serializers.BooleanField(default=False)


class SeriesChange(serializers.Serializer):
    """Body of PATCH: one coming date is left out (`skip` true), or taken in again."""

    date = serializers.DateField()
    skip = serializers.BooleanField(default=True)
    confirmGap = serializers.BooleanField(default=False)


class ResumeIn(serializers.Serializer):
    """Body of POST …/resume."""

    confirmGap = serializers.BooleanField(default=False)


class SeriesOut(serializers.Serializer):
    """An override that comes back each week."""

    id = serializers.CharField()
    type = serializers.ChoiceField(OverrideKind.choices)
    userId = serializers.CharField(allow_null=True)
    replacesUserId = serializers.CharField(allow_null=True)
    timeZone = serializers.CharField()
    days = serializers.ListField(child=serializers.CharField())
    start = serializers.CharField()
    end = serializers.CharField()
    endDay = serializers.CharField(allow_null=True)
    firstDay = serializers.DateField()
    lastDay = serializers.DateField(allow_null=True)
    skipped = serializers.ListField(child=serializers.DateField())
    createdAt = serializers.DateTimeField()
    endedAt = serializers.DateTimeField(allow_null=True)
    changesNothing = serializers.BooleanField(
        help_text="Nobody is there to be taken off at any of its next times"
    )


class IntervalOut(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class CautionOut(serializers.Serializer):
    """One thing to think of; no intervals: it is about all of it."""

    code = serializers.ChoiceField([(code.value, code.value) for code in cautions.Code])
    text = serializers.CharField()
    intervals = IntervalOut(many=True)


class CautionsOut(serializers.Serializer):
    """What is odd about an override; empty when nothing is."""

    cautions = CautionOut(many=True)


class AllSeries(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listOverrideSeries", responses=listed("overrideSeries", SeriesOut))
    def get(self, request: Request, public_id: str) -> Response:
        """Recurring overrides that nobody has ended."""
        filters_of(request, [])
        now = clock.now()
        rows = queries.series_of(_schedule(request, public_id), now)
        idle = queries.idle_series(rows, now)
        return listing(
            request, rows, "overrideSeries", lambda row: series_json(row, row.pk in idle)
        )

    @extend_schema(operation_id="addOverrideSeries", request=SeriesIn, responses={201: SeriesOut})
    def post(self, request: Request, public_id: str) -> Response:
        """An override each week, from now on; a gap needs `confirmGap` (else 409)."""
        _require_edit(request)
        schedule = _schedule(request, public_id)
        body = checked(SeriesIn, request)
        spec = commands.SeriesSpec(
            kind=body["type"],
            user=person(body.get("userId"), "userId"),
            replaces=person(body.get("replacesUserId"), "replacesUserId"),
            days=body["days"],
            start=time.fromisoformat(body["start"]),
            end=time.fromisoformat(body["end"]),
            end_day=body["endDay"] or "",
            first_day=body["firstDay"],
            last_day=body["lastDay"],
        )
        acting: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        row = commands.add_series(schedule, spec, confirm_gap=body["confirmGap"], **acting)
        return Response(_shown(row), status=201)


class OneSeries(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="getOverrideSeries", responses=SeriesOut)
    def get(self, request: Request, public_id: str, series_id: str) -> Response:
        """One recurring override."""
        return Response(_shown(_series(request, public_id, series_id)))

    @extend_schema(operation_id="skipOverrideSeriesDate", request=SeriesChange, responses=SeriesOut)
    def patch(self, request: Request, public_id: str, series_id: str) -> Response:
        """Leaves out one coming date, or takes it in again; what has begun stays (409).

        If that opens a gap: `confirmGap` (else 409).
        """
        _require_edit(request)
        row = _series(request, public_id, series_id)
        body = checked(SeriesChange, request)
        acting: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        asked: dict[str, Any] = {"skip": body["skip"], "confirm_gap": body["confirmGap"]}
        row = commands.skip_date(row, body["date"], **asked, **acting)
        return Response(_shown(row))

    @extend_schema(
        operation_id="endOverrideSeries",
        parameters=[OpenApiParameter("confirmGap", bool)],
        responses={204: None},
    )
    def delete(self, request: Request, public_id: str, series_id: str) -> Response:
        """From now on it comes back no more; the past stays.

        If that opens a gap: `confirmGap` (else 409).
        """
        _require_edit(request)
        row = _series(request, public_id, series_id)
        acting: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        commands.end_series(row, confirm_gap=views.gap_confirmed(request), **acting)
        return Response(status=204)


class SeriesResume(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="resumeOverrideSeries", request=ResumeIn, responses={201: SeriesOut}
    )
    def post(self, request: Request, public_id: str, series_id: str) -> Response:
        """Undo of the end: a new series like it, from now on.

        409 if it has not ended, and for a gap without `confirmGap`.
        """
        _require_edit(request)
        rows = _schedule(request, public_id).series.select_related("user", "replaces")
        row = get_object_or_404(rows, public_id=series_id)
        confirmed = checked(ResumeIn, request)["confirmGap"]
        acting: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        row = commands.resume_series(row, confirm_gap=confirmed, **acting)
        return Response(_shown(row), status=201)


class OverrideCheck(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="checkOverride", request=OverrideIn, responses=CautionsOut)
    def post(self, request: Request, public_id: str) -> Response:
        """What would be odd about this override; saves nothing."""
        schedule = _schedule(request, public_id)
        body, now = checked(OverrideIn, request), clock.now()
        row = Override(
            schedule=schedule,
            kind=body["type"],
            user=person(body.get("userId"), "userId"),
            replaces=person(body.get("replacesUserId"), "replacesUserId"),
            start=body["start"],
            end=body["end"],
            created_at=now,
        )
        commands.check_override(row)
        found = [caution_json(one) for one in cautions.of_override(row, now)]
        return Response({"cautions": found})


def _shown(row: OverrideSeries) -> dict[str, Any]:
    return series_json(row, bool(queries.idle_series([row], clock.now())))


def series_json(row: OverrideSeries, idle: bool) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "type": row.kind,
        "userId": row.user.public_id if row.user else None,
        "replacesUserId": row.replaces.public_id if row.replaces else None,
        "timeZone": row.time_zone,
        "days": row.days,
        "start": row.start,
        "end": row.end,
        "endDay": row.end_day or None,
        "firstDay": row.first_day.isoformat(),
        "lastDay": row.last_day.isoformat() if row.last_day else None,
        "skipped": [date.fromisoformat(day).isoformat() for day in row.skipped],
        "createdAt": iso(row.created_at),
        "endedAt": iso(row.ended_at),
        "changesNothing": idle,
    }


def caution_json(one: cautions.Caution) -> dict[str, Any]:
    times = [{"start": iso(start), "end": iso(end)} for start, end in one.intervals]
    return {"code": str(one.code), "text": one.text, "intervals": times}


def person(public_id: str | None, field: str) -> User | None:
    """The person of a public id. Raises ValidationFailed for an unknown one."""
    if public_id is None:
        return None
    user = User.objects.filter(public_id=public_id).first()
    if user is None:
        raise ValidationFailed("There is no such person", field=field, reason="does_not_exist")
    return user


def _schedule(request: Request, public_id: str) -> Schedule:
    return get_object_or_404(queries.visible_to(request.user, clock.now()), public_id=public_id)


def _series(request: Request, public_id: str, series_id: str) -> OverrideSeries:
    rows = queries.series_of(_schedule(request, public_id), clock.now())
    return get_object_or_404(rows, public_id=series_id)


def _require_edit(request: Request) -> None:
    if not roles.may(request.user.role, roles.Ability.EDIT_SCHEDULE):
        raise Forbidden("Your role may not edit schedules")
