"""/api/schedules/:id/overrides: add, take back, undo."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_view import ApiView, actor_of_api, checked, filters_of, listed, listing
from schedules import commands, queries
from schedules.api import serializers as shapes
from schedules.api import views
from schedules.api.planned import person


class RestoreIn(serializers.Serializer):
    """`end`: until when it holds again; needed for one that was ended while it ran."""

    end = serializers.DateTimeField(required=False)
    confirmGap = serializers.BooleanField(default=False)


class Overrides(ApiView):
    scopes = views.SCOPES

    @extend_schema(operation_id="listOverrides", responses=listed("overrides", shapes.OverrideOut))
    def get(self, request: Request, public_id: str) -> Response:
        """Overrides that run or are to come."""
        filters_of(request, [])
        rows = queries.current_overrides(views.schedule_of(request, public_id), clock.now())
        return listing(request, rows, "overrides", shapes.override_json)

    @extend_schema(
        operation_id="addOverride",
        request=shapes.OverrideIn,
        responses={201: shapes.NewOverrideOut},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """An override; one that leaves nobody on call needs `confirmGap` (else 409)."""
        views.require_edit(request)
        schedule = views.schedule_of(request, public_id)
        body = checked(shapes.OverrideIn, request)
        now = clock.now()
        commands.check_not_past(request.user, body["start"], now=now, field="start")
        override = commands.add_override(
            schedule,
            kind=body["type"],
            start=body["start"],
            end=body["end"],
            user=person(body.get("userId"), "userId"),
            replaces=person(body.get("replacesUserId"), "replacesUserId"),
            reason=body["reason"],
            confirm_gap=body["confirmGap"],
            by=actor_of_api(request),
            now=now,
        )
        warnings = [warning.code for warning in commands.warnings_of(override)]
        return Response(shapes.override_json(override) | {"warnings": warnings}, status=201)


class OneOverride(ApiView):
    scopes = views.SCOPES

    @extend_schema(
        operation_id="cancelOverride",
        parameters=[OpenApiParameter("confirmGap", bool)],
        responses={204: None},
    )
    def delete(self, request: Request, public_id: str, override_id: str) -> Response:
        """Takes it back; one that runs ends now. If that opens a gap: `confirmGap` (else 409)."""
        views.require_edit(request)
        rows = views.schedule_of(request, public_id).overrides.filter(cancelled_at=None)
        override = get_object_or_404(rows, public_id=override_id)
        acting: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        commands.cancel_override(override, confirm_gap=views.gap_confirmed(request), **acting)
        return Response(status=204)


class OverrideRestore(ApiView):
    scopes = views.SCOPES

    @extend_schema(operation_id="restoreOverride", request=RestoreIn, responses=shapes.OverrideOut)
    def post(self, request: Request, public_id: str, override_id: str) -> Response:
        """Undo: it holds again from now on; one that ran goes on as a new override.

        409 when it holds already, when nothing of it is left, and for a gap without `confirmGap`.
        """
        views.require_edit(request)
        schedule = views.schedule_of(request, public_id)
        row = get_object_or_404(schedule.overrides, public_id=override_id)
        body = checked(RestoreIn, request)
        acting: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        end, confirmed = body.get("end", row.end), body["confirmGap"]
        row = commands.restore_override(row, end=end, confirm_gap=confirmed, **acting)
        return Response(shapes.override_json(row))
