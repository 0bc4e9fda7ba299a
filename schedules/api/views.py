"""/api/schedules with layers and who is on call."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from accounts.models import Role, User
from core import clock
from core.api_time import instant, iso
from core.api_view import ApiView, actor_of_api, checked, filters_of, listed, listing
from core.errors import Forbidden, InvalidRequest, ProductError, ValidationFailed
from schedules import commands, coverage, queries
from schedules.api import serializers as shapes
from schedules.api.absence import ConflictOut, clash_json
from schedules.api.owner import team_of
from schedules.commands import STALE, LayerSpec
from schedules.models import Layer, Schedule

SCOPES = {
    "GET": "schedules:read",
    "POST": "schedules:write",
    "PUT": "schedules:write",
    "PATCH": "schedules:write",
    "DELETE": "schedules:write",
}


def _rows(request: Request) -> QuerySet[Schedule]:
    return (
        queries.visible_to(request.user, clock.now())
        .select_related("team")
        .prefetch_related("layers__versions")
    )


def schedule_of(request: Request, public_id: str) -> Schedule:
    return get_object_or_404(_rows(request), public_id=public_id)


def layer_of(schedule: Schedule, public_id: str) -> Layer:
    return get_object_or_404(schedule.layers.filter(removed_at=None), public_id=public_id)


def require_edit(request: Request) -> None:
    if not roles.may(request.user.role, roles.Ability.EDIT_SCHEDULE):
        raise Forbidden("Your role may not edit schedules")


def gap_confirmed(request: Request) -> bool:
    """Of a DELETE, which has no body: the parameter `confirmGap`."""
    return filters_of(request, ["confirmGap"]).get("confirmGap") in {"1", "true"}


def _people(schedules: list[Schedule]) -> dict[int, str]:
    ids = {
        user
        for schedule in schedules
        for layer in schedule.layers.all()
        for version in layer.versions.all()
        for slot in version.slots
        for user in slot
    }
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "public_id"))


def _shape(request: Request, public_id: str) -> dict[str, Any]:
    fresh = schedule_of(request, public_id)
    return shapes.schedule_json(fresh, _people([fresh]))


def _answer(request: Request, public_id: str, status: int = 200) -> Response:
    """The schedule; its revision is the entity tag that `If-Match` takes."""
    shape = _shape(request, public_id)
    return Response(shape, status=status, headers={"ETag": f'"{shape["revision"]}"'})


def _seen(request: Request, body: dict[str, Any]) -> int | None:
    """The revision that the caller looked at, by `If-Match` or in the body; None does not ask."""
    given = request.headers.get("If-Match", "*").strip().removeprefix("W/").strip('"')
    if given == "*":
        return body.pop("revision", None)
    body.pop("revision", None)
    if not given.isdecimal():
        message = "If-Match takes one revision, as the ETag of the schedule has it"
        raise InvalidRequest(message, field="If-Match", reason="invalid")
    return int(given[:12])


def spec_of(body: dict[str, Any]) -> LayerSpec:
    rotation = body["rotation"]
    named = {public_id for slot in rotation["slots"] for public_id in slot["userIds"]}
    rows = User.objects.filter(public_id__in=named).values_list("public_id", "pk")
    people = dict(rows)
    for public_id in named - set(people):
        raise ValidationFailed(
            f"There is no {public_id}", field="rotation.slots", reason="does_not_exist"
        )
    return LayerSpec(
        unit=rotation["unit"],
        every=rotation["every"],
        anchor=rotation["anchor"],
        phase=rotation.get("phase") or commands.usual_phase(rotation["unit"], body["restrictions"]),
        shift_length_minutes=rotation["shiftLengthMinutes"],
        slots=[[people[public_id] for public_id in slot["userIds"]] for slot in rotation["slots"]],
        restrictions=[dict(item) for item in body["restrictions"]],
        end=body["end"],
        priority=body["priority"],
        time_zone=body["timeZone"],
    )


class SavedLayerOut(shapes.LayerOut):
    """`conflicts`: who of the schedule is on call in the next 90 days while away."""

    conflicts = ConflictOut(many=True)


def _saved(request: Request, public_id: str, layer_id: str, status: int = 200) -> Response:
    fresh = schedule_of(request, public_id)
    shape = shapes.layer_json(layer_of(fresh, layer_id), _people([fresh]))
    away = [clash_json(one) for one in queries.clashes_ahead([fresh], clock.now())]
    return Response(shape | {"conflicts": away}, status=status)


UNSAID: Any = object()


class ScheduleView(ApiView):
    """A refusal for a stale revision carries the schedule as it is now."""

    scopes = SCOPES

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, ProductError) and exc.reason == STALE:
            current = _shape(self.request, self.kwargs["public_id"])
            response.data["error"]["details"]["current"] = current
        return response


class Schedules(ScheduleView):
    @extend_schema(
        operation_id="listSchedules",
        parameters=[OpenApiParameter("name")],
        responses=listed("schedules", shapes.ScheduleOut),
    )
    def get(self, request: Request) -> Response:
        """Schedules with their layers; filter: name."""
        wanted = filters_of(request, ["name"])
        rows = _rows(request)
        if "name" in wanted:
            rows = rows.filter(name__iexact=wanted["name"])
        answer = listing(request, rows, "schedules", lambda row: row)
        found = answer.data["schedules"]
        people = _people(found)
        answer.data["schedules"] = [shapes.schedule_json(row, people) for row in found]
        return answer

    @extend_schema(
        operation_id="createSchedule",
        request=shapes.ScheduleIn,
        responses={201: shapes.ScheduleOut},
    )
    def post(self, request: Request) -> Response:
        """A new schedule without layers."""
        require_edit(request)
        body = checked(shapes.ScheduleIn, request)
        body["time_zone"] = body.pop("timeZone")
        owner = team_of(body.pop("teamId"))
        acting: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        schedule = commands.create_schedule(**acting, **body)
        commands.give_schedule(schedule, owner, **acting)
        return _answer(request, schedule.public_id, 201)


class OneSchedule(ScheduleView):
    @extend_schema(operation_id="getSchedule", responses=shapes.ScheduleOut)
    def get(self, request: Request, public_id: str) -> Response:
        """One schedule."""
        return _answer(request, public_id)

    @extend_schema(
        operation_id="updateSchedule",
        request=shapes.ScheduleChange,
        responses=shapes.ScheduleOut,
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Name, description, zone. A new zone moves hand-offs from now on, never the past.

        A zone that leaves nobody on call at some time needs `confirmGap` (else 409).
        """
        require_edit(request)
        body = checked(shapes.ScheduleChange, request, partial=True)
        if "timeZone" in body:
            body["time_zone"] = body.pop("timeZone")
        body["confirm_gap"] = body.pop("confirmGap", False)
        acting = {"by": actor_of_api(request), "now": clock.now(), "seen": _seen(request, body)}
        lead = body.pop("handoffLeadMinutes", UNSAID)
        owner = team_of(body.pop("teamId")) if "teamId" in body else UNSAID
        schedule = commands.update_schedule(schedule_of(request, public_id), **acting, **body)
        if lead is not UNSAID:
            commands.set_handoff_lead(schedule, lead, by=acting["by"], now=acting["now"])
        if owner is not UNSAID:
            commands.give_schedule(schedule, owner, by=acting["by"], now=acting["now"])
        return _answer(request, public_id)

    @extend_schema(operation_id="archiveSchedule", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Archives a schedule that no escalation policy uses (409 otherwise)."""
        require_edit(request)
        schedule = schedule_of(request, public_id)
        commands.archive_schedule(schedule, by=actor_of_api(request), now=clock.now())
        return Response(status=204)


class Layers(ScheduleView):
    @extend_schema(operation_id="addLayer", request=shapes.LayerIn, responses={201: SavedLayerOut})
    def post(self, request: Request, public_id: str) -> Response:
        """A new layer, from `effectiveFrom` on.

        Null: from its anchor on, for admins even in the past; for others from now on.
        """
        require_edit(request)
        schedule = schedule_of(request, public_id)
        body = checked(shapes.LayerIn, request)
        now, begins = clock.now(), body["effectiveFrom"]
        commands.check_not_past(request.user, begins, now=now, field="effectiveFrom")
        if begins is None and request.user.role != Role.ADMIN:
            begins = now
        layer = commands.add_layer(
            schedule,
            spec_of(body),
            name=body["name"],
            by=actor_of_api(request),
            now=now,
            effective_from=begins,
            reason=body["reason"],
            confirm_gap=body["confirmGap"],
            seen=_seen(request, body),
        )
        return _saved(request, public_id, layer.public_id, 201)


class OneLayer(ScheduleView):
    @extend_schema(operation_id="replaceLayer", request=shapes.LayerIn, responses=SavedLayerOut)
    def put(self, request: Request, public_id: str, layer_id: str) -> Response:
        """A new version from `effectiveFrom` (null: now). Answers before it never change.

        One that leaves nobody on call when somebody was needs `confirmGap` (else 409), and a
        schedule that changed since `If-Match` or `revision` is refused with what it is now (409).
        """
        require_edit(request)
        layer = layer_of(schedule_of(request, public_id), layer_id)
        body = checked(shapes.LayerIn, request)
        now, begins = clock.now(), body["effectiveFrom"]
        commands.check_not_past(request.user, begins, now=now, field="effectiveFrom")
        commands.edit_layer(
            layer,
            spec_of(body),
            by=actor_of_api(request),
            now=now,
            name=body["name"],
            effective_from=begins,
            restart=body["restart"],
            reason=body["reason"],
            confirm_gap=body["confirmGap"],
            seen=_seen(request, body),
        )
        return _saved(request, public_id, layer_id)

    @extend_schema(
        operation_id="removeLayer",
        parameters=[OpenApiParameter("confirmGap", bool)],
        responses={204: None},
    )
    def delete(self, request: Request, public_id: str, layer_id: str) -> Response:
        """Ends the layer now; its past stays. If that opens a gap: `confirmGap` (else 409)."""
        require_edit(request)
        confirmed = gap_confirmed(request)
        layer = layer_of(schedule_of(request, public_id), layer_id)
        commands.remove_layer(
            layer,
            by=actor_of_api(request),
            now=clock.now(),
            confirm_gap=confirmed,
            seen=_seen(request, {}),
        )
        return Response(status=204)


class OnCall(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="whoIsOnCall",
        parameters=[OpenApiParameter("at", description="ISO 8601 instant; default now")],
        responses=shapes.OnCallOut,
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Who is on call at an instant."""
        given = filters_of(request, ["at"])
        schedule = schedule_of(request, public_id)
        at = instant(given["at"], "at") if "at" in given else clock.now()
        answer = coverage.coverage(schedule, at)
        duties = [
            {
                "user": {"id": duty.user.public_id, "name": duty.user.name},
                "start": iso(duty.start),
                "end": iso(duty.end),
                "because": {
                    "type": str(duty.because.type),
                    "id": duty.because_id,
                    "name": duty.because.name,
                },
            }
            for duty in answer.duties
        ]
        following = answer.next_at and {
            "at": iso(answer.next_at),
            "users": [{"id": user.public_id, "name": user.name} for user in answer.next_users],
        }
        body = {"scheduleId": public_id, "at": iso(at), "onCall": duties, "next": following}
        return Response(body | {"gap": answer.gap})
