"""/api/fairness: who carries how much, of one schedule, of a team's, of all."""
# ruff: noqa: N815  the API speaks camelCase

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_time import iso
from core.api_view import ApiView, NamedRef, filters_of
from core.errors import InvalidRequest
from schedules import queries
from schedules.api.record import LedgerPersonOut
from schedules.domain import periods
from schedules.domain.periods import Period, Preset
from schedules.domain.walltime import to_local
from schedules.queries import Fairness, Person, Proposal

PERIOD = [
    OpenApiParameter("period", enum=[str(one) for one in Preset], description="default: 4w"),
    OpenApiParameter("from", description="first day, with `to` and without `period`"),
    OpenApiParameter("to", description="last day, counted"),
]


class LoadOut(serializers.Serializer):
    """Seconds. `doubled`: on call in several schedules at once, counted once in `onCall`."""

    user = LedgerPersonOut()
    onCall = serializers.IntegerField()
    nights = serializers.IntegerField()
    weekends = serializers.IntegerField()
    holidays = serializers.IntegerField()
    doubled = serializers.IntegerField()
    pages = serializers.IntegerField()
    nightPages = serializers.IntegerField()


class SumsOut(serializers.Serializer):
    """The check: `spans` = `people` + `doubled`, in seconds."""

    spans = serializers.IntegerField()
    people = serializers.IntegerField()
    doubled = serializers.IntegerField()
    balanced = serializers.BooleanField()


class CoveredOut(serializers.Serializer):
    """Before `knownFrom` is no record; from `plannedFrom` on it is a plan. Seconds."""

    schedule = NamedRef()
    knownFrom = serializers.DateTimeField()
    plannedFrom = serializers.DateTimeField()
    covered = serializers.IntegerField()
    nobody = serializers.IntegerField()


class SuggestionOut(serializers.Serializer):
    """An order of a layer's slots that evens the load out, from `anchor` (wall clock) on.

    `difference`: between the most and the least loaded, on average over the next shifts, seconds.
    """

    layer = NamedRef()
    slots = serializers.ListField(child=NamedRef(many=True))
    anchor = serializers.CharField()
    shifts = serializers.IntegerField()
    difference = serializers.IntegerField()
    differenceAsItIs = serializers.IntegerField()


class FairnessOut(serializers.Serializer):
    timeZone = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    people = LoadOut(many=True)
    sums = SumsOut()
    schedules = CoveredOut(many=True)
    suggestions = SuggestionOut(many=True)


class ScheduleFairness(ApiView):
    scopes = {"GET": "schedules:read"}

    @extend_schema(operation_id="getScheduleFairness", parameters=PERIOD, responses=FairnessOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Of one schedule, in whole days of its zone, with suggestions for its rotations."""
        filters_of(request, ["period", "from", "to"])
        now = clock.now()
        rows = queries.visible_to(request.user, now).select_related("holidays")
        schedule = get_object_or_404(rows, public_id=public_id)
        period = _asked(request, ZoneInfo(schedule.time_zone))
        found = queries.fairness_of([schedule], period, now)
        better = [_suggestion(one) for one in queries.proposals(schedule, period, now)]
        return Response(_body(found) | {"suggestions": better})


class AllFairness(ApiView):
    scopes = {"GET": "schedules:read"}

    @extend_schema(
        operation_id="getFairness",
        parameters=[OpenApiParameter("teamId"), *PERIOD],
        responses=FairnessOut,
    )
    def get(self, request: Request) -> Response:
        """Of all schedules that you see (at most 200), or of those a team owns."""
        given = filters_of(request, ["teamId", "period", "from", "to"])
        now = clock.now()
        rows = queries.visible_to(request.user, now).select_related("holidays")
        if "teamId" in given:
            rows = rows.filter(team__public_id=given["teamId"])
        period = _asked(request, request.user.zone)
        schedules = list(rows[: queries.MAX_SCHEDULES])
        found = queries.fairness_of(schedules, period, now)
        return Response(_body(found) | {"suggestions": []})


def _asked(request: Request, zone: ZoneInfo) -> Period:
    """Raises InvalidRequest."""
    preset, first, last = (request.query_params.get(name, "") for name in ("period", "from", "to"))
    today = to_local(clock.now(), zone).date()
    try:
        return periods.asked(preset, first, last, today, zone)
    except ValueError as error:
        field = "period" if preset else "from"
        raise InvalidRequest(f"Not a period: {error}", field=field, reason="invalid") from error


def _body(found: Fairness) -> dict[str, Any]:
    return {
        "timeZone": found.period.zone.key,
        "start": iso(found.period.start),
        "end": iso(found.period.end),
        "people": [_load(one) for one in found.people],
        "sums": {
            "spans": _seconds(found.sums.spans),
            "people": _seconds(found.sums.people),
            "doubled": _seconds(found.sums.doubled),
            "balanced": found.sums.balanced,
        },
        "schedules": [
            {
                "schedule": {"id": one.schedule.public_id, "name": one.schedule.name},
                "knownFrom": iso(one.known_from),
                "plannedFrom": iso(one.planned_from),
                "covered": _seconds(one.covered),
                "nobody": _seconds(one.nobody),
            }
            for one in found.covers
        ],
    }


def _load(one: Person) -> dict[str, Any]:
    return {
        "user": {"id": one.user.public_id if one.user else None, "name": one.name},
        "onCall": _seconds(one.load.total),
        "nights": _seconds(one.load.nights),
        "weekends": _seconds(one.load.weekends),
        "holidays": _seconds(one.load.holidays),
        "doubled": _seconds(one.load.doubled),
        "pages": one.pages,
        "nightPages": one.night_pages,
    }


def _suggestion(one: Proposal) -> dict[str, Any]:
    return {
        "layer": {"id": one.layer.public_id, "name": one.layer.name},
        "slots": [
            [{"id": user.public_id, "name": user.name} for user in slot] for slot in one.slots
        ],
        "anchor": one.coming.shifts[0].wall.isoformat(timespec="minutes"),
        "shifts": len(one.coming.shifts),
        "difference": _seconds(one.suggestion.then_mean),
        "differenceAsItIs": _seconds(one.suggestion.kept_mean),
    }


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
