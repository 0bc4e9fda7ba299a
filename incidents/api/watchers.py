"""/api/incidents/:id/watchers and /api/services/:id/watchers."""
# ruff: noqa: N815  the API speaks camelCase

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from accounts.models import User
from core import clock
from core.api_time import iso
from core.api_view import ApiView, NamedRef, actor_of_api, checked
from core.errors import Forbidden, NotFound
from incidents import commands, queries
from incidents.api.views import incident_of
from incidents.domain.watching import WatchRole
from incidents.models.watching import ROLES
from incidents.queries import Watch
from services import queries as services
from services.models import Service

SCOPES = {"GET": "incidents:read", "POST": "incidents:write", "DELETE": "incidents:write"}


class WatcherIn(serializers.Serializer):
    """Body of POST: without `userId` it is the owner of the key who watches."""

    userId = serializers.CharField(max_length=40, required=False)
    role = serializers.ChoiceField(ROLES, default=WatchRole.FOLLOWER.value)


class WatcherOut(serializers.Serializer):
    """`through`: the incident itself, or its service."""

    user = NamedRef()
    role = serializers.ChoiceField(ROLES)
    through = serializers.ChoiceField(["incident", "service"])
    since = serializers.DateTimeField()


class WatchersOut(serializers.Serializer):
    watchers = WatcherOut(many=True)


class StoppedOut(serializers.Serializer):
    """`stopped` is false when the person heard nothing of it before."""

    stopped = serializers.BooleanField()
    userId = serializers.CharField()


class IncidentWatchers(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listWatchers", responses=WatchersOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Who hears of the incident without being paged, also those who watch its service."""
        return Response(_shape(_of_incident(incident_of(request, public_id))))

    @extend_schema(operation_id="addWatcher", request=WatcherIn, responses={201: WatchersOut})
    def post(self, request: Request, public_id: str) -> Response:
        """Makes somebody a watcher, or changes how much they hear."""
        incident = incident_of(request, public_id)
        body = checked(WatcherIn, request)
        user = _person(request, body.get("userId"))
        by = actor_of_api(request)
        commands.watch(incident, user, role=body["role"], by=by, now=clock.now())
        return Response(_shape(_of_incident(incident)), status=201)


class IncidentWatcherOne(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="removeWatcher", responses=StoppedOut)
    def delete(self, request: Request, public_id: str, user_id: str) -> Response:
        """Nothing more of this incident, also for those who watch its service."""
        incident = incident_of(request, public_id)
        user = _person(request, user_id)
        gone = commands.unwatch(incident, user, by=actor_of_api(request), now=clock.now())
        return Response({"stopped": gone, "userId": user.public_id})


class ServiceWatchers(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listServiceWatchers", responses=WatchersOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Who hears of every incident of the service, from its start."""
        return Response(_shape(queries.service_watches(_service(public_id))))

    @extend_schema(
        operation_id="addServiceWatcher", request=WatcherIn, responses={201: WatchersOut}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Makes somebody a watcher of the service, or changes how much they hear."""
        service = _service(public_id)
        body = checked(WatcherIn, request)
        user = _person(request, body.get("userId"))
        by = actor_of_api(request)
        commands.watch_service(service, user, role=body["role"], by=by, now=clock.now())
        return Response(_shape(queries.service_watches(service)), status=201)


class ServiceWatcherOne(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="removeServiceWatcher", responses=StoppedOut)
    def delete(self, request: Request, public_id: str, user_id: str) -> Response:
        """What was chosen for single incidents stays."""
        user = _person(request, user_id)
        by, now = actor_of_api(request), clock.now()
        gone = commands.unwatch_service(_service(public_id), user, by=by, now=now)
        return Response({"stopped": gone, "userId": user.public_id})


def _person(request: Request, public_id: str | None) -> User:
    """The owner of the key, or whom it names. Raises Forbidden, NotFound."""
    own: Any = request.user
    if public_id in {None, "me", own.public_id}:
        return own
    if not roles.may(own.role, roles.Ability.ANNOTATE_INCIDENT):
        raise Forbidden("Your role may only decide what you hear yourself")
    user = User.objects.filter(public_id=public_id).first()
    if user is None:
        raise NotFound("There is no such person", field="userId")
    return user


def _service(public_id: str) -> Service:
    return get_object_or_404(services.live(), public_id=public_id)


def _of_incident(incident: Any) -> Sequence[Watch]:
    return queries.watches({incident.pk: incident.service_id})[incident.pk]


def _shape(found: Sequence[Watch]) -> dict[str, Any]:
    return {
        "watchers": [
            {
                "user": {"id": watch.user.public_id, "name": watch.user.name},
                "role": watch.role,
                "through": "service" if watch.through_service else "incident",
                "since": iso(watch.since),
            }
            for watch in found
        ]
    }
