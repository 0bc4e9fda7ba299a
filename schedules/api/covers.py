"""/api/cover-requests: ask somebody or anyone to take a shift, answer, withdraw."""
# ruff: noqa: N815  the API speaks camelCase

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_time import iso
from core.api_view import ApiView, actor_of_api, checked, filters_of, listed, listing
from core.errors import ValidationFailed
from schedules import commands, queries
from schedules.api.planned import person
from schedules.models import CoverKind, CoverRequest, CoverState

SCOPES = {"GET": "schedules:read", "POST": "schedules:write"}


class CoverRequestIn(serializers.Serializer):
    """Body of POST /api/cover-requests; the owner of the key asks.

    Without `askedUserId` anyone on the schedule is asked. With both `returnStart` and `returnEnd`
    it is a swap with the person who is asked.
    """

    scheduleId = serializers.CharField(max_length=40)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    askedUserId = serializers.CharField(max_length=40, required=False, allow_null=True)
    returnStart = serializers.DateTimeField(required=False, allow_null=True)
    returnEnd = serializers.DateTimeField(required=False, allow_null=True)
    message = serializers.CharField(max_length=1000, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("returnStart")) != bool(attrs.get("returnEnd")):
            raise serializers.ValidationError({"returnEnd": "give both ends of the shift"})
        return attrs


class AcceptIn(serializers.Serializer):
    """Body of POST …/accept; an admin may accept for somebody else by `userId`."""

    userId = serializers.CharField(max_length=40, required=False, allow_null=True)
    despiteAbsence = serializers.BooleanField(
        default=False, help_text="Also when the taker has time off then; else that is 409"
    )


class CoverRequestOut(serializers.Serializer):
    """A request for cover."""

    id = serializers.CharField()
    type = serializers.ChoiceField(CoverKind.choices)
    status = serializers.ChoiceField(CoverState.choices)
    scheduleId = serializers.CharField()
    requesterId = serializers.CharField()
    askedUserId = serializers.CharField(allow_null=True)
    takenByUserId = serializers.CharField(allow_null=True)
    message = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    returnStart = serializers.DateTimeField(allow_null=True)
    returnEnd = serializers.DateTimeField(allow_null=True)
    createdAt = serializers.DateTimeField()
    expiresAt = serializers.DateTimeField()
    decidedAt = serializers.DateTimeField(allow_null=True)


class Covers(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="listCoverRequests",
        parameters=[OpenApiParameter("status"), OpenApiParameter("scheduleId")],
        responses=listed("coverRequests", CoverRequestOut),
    )
    def get(self, request: Request) -> Response:
        """Requests that one may see; filters: status, scheduleId."""
        given = filters_of(request, ["status", "scheduleId"])
        rows = queries.covers_visible_to(request.user, clock.now())
        if "status" in given:
            state = given["status"].upper()
            if state not in CoverState.values:
                options = ", ".join(CoverState.values)
                raise ValidationFailed(f"status is one of {options}", field="status")
            rows = rows.filter(state=state)
        if "scheduleId" in given:
            rows = rows.filter(schedule__public_id=given["scheduleId"])
        return listing(request, rows, "coverRequests", cover_json)

    @extend_schema(
        operation_id="askForCover", request=CoverRequestIn, responses={201: CoverRequestOut}
    )
    def post(self, request: Request) -> Response:
        """Asks for cover of one's own shift, or for a swap."""
        body, now = checked(CoverRequestIn, request), clock.now()
        visible = queries.visible_to(request.user, now)
        schedule = visible.filter(public_id=body["scheduleId"]).first()
        if schedule is None:
            message = "There is no such schedule"
            raise ValidationFailed(message, field="scheduleId", reason="does_not_exist")
        back = (body["returnStart"], body["returnEnd"]) if body.get("returnStart") else None
        row = commands.ask_cover(
            schedule,
            requester=request.user,
            start=body["start"],
            end=body["end"],
            asked=person(body.get("askedUserId"), "askedUserId"),
            message=body["message"],
            in_return=back,
            by=actor_of_api(request),
            now=now,
        )
        return Response(cover_json(row), status=201)


class OneCover(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="getCoverRequest", responses=CoverRequestOut)
    def get(self, request: Request, cover_id: str) -> Response:
        """One request for cover."""
        return Response(cover_json(_cover(request, cover_id)))


class AcceptCover(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="acceptCover", request=AcceptIn, responses=CoverRequestOut)
    def post(self, request: Request, cover_id: str) -> Response:
        """The shift changes hands; the first to accept wins (409 for the others)."""
        body = checked(AcceptIn, request)
        taker = person(body.get("userId"), "userId") or request.user
        known = {"despite_absence": body["despiteAbsence"]}
        return _answered(request, cover_id, commands.accept_cover, taker=taker, **known)


class DeclineCover(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="declineCover", request=None, responses=CoverRequestOut)
    def post(self, request: Request, cover_id: str) -> Response:
        """The person who was asked says no, which ends it."""
        return _answered(request, cover_id, commands.decline_cover)


class WithdrawCover(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="withdrawCover", request=None, responses=CoverRequestOut)
    def post(self, request: Request, cover_id: str) -> Response:
        """Whoever asked needs it no more."""
        return _answered(request, cover_id, commands.withdraw_cover)


def cover_json(row: CoverRequest) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "type": row.kind,
        "status": row.state,
        "scheduleId": row.schedule.public_id,
        "requesterId": row.requester.public_id,
        "askedUserId": row.asked.public_id if row.asked else None,
        "takenByUserId": row.taken_by.public_id if row.taken_by else None,
        "message": row.message,
        "start": iso(row.start),
        "end": iso(row.end),
        "returnStart": iso(row.return_start),
        "returnEnd": iso(row.return_end),
        "createdAt": iso(row.created_at),
        "expiresAt": iso(row.expires_at),
        "decidedAt": iso(row.decided_at),
    }


def _cover(request: Request, cover_id: str) -> CoverRequest:
    rows = queries.covers_visible_to(request.user, clock.now())
    return get_object_or_404(rows, public_id=cover_id)


def _answered(
    request: Request, cover_id: str, command: Callable[..., Any], **more: Any
) -> Response:
    row = _cover(request, cover_id)
    command(row, by=actor_of_api(request), now=clock.now(), **more)
    return Response(cover_json(queries.cover_requests().get(pk=row.pk)))
