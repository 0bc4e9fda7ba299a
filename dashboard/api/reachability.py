"""/api/reachability: can people be paged, and those whom a schedule or policy relies on?"""
# ruff: noqa: N815  the API speaks camelCase

from collections.abc import Iterable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries as accounts
from core import clock
from core.api_time import iso
from core.api_view import ApiView, NamedRef, filters_of, listed, listing_of
from core.errors import ValidationFailed
from dashboard import reachability
from dashboard.reachability import Line, Person
from escalation import queries as escalation
from notifications.domain.readiness import GRAVITY, WORDS, Light, Reason, Score, WayScore
from schedules import queries as schedules

EVERY_LIGHT = [light.value for light in Light]
LIGHTS = [light.value for light in Light if light is not Light.OFF]


class ReasonOut(serializers.Serializer):
    """Why something is not green: `code` for programs, `words` for people."""

    code = serializers.ChoiceField([reason.value for reason in Reason])
    words = serializers.CharField()


class WayOut(serializers.Serializer):
    """One way; `off` does not count."""

    channel = serializers.CharField()
    light = serializers.ChoiceField(EVERY_LIGHT)
    reasons = ReasonOut(many=True)
    provenAt = serializers.DateTimeField(allow_null=True)


class TestPageOut(serializers.Serializer):
    """The newest test page; `answered` is null while it waits."""

    startedAt = serializers.DateTimeField()
    answered = serializers.BooleanField(allow_null=True)


class PersonReachOut(serializers.Serializer):
    user = NamedRef()
    light = serializers.ChoiceField(EVERY_LIGHT)
    reasons = ReasonOut(many=True)
    provenAt = serializers.DateTimeField(allow_null=True)
    ways = WayOut(many=True)
    testPage = TestPageOut(allow_null=True)


class DoubtOut(serializers.Serializer):
    """Somebody who is not green; `onDutyAt`: when their first shift of the next 30 days begins."""

    user = NamedRef()
    light = serializers.ChoiceField(EVERY_LIGHT)
    reasons = ReasonOut(many=True)
    onDutyAt = serializers.DateTimeField(allow_null=True)


class SubjectReachOut(serializers.Serializer):
    """Of a schedule the worst of those on duty in 30 days, of a policy the worst step counts."""

    id = serializers.CharField()
    name = serializers.CharField()
    light = serializers.ChoiceField(EVERY_LIGHT)
    doubts = DoubtOut(many=True)
    steps = serializers.ListField(child=serializers.CharField())


class Reachability(ApiView):
    scopes = {"GET": "notifications:read"}

    @extend_schema(
        operation_id="listReachability",
        parameters=[OpenApiParameter("light", enum=LIGHTS), OpenApiParameter("teamId")],
        responses=listed("people", PersonReachOut),
    )
    def get(self, request: Request) -> Response:
        """People whose reach you may see, the gravest first."""
        wanted = filters_of(request, ["light", "teamId"])
        if wanted.get("light", LIGHTS[0]) not in LIGHTS:
            raise ValidationFailed(f"light is one of {', '.join(LIGHTS)}", field="light")
        rows = accounts.whose_reach_is_seen_by(request.user)
        if "teamId" in wanted:
            rows = rows.filter(memberships__team__public_id=wanted["teamId"])
        lines = reachability.of_people(rows, clock.now())
        found = [line for line in lines if wanted.get("light", line.light) == line.light]
        found.sort(key=lambda line: (-GRAVITY[line.light], line.name.lower()))
        return listing_of(request, found, "people", _person)


class ReachabilityOfUser(ApiView):
    scopes = {"GET": "notifications:read"}

    @extend_schema(operation_id="getReachabilityOfUser", responses=PersonReachOut)
    def get(self, request: Request, user_id: str) -> Response:
        """Of one person; `me` names the owner of the key."""
        me: Any = request.user
        wanted = me.public_id if user_id == "me" else user_id
        rows = accounts.whose_reach_is_seen_by(me).filter(public_id=wanted)
        get_object_or_404(rows)
        return Response(_person(reachability.of_people(rows, clock.now())[0]))


class ReachabilityOfSchedule(ApiView):
    scopes = {"GET": "schedules:read"}

    @extend_schema(operation_id="getReachabilityOfSchedule", responses=SubjectReachOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Of everybody who is on duty there in the next 30 days."""
        now = clock.now()
        row = get_object_or_404(schedules.visible_to(request.user, now), public_id=public_id)
        return Response(_subject(reachability.of_schedules(request.user, now, [row])[0]))


class ReachabilityOfPolicy(ApiView):
    scopes = {"GET": "policies:read"}

    @extend_schema(operation_id="getReachabilityOfPolicy", responses=SubjectReachOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Of everybody whom its steps page in the next 30 days."""
        row = get_object_or_404(escalation.with_steps(), public_id=public_id)
        return Response(_subject(reachability.of_policies(request.user, clock.now(), [row])[0]))


def _person(line: Line) -> dict[str, Any]:
    score = line.score or Score(line.light)
    drill = score.drill
    return {
        "user": {"id": line.public_id, "name": line.name},
        "light": line.light,
        "reasons": _reasons(score.reasons),
        "provenAt": iso(score.proof),
        "ways": [_way(way) for way in score.ways],
        "testPage": drill and {"startedAt": iso(drill.at), "answered": score.answered},
    }


def _way(way: WayScore) -> dict[str, Any]:
    return {
        "channel": way.channel,
        "light": way.light,
        "reasons": _reasons(way.reasons),
        "provenAt": iso(way.proof),
    }


def _subject(line: Line) -> dict[str, Any]:
    return {
        "id": line.public_id,
        "name": line.name,
        "light": line.light,
        "doubts": [_doubt(one) for one in line.doubts],
        "steps": list(line.steps),
    }


def _doubt(one: Person) -> dict[str, Any]:
    return {
        "user": {"id": one.public_id, "name": one.name},
        "light": one.score.light,
        "reasons": _reasons(one.score.reasons),
        "onDutyAt": iso(one.at),
    }


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [{"code": reason.value, "words": WORDS[reason]} for reason in reasons]
