"""/api/incidents/:id/responders: people who were asked to help, and their answers."""
# ruff: noqa: N815  the API speaks camelCase

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Team, User
from core import clock
from core.api_time import iso
from core.api_view import ApiView, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, ValidationFailed
from escalation.models import EscalationPolicy
from incidents import commands
from incidents.api.serializers import person
from incidents.api.views import SCOPES, incident_of
from incidents.commands import Helpers
from incidents.commands.responders import MOST, TEXT_LENGTH
from incidents.models import IncidentResponder, ResponderState
from schedules.models import Schedule

STATES = [state.value for state in ResponderState]
ANSWERS = {"ACCEPTED": True, "DECLINED": False}


def _ids() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list, max_length=MOST
    )


class HelpIn(serializers.Serializer):
    """Body of POST: whom to ask. A schedule means who is on call, a policy its first step."""

    userIds = _ids()
    teamIds = _ids()
    scheduleIds = _ids()
    policyIds = _ids()
    message = serializers.CharField(max_length=TEXT_LENGTH, default="", allow_blank=True)


class AnswerIn(serializers.Serializer):
    """Body of PATCH: the answer of the key's owner."""

    status = serializers.ChoiceField(sorted(ANSWERS))
    note = serializers.CharField(max_length=TEXT_LENGTH, default="", allow_blank=True)


class ResponderOut(serializers.Serializer):
    """Somebody who was asked to help."""

    id = serializers.CharField()
    user = serializers.DictField()
    status = serializers.ChoiceField(STATES)
    askedBy = serializers.CharField()
    message = serializers.CharField()
    why = serializers.CharField()
    note = serializers.CharField()
    askedAt = serializers.DateTimeField()
    answeredAt = serializers.DateTimeField(allow_null=True)
    answerUntil = serializers.DateTimeField(allow_null=True)


class AskedOut(serializers.Serializer):
    responders = ResponderOut(many=True)


def responder_json(row: IncidentResponder) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "user": person(row.user),
        "status": row.state,
        "askedBy": row.asked_by_label,
        "message": row.message,
        "why": row.source,
        "note": row.note,
        "askedAt": iso(row.asked_at),
        "answeredAt": iso(row.answered_at),
        "answerUntil": iso(row.due_at),
    }


def _rows(request: Request, public_id: str) -> QuerySet[IncidentResponder]:
    return incident_of(request, public_id).responders.select_related("user", "incident__service")


def _named(rows: Any, ids: list[str], field: str) -> list[Any]:
    """Raises ValidationFailed when one of them is not there."""
    found = list(rows.filter(public_id__in=ids))
    if len(found) != len(set(ids)):
        raise ValidationFailed(f"{field}: no such id", field=field, reason="does_not_exist")
    return found


class Responders(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listResponders", responses=listed("responders", ResponderOut))
    def get(self, request: Request, public_id: str) -> Response:
        """Who was asked to help, in that order, and what they answered."""
        filters_of(request, [])
        return listing(request, _rows(request, public_id), "responders", responder_json)

    @extend_schema(operation_id="askForHelp", request=HelpIn, responses={201: AskedOut})
    def post(self, request: Request, public_id: str) -> Response:
        """Pages more people; the incident stays with its owner, and you are told who comes."""
        incident = incident_of(request, public_id)
        body = checked(HelpIn, request)
        schedules = Schedule.objects.filter(archived_at=None)
        policies = EscalationPolicy.objects.filter(archived_at=None)
        helpers = Helpers(
            people=_named(User.objects.pageable(), body["userIds"], "userIds"),
            teams=_named(Team.objects.all(), body["teamIds"], "teamIds"),
            schedules=_named(schedules, body["scheduleIds"], "scheduleIds"),
            policies=_named(policies, body["policyIds"], "policyIds"),
        )
        rows = commands.ask(
            incident,
            helpers,
            by=actor_of_api(request),
            now=clock.now(),
            message=body["message"],
        )
        return Response({"responders": [responder_json(row) for row in rows]}, status=201)


class OneResponder(ApiView):
    scopes: ClassVar[Mapping[str, str]] = {**SCOPES, "DELETE": "incidents:write"}

    @extend_schema(operation_id="getResponder", responses=ResponderOut)
    def get(self, request: Request, public_id: str, responder: str) -> Response:
        """One request for help."""
        row = get_object_or_404(_rows(request, public_id), public_id=responder)
        return Response(responder_json(row))

    @extend_schema(operation_id="answerRequest", request=AnswerIn, responses=ResponderOut)
    def patch(self, request: Request, public_id: str, responder: str) -> Response:
        """Accepts or declines, for oneself only; whoever asked is told."""
        row = get_object_or_404(_rows(request, public_id), public_id=responder)
        if row.user_id != request.user.pk:
            raise Forbidden("Only they themselves may answer")
        body = checked(AnswerIn, request)
        row = commands.answer(
            row.incident,
            row.user,
            accept=ANSWERS[body["status"]],
            by=actor_of_api(request),
            now=clock.now(),
            note=body["note"],
        )
        return Response(responder_json(row))

    @extend_schema(operation_id="withdrawRequest", responses=ResponderOut)
    def delete(self, request: Request, public_id: str, responder: str) -> Response:
        """Withdraws a request that is not answered; the row stays, as withdrawn."""
        row = get_object_or_404(_rows(request, public_id), public_id=responder)
        commands.withdraw(row, by=actor_of_api(request), now=clock.now())
        row.refresh_from_db()
        return Response(responder_json(row))
