"""Shapes of escalation policies."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from rest_framework import serializers

from core.api_time import iso
from escalation.commands import MAX_RANK, MAX_STEPS, MAX_TARGETS, MAX_WAIT_MINUTES
from escalation.domain.conditions import NO_PRIORITY, PRIORITIES
from escalation.domain.engine import MAX_CYCLES, TargetKind
from escalation.models import EscalationPolicy, Step, StepTarget
from notifications.domain.words import Urgency
from notifications.models import OFFERED

API_KINDS = ["USER", "TEAM", "SCHEDULE"]
NONE = "NONE"


def priority_name(priority: str) -> str:
    """As the wire says it."""
    return priority or NONE


def priority_named(name: str) -> str:
    """As rows and engine say it."""
    return NO_PRIORITY if name == NONE else name


class TargetShape(serializers.Serializer):
    """Whom a step pages; `leadOnly` narrows a team to its lead.

    `roundRobin` pages one member of a team, in turn: whoever is disabled, away, not paged with
    the team or out of reach misses the turn. `position` counts in the rotation of a schedule: 1
    is on call, 2 the next in turn (secondary).
    """

    type = serializers.ChoiceField(API_KINDS)
    id = serializers.CharField(max_length=40)
    leadOnly = serializers.BooleanField(default=False)
    roundRobin = serializers.BooleanField(default=False)
    position = serializers.IntegerField(min_value=1, max_value=MAX_RANK, default=1)


class HoursShape(serializers.Serializer):
    """Only inside (or outside) the support hours `id`."""

    id = serializers.CharField(max_length=40)
    inside = serializers.BooleanField(default=True)


class ConditionsShape(serializers.Serializer):
    """When the step fires; otherwise it is skipped at once. An empty list is no demand.

    `NONE` among `priorities` is an incident without a priority.
    """

    urgencies = serializers.ListField(
        child=serializers.ChoiceField([urgency.value for urgency in Urgency]), default=list
    )
    priorities = serializers.ListField(
        child=serializers.ChoiceField([priority_name(one) for one in PRIORITIES]), default=list
    )
    supportHours = HoursShape(default=None, allow_null=True)


class StepShape(serializers.Serializer):
    """Page the targets, then wait before the next step."""

    escalateAfterMinutes = serializers.IntegerField(
        min_value=0, max_value=MAX_WAIT_MINUTES, default=5
    )
    channels = serializers.ListField(
        child=serializers.ChoiceField([channel.value for channel in OFFERED]),
        default=list,
        max_length=10,
    )
    conditions = ConditionsShape(default=dict)
    targets = TargetShape(many=True, max_length=MAX_TARGETS)


class PolicyIn(serializers.Serializer):
    """Body of POST and PUT. `repeatCount` null = until acknowledged.

    `lowUrgencySupportHoursId`: incidents of urgency LOW wait for these support hours; null: they
    page at any time. `teamId` is the owner, told when somebody is missing ahead; null: the
    admins are.
    """

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2000, default="", allow_blank=True)
    initialDelayMinutes = serializers.IntegerField(
        min_value=0, max_value=MAX_WAIT_MINUTES, default=0
    )
    repeatCount = serializers.IntegerField(
        min_value=0, max_value=MAX_CYCLES, default=0, allow_null=True
    )
    teamId = serializers.CharField(max_length=40, default=None, allow_null=True)
    fallbackUserIds = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=20
    )
    lowUrgencySupportHoursId = serializers.CharField(max_length=40, default=None, allow_null=True)
    steps = StepShape(many=True, max_length=MAX_STEPS)


class PolicyOut(PolicyIn):
    """A policy in its current version."""

    id = serializers.CharField()
    version = serializers.IntegerField()
    createdAt = serializers.DateTimeField()


def policy_json(policy: EscalationPolicy) -> dict[str, Any]:
    version = policy.current
    if version is None:
        raise ValueError(f"policy {policy.pk} has no version")
    return {
        "id": policy.public_id,
        "name": policy.name,
        "description": policy.description,
        "version": version.number,
        "initialDelayMinutes": version.initial_delay_minutes,
        "repeatCount": version.repeat_count,
        "teamId": policy.team.public_id if policy.team else None,
        "fallbackUserIds": [user.public_id for user in version.fallback_users.all()],
        "lowUrgencySupportHoursId": version.low_hours.public_id if version.low_hours else None,
        "steps": [_step(step) for step in version.steps.all()],
        "createdAt": iso(policy.created_at),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "escalateAfterMinutes": step.escalate_after_minutes,
        "channels": step.channels,
        "conditions": {
            "urgencies": step.urgencies,
            "priorities": [priority_name(one) for one in step.priorities],
            "supportHours": _hours(step),
        },
        "targets": [shape for shape in map(_target, step.targets.all()) if shape],
    }


def _hours(step: Step) -> dict[str, Any] | None:
    hours = step.hours
    named = hours and {"id": hours.public_id, "name": hours.name, "inside": step.inside_hours}
    return named or None


def _target(target: StepTarget) -> dict[str, Any] | None:
    row = target.named
    if row is None:
        return None
    kind = "TEAM" if target.team else target.kind
    return {
        "type": str(kind),
        "id": row.public_id,
        "name": str(row),
        "leadOnly": target.kind == TargetKind.TEAM_LEAD,
        "roundRobin": target.kind == TargetKind.TEAM_TURN,
        "position": target.rank,
    }
