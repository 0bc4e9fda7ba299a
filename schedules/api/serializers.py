"""Shapes of schedules, layers, overrides and "who is on call"."""
# ruff: noqa: N815  the API speaks camelCase

import re
from datetime import datetime
from typing import Any

from rest_framework import serializers

from core.api_time import iso
from core.api_view import NamedRef
from schedules.commands import LONGEST_REASON, MAX_SLOTS
from schedules.commands.handoffs import LONGEST_LEAD
from schedules.commands.hours import MAX_WINDOWS
from schedules.models import (
    Layer,
    LayerVersion,
    Override,
    OverrideKind,
    RotationPhase,
    RotationUnit,
    Schedule,
)
from schedules.queries import DAYS

_WALL = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:00)?$")


class WallField(serializers.CharField):
    """A wall-clock time without an offset: ``2026-03-02T09:00``."""

    def to_internal_value(self, data: Any) -> datetime:
        text = super().to_internal_value(data)
        try:
            if _WALL.match(text):
                return datetime.fromisoformat(text)
        except ValueError:
            pass
        raise serializers.ValidationError("a wall-clock time like 2026-03-02T09:00, no offset")


class ClockField(serializers.CharField):
    """A time of day to the minute: ``09:00``."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
            raise serializers.ValidationError("a time of day like 09:30")
        return text


class ReasonField(serializers.CharField):
    """Why the past is corrected."""

    def __init__(self, **options: Any) -> None:
        options |= {"max_length": LONGEST_REASON, "default": "", "allow_blank": True}
        help_text = "Stands in the record where this corrects the past; else it is not kept"
        super().__init__(help_text=help_text, **options)


class ScheduleIn(serializers.Serializer):
    """Body of POST /api/schedules."""

    name = serializers.CharField(max_length=120)
    timeZone = serializers.CharField(max_length=64, default="UTC")
    description = serializers.CharField(max_length=2000, default="", allow_blank=True)
    teamId = serializers.CharField(max_length=40, default=None, allow_null=True)


class ScheduleChange(serializers.Serializer):
    """Body of PATCH /api/schedules/:id."""

    name = serializers.CharField(max_length=120, required=False)
    timeZone = serializers.CharField(max_length=64, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    teamId = serializers.CharField(max_length=40, required=False, allow_null=True)
    handoffLeadMinutes = serializers.IntegerField(
        min_value=0, max_value=LONGEST_LEAD, required=False, allow_null=True
    )
    confirmGap = serializers.BooleanField(required=False)
    revision = serializers.IntegerField(
        min_value=1, required=False, help_text="What you saw; like the header If-Match"
    )


class SlotShape(serializers.Serializer):
    """Zero, one or more people who are on call together."""

    userIds = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20)


class RotationShape(serializers.Serializer):
    """Who takes turns, counted from the anchor on the wall clock of the schedule's zone."""

    unit = serializers.ChoiceField(RotationUnit.choices)
    every = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    anchor = WallField()
    phase = serializers.ChoiceField(RotationPhase.choices, required=False)
    shiftLengthMinutes = serializers.IntegerField(
        min_value=1, max_value=527_040, default=None, allow_null=True
    )
    slots = SlotShape(many=True, max_length=MAX_SLOTS, allow_empty=False)


class RestrictionShape(serializers.Serializer):
    """A weekly window; `days` name the days on which it starts; `endDay` makes a weekly span."""

    days = serializers.ListField(
        child=serializers.ChoiceField(DAYS), allow_empty=False, max_length=7
    )
    start = ClockField()
    end = ClockField()
    endDay = serializers.ChoiceField(DAYS, default=None, allow_null=True)


class SupportHoursIn(serializers.Serializer):
    """Body of POST and PUT of /api/support-hours; windows are read on the clocks of `timeZone`."""

    name = serializers.CharField(max_length=120)
    timeZone = serializers.CharField(max_length=64)
    windows = RestrictionShape(many=True, max_length=MAX_WINDOWS, allow_empty=False)
    holidayCalendarId = serializers.CharField(max_length=40, default=None, allow_null=True)


class LayerIn(serializers.Serializer):
    """Body of POST and PUT of a layer. `timeZone` null: the layer follows the schedule's zone."""

    name = serializers.CharField(max_length=120)
    timeZone = serializers.CharField(max_length=64, default=None, allow_null=True)
    priority = serializers.IntegerField(min_value=-1000, max_value=1000, default=0)
    rotation = RotationShape()
    restrictions = RestrictionShape(many=True, default=list, max_length=100)
    end = WallField(default=None, allow_null=True)
    effectiveFrom = serializers.DateTimeField(default=None, allow_null=True)
    restart = serializers.BooleanField(default=False)
    reason = ReasonField()
    confirmGap = serializers.BooleanField(default=False)
    revision = serializers.IntegerField(
        min_value=1, required=False, help_text="What you saw; like the header If-Match"
    )


class OverrideIn(serializers.Serializer):
    """Body of POST /api/schedules/:id/overrides."""

    type = serializers.ChoiceField(OverrideKind.choices)
    userId = serializers.CharField(max_length=40, required=False, allow_null=True)
    replacesUserId = serializers.CharField(max_length=40, required=False, allow_null=True)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    reason = ReasonField()
    confirmGap = serializers.BooleanField(default=False)


class LayerOut(serializers.Serializer):
    """A layer with the rules of its newest version."""

    id = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    timeZone = serializers.CharField(allow_null=True)
    priority = serializers.IntegerField()
    rotation = RotationShape()
    restrictions = RestrictionShape(many=True)
    end = serializers.CharField(allow_null=True)
    effectiveFrom = serializers.DateTimeField(allow_null=True)


class OverrideOut(serializers.Serializer):
    """An override."""

    id = serializers.CharField()
    type = serializers.ChoiceField(OverrideKind.choices)
    userId = serializers.CharField(allow_null=True)
    replacesUserId = serializers.CharField(allow_null=True)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    createdAt = serializers.DateTimeField()
    cancelledAt = serializers.DateTimeField(allow_null=True)


class NewOverrideOut(OverrideOut):
    """The answer to POST: `warnings` name what is odd about it."""

    warnings = serializers.ListField(child=serializers.CharField())


class ScheduleOut(serializers.Serializer):
    """A schedule with the rules in force."""

    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    timeZone = serializers.CharField()
    revision = serializers.IntegerField()
    teamId = serializers.CharField(allow_null=True, help_text="Owner: told of gaps ahead")
    handoffLeadMinutes = serializers.IntegerField(allow_null=True)
    layers = LayerOut(many=True)
    createdAt = serializers.DateTimeField()


class BecauseOut(NamedRef):
    type = serializers.CharField()


class DutyOut(serializers.Serializer):
    """A person's unbroken shift; null where it goes on for more than a year."""

    user = NamedRef()
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    because = BecauseOut()


class NextOut(serializers.Serializer):
    at = serializers.DateTimeField()
    users = NamedRef(many=True)


class OnCallOut(serializers.Serializer):
    """Who is on call at an instant, until when, why, and what comes next."""

    scheduleId = serializers.CharField()
    at = serializers.DateTimeField()
    onCall = DutyOut(many=True)
    next = NextOut(allow_null=True)
    gap = serializers.BooleanField()


def schedule_json(schedule: Schedule, people: dict[int, str]) -> dict[str, Any]:
    layers = [layer for layer in schedule.layers.all() if layer.removed_at is None]
    return {
        "id": schedule.public_id,
        "name": schedule.name,
        "description": schedule.description,
        "timeZone": schedule.time_zone,
        "teamId": schedule.team.public_id if schedule.team else None,
        "handoffLeadMinutes": schedule.handoff_lead_minutes,
        "revision": schedule.revision,
        "layers": [layer_json(layer, people) for layer in layers],
        "createdAt": iso(schedule.created_at),
    }


def layer_json(layer: Layer, people: dict[int, str]) -> dict[str, Any]:
    """The layer in its newest version; `people` maps primary keys to public ids."""
    versions = list(layer.versions.all())
    shape: dict[str, Any] = {"id": layer.public_id, "name": layer.name, "version": len(versions)}
    newest = next((version for version in reversed(versions) if version.valid_to is None), None)
    return shape | (_rules(newest, people) if newest else {})


def _rules(version: LayerVersion, people: dict[int, str]) -> dict[str, Any]:
    return {
        "timeZone": version.time_zone if version.own_zone else None,
        "priority": version.priority,
        "rotation": {
            "unit": version.unit,
            "every": version.every,
            "anchor": version.anchor,
            "phase": version.phase,
            "shiftLengthMinutes": version.shift_length_minutes,
            "slots": [
                {"userIds": [people[user] for user in slot if user in people]}
                for slot in version.slots
            ],
        },
        "restrictions": version.restrictions,
        "end": version.end or None,
        "effectiveFrom": iso(version.valid_from),
    }


def override_json(override: Override) -> dict[str, Any]:
    return {
        "id": override.public_id,
        "type": override.kind,
        "userId": override.user.public_id if override.user else None,
        "replacesUserId": override.replaces.public_id if override.replaces else None,
        "start": iso(override.start),
        "end": iso(override.end),
        "createdAt": iso(override.created_at),
        "cancelledAt": iso(override.cancelled_at),
    }
