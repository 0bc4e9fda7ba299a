"""/api/services/:id/sla: targets, notices and support hours of a service."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain.roles import Ability
from core import clock
from core.api_time import iso
from core.api_view import ApiView, actor_of_api, checked
from core.errors import ValidationFailed
from schedules import queries as schedules
from schedules.models import SupportHours
from services import commands, queries
from services.api import serializers as shapes
from services.api.views import require, service_of
from services.domain.levels import Target, table
from services.models import ServiceLevel


class Level(ApiView):
    scopes = {"GET": "services:read", "PUT": "services:write"}

    @extend_schema(operation_id="getServiceLevel", responses=shapes.LevelOut)
    def get(self, request: Request, public_id: str) -> Response:
        """The service level; the defaults where nobody has changed them."""
        return Response(_json(queries.level_of(service_of(public_id))))

    @extend_schema(
        operation_id="replaceServiceLevel", request=shapes.LevelIn, responses=shapes.LevelOut
    )
    def put(self, request: Request, public_id: str) -> Response:
        """Replaces all of it, what is left out by its default; clocks that run follow."""
        service = service_of(public_id)
        require(request.user, Ability.EDIT_SERVICE, service)
        body = checked(shapes.LevelIn, request)
        targets = {
            scope: Target(one["acknowledgeMinutes"], one["resolveMinutes"], one["inSupportHours"])
            for scope, one in body["targets"].items()
        }
        level = commands.save_level(
            service,
            enabled=body["enabled"],
            hours=_hours(body["supportHoursId"]),
            targets=targets,
            warn_ack_minutes=body["warnAcknowledgeMinutes"],
            warn_resolve_minutes=body["warnResolveMinutes"],
            tells_people=body["tellsPeople"],
            by=actor_of_api(request),
            now=clock.now(),
        )
        return Response(_json(level))


def _hours(wanted: str | None) -> SupportHours | None:
    hours = schedules.support_hours().filter(public_id=wanted).first() if wanted else None
    if wanted and hours is None:
        message = "There are no such support hours"
        raise ValidationFailed(message, field="supportHoursId", reason="does_not_exist")
    return hours


def _json(level: ServiceLevel) -> dict[str, Any]:
    hours = level.hours
    return {
        "enabled": level.enabled,
        "since": iso(level.since),
        "supportHours": hours and {"id": hours.public_id, "name": hours.name},
        "warnAcknowledgeMinutes": level.warn_ack_minutes,
        "warnResolveMinutes": level.warn_resolve_minutes,
        "tellsPeople": level.tells_people,
        "targets": {
            scope: {
                "acknowledgeMinutes": target.ack,
                "resolveMinutes": target.resolve,
                "inSupportHours": target.in_hours,
            }
            for scope, target in table(level.targets).items()
        },
    }
