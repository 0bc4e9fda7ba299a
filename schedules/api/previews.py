"""What a change would mean before it is saved, and what clock changes do in the year ahead."""
# ruff: noqa: N815  the API speaks camelCase

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core import clock
from core.api_time import iso
from core.api_view import ApiView, NamedRef, checked
from schedules import commands, queries
from schedules.api import views
from schedules.api.serializers import LayerIn
from schedules.commands import Outcome
from schedules.domain.overlap import Standing
from schedules.domain.seams import OddHandOff, OddShift
from schedules.domain.weekly_seams import SeamKind, WeeklySeam
from schedules.domain.windows import Interval
from schedules.models import Schedule
from schedules.queries import DAYS, Seams

LISTED = 200
LIMITS = {"POST": 30}
_MINUTE = timedelta(minutes=1)


class PreviewIn(LayerIn):
    """A layer as it would be posted; with `layerId` as it would be put in the place of that one."""

    layerId = serializers.CharField(max_length=40, default=None, allow_null=True)


class RemovalPreviewIn(serializers.Serializer):
    """Which layer would be removed."""

    layerId = serializers.CharField(max_length=40)


class ZonePreviewIn(serializers.Serializer):
    """To which clocks the schedule would move."""

    timeZone = serializers.CharField(max_length=64)


class PeriodOut(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class ChangeOut(serializers.Serializer):
    """`after` instead of `before`: how many shifts, from when on, how long together."""

    firstAt = serializers.DateTimeField()
    before = NamedRef(many=True)
    after = NamedRef(many=True)
    shifts = serializers.IntegerField()
    minutes = serializers.IntegerField()


class TwiceOut(serializers.Serializer):
    """Named by two layers of one priority at once."""

    user = NamedRef()
    since = serializers.DateTimeField()


class OverlapOut(serializers.Serializer):
    """Another layer with somebody on duty at the same time: "above" answers instead of this one,
    "below" does not, "equal" answers together with it."""

    layer = serializers.CharField()
    priority = serializers.IntegerField()
    standing = serializers.ChoiceField([(one.value, one.value) for one in Standing])
    since = serializers.DateTimeField()


class ClockChangeOut(serializers.Serializer):
    timeZone = serializers.CharField()
    at = serializers.DateTimeField()
    minutes = serializers.IntegerField()


class OddShiftOut(serializers.Serializer):
    """A shift that lasts `minutes` and looks like `shownMinutes` on the clocks there."""

    layer = serializers.CharField()
    users = NamedRef(many=True)
    timeZone = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    shownMinutes = serializers.IntegerField()


class OddHandOffOut(serializers.Serializer):
    """A hand-off at a wall time that clocks skip or repeat; `at` is when it is."""

    layer = serializers.CharField()
    timeZone = serializers.CharField()
    wall = serializers.CharField()
    at = serializers.DateTimeField()
    skipped = serializers.BooleanField()


class WeeklySeamOut(serializers.Serializer):
    """Holds on these days and hours of the schedule's zone, from `since` to `until`."""

    kind = serializers.CharField(help_text=" or ".join(SeamKind))
    layers = serializers.ListField(child=serializers.CharField())
    days = serializers.ListField(child=serializers.ChoiceField(DAYS))
    start = serializers.CharField()
    end = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)


class SeamsOut(serializers.Serializer):
    """What clock changes do within twelve months."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    clockChanges = ClockChangeOut(many=True)
    shifts = OddShiftOut(many=True)
    handOffs = OddHandOffOut(many=True)
    weekly = WeeklySeamOut(many=True)


class PreviewOut(serializers.Serializer):
    """Twelve months with the change and without it; lists end after 200, counts do not.

    `end` is earlier where the rules change hands too often to look so far.
    """

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    shiftsChanged = serializers.IntegerField()
    changes = ChangeOut(many=True)
    createsGap = serializers.BooleanField()
    newGaps = PeriodOut(many=True)
    closedGaps = PeriodOut(many=True)
    gaps = PeriodOut(many=True)
    namedTwice = TwiceOut(many=True)
    overlaps = OverlapOut(many=True)
    seams = SeamsOut()


class PreviewOfLayer(ApiView):
    scopes = {"POST": "schedules:write"}
    limits = LIMITS

    @extend_schema(operation_id="previewLayer", request=PreviewIn, responses=PreviewOut)
    def post(self, request: Request, public_id: str) -> Response:
        """What a layer would change in the twelve months from `effectiveFrom` on; saves nothing."""
        views.require_edit(request)
        schedule = views.schedule_of(request, public_id)
        body = checked(PreviewIn, request)
        layer = body["layerId"] and views.layer_of(schedule, body["layerId"])
        outcome = commands.preview_layer(
            schedule,
            views.spec_of(body),
            now=clock.now(),
            layer=layer or None,
            name=body["name"],
            effective_from=body["effectiveFrom"],
            restart=body["restart"],
        )
        return _answer(schedule, outcome)


class PreviewOfRemoval(ApiView):
    scopes = {"POST": "schedules:write"}
    limits = LIMITS

    @extend_schema(
        operation_id="previewRemovalOfLayer", request=RemovalPreviewIn, responses=PreviewOut
    )
    def post(self, request: Request, public_id: str) -> Response:
        """What the removal of a layer would change in the next twelve months; saves nothing."""
        views.require_edit(request)
        schedule = views.schedule_of(request, public_id)
        layer = views.layer_of(schedule, checked(RemovalPreviewIn, request)["layerId"])
        return _answer(schedule, commands.preview_removal(layer, now=clock.now()))


class PreviewOfZone(ApiView):
    scopes = {"POST": "schedules:write"}
    limits = LIMITS

    @extend_schema(operation_id="previewZone", request=ZonePreviewIn, responses=PreviewOut)
    def post(self, request: Request, public_id: str) -> Response:
        """What a move to other clocks would change in the next twelve months; saves nothing."""
        views.require_edit(request)
        schedule = views.schedule_of(request, public_id)
        zone = checked(ZonePreviewIn, request)["timeZone"]
        return _answer(schedule, commands.preview_zone(schedule, zone, now=clock.now()))


class SeamsOfSchedule(ApiView):
    scopes = {"GET": "schedules:read"}

    @extend_schema(operation_id="listSeams", responses=SeamsOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Longer and shorter shifts, moved hand-offs, double cover and gaps of clock changes."""
        schedule = views.schedule_of(request, public_id)
        return Response(_seams_json(queries.seams(schedule, clock.now())))


def _answer(schedule: Schedule, outcome: Outcome) -> Response:
    start = outcome.preview.start
    seams = queries.seams_of(outcome.after, schedule, outcome.people, start)
    return Response(_preview_json(outcome) | {"seams": _seams_json(seams)})


def _preview_json(outcome: Outcome) -> dict[str, Any]:
    found, people = outcome.preview, outcome.people
    return {
        "start": iso(found.start),
        "end": iso(found.end),
        "shiftsChanged": len(found.differences),
        "changes": [
            {
                "firstAt": iso(line.first),
                "before": _refs(line.before, people),
                "after": _refs(line.after, people),
                "shifts": line.shifts,
                "minutes": line.total // _MINUTE,
            }
            for line in found.lines[:LISTED]
        ],
        "createsGap": bool(found.new_gaps),
        "newGaps": _periods(found.new_gaps),
        "closedGaps": _periods(found.ended_gaps),
        "gaps": _periods(found.gaps),
        "namedTwice": [
            {"user": _refs([user], people)[0], "since": iso(since)}
            for user, since in outcome.twice.items()
            if user in people
        ],
        "overlaps": [
            {
                "layer": one.name,
                "priority": one.priority,
                "standing": str(one.standing),
                "since": iso(one.since),
            }
            for one in outcome.overlaps
        ],
    }


def _seams_json(seams: Seams) -> dict[str, Any]:
    return {
        "start": iso(seams.start),
        "end": iso(seams.end),
        "clockChanges": [
            {"timeZone": one.zone.key, "at": iso(one.at), "minutes": one.step // _MINUTE}
            for one in seams.report.changes
        ],
        "shifts": [_shift(one, seams.people) for one in seams.report.shifts[:LISTED]],
        "handOffs": [_hand_off(one) for one in seams.report.hand_offs[:LISTED]],
        "weekly": [_weekly(one) for one in seams.weekly[:LISTED]],
    }


def _shift(one: OddShift, people: dict[int, User]) -> dict[str, Any]:
    return {
        "layer": one.layer,
        "users": _refs(one.users, people),
        "timeZone": one.zone.key,
        "start": iso(one.start),
        "end": iso(one.end),
        "minutes": one.length // _MINUTE,
        "shownMinutes": one.shown // _MINUTE,
    }


def _hand_off(one: OddHandOff) -> dict[str, Any]:
    return {
        "layer": one.layer,
        "timeZone": one.zone.key,
        "wall": one.wall.isoformat(timespec="minutes"),
        "at": iso(one.at),
        "skipped": one.missing,
    }


def _weekly(one: WeeklySeam) -> dict[str, Any]:
    return {
        "kind": str(one.kind),
        "layers": list(one.layers),
        "days": [DAYS[day] for day in one.days],
        "start": one.start.strftime("%H:%M"),
        "end": one.end.strftime("%H:%M"),
        "since": iso(one.since),
        "until": iso(one.until),
    }


def _periods(intervals: Iterable[Interval]) -> list[dict[str, Any]]:
    return [{"start": iso(start), "end": iso(end)} for start, end in list(intervals)[:LISTED]]


def _refs(users: Iterable[int], people: dict[int, User]) -> list[dict[str, str]]:
    known = [people[user] for user in sorted(users) if user in people]
    return [{"id": user.public_id, "name": user.name} for user in known]
