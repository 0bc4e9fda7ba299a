"""/api/bundles: incidents that one person heard of by one message, and one acknowledge for all."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_time import iso
from core.api_view import ApiView, NamedRef, actor_of_api, listed, listing
from core.errors import NotFound
from incidents import commands, queries
from incidents.models import Bundle, BundleKind, BundleState
from incidents.shield import standing

READ, WRITE = "incidents:read", "incidents:write"


class BundleOut(serializers.Serializer):
    """One message about many incidents. `named`: how many it spoke of when it left."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text=", ".join(BundleKind.values))
    state = serializers.CharField(help_text=", ".join(BundleState.values))
    person = NamedRef()
    service = NamedRef()
    urgency = serializers.CharField()
    count = serializers.IntegerField()
    named = serializers.IntegerField()
    openedAt = serializers.CharField()
    leavesAt = serializers.CharField(help_text="When it leaves, or left at the earliest")
    leftAt = serializers.CharField(allow_null=True)


class BundleDetailOut(BundleOut):
    """With the numbers of its incidents, as far as the caller may see them."""

    incidents = serializers.ListField(child=serializers.IntegerField())


class TakenOut(serializers.Serializer):
    """`taken`: none when nothing of it was open any more; `left`: so many follow in moments."""

    acknowledged = serializers.BooleanField()
    taken = serializers.IntegerField()
    left = serializers.IntegerField()


class StandingOut(serializers.Serializer):
    """How often a person was paged about a service within the window, and what waits."""

    person = NamedRef()
    service = serializers.CharField()
    lastResort = serializers.BooleanField(help_text="Counted by itself: pages as fallback contact")
    pages = serializers.IntegerField()
    most = serializers.IntegerField()
    windowMinutes = serializers.IntegerField()
    waiting = serializers.IntegerField()
    leavesAt = serializers.CharField(allow_null=True)


class StandingsOut(serializers.Serializer):
    standings = StandingOut(many=True)


def bundle_json(bundle: Bundle) -> dict[str, Any]:
    return {
        "id": bundle.pk,
        "kind": bundle.kind,
        "state": bundle.state,
        "person": {"id": bundle.user.public_id, "name": str(bundle.user)},
        "service": {"id": bundle.service.public_id, "name": bundle.service.name},
        "urgency": bundle.urgency,
        "count": bundle.count,
        "named": bundle.named,
        "openedAt": iso(bundle.opened_at),
        "leavesAt": iso(bundle.leaves_at),
        "leftAt": iso(bundle.left_at) if bundle.left_at else None,
    }


def _found(request: Request, number: str) -> Bundle:
    plain = number.isascii() and number.isdecimal() and len(number) < 19
    rows = queries.visible_bundles(request.user)
    bundle = rows.filter(pk=int(number)).first() if plain else None
    if bundle is None:
        raise NotFound("Bundle not found")
    return bundle


class Bundles(ApiView):
    scopes = {"GET": READ}

    @extend_schema(operation_id="listBundles", responses=listed("bundles", BundleOut))
    def get(self, request: Request) -> Response:
        """Newest first: one's own; admins and responders see those of everybody."""
        return listing(request, queries.visible_bundles(request.user), "bundles", bundle_json)


class OneBundle(ApiView):
    scopes = {"GET": READ}

    @extend_schema(operation_id="getBundle", responses=BundleDetailOut)
    def get(self, request: Request, bundle_id: str) -> Response:
        bundle = _found(request, bundle_id)
        rows = queries.incidents_of(bundle, request.user)
        numbers = list(rows.order_by("pk").values_list("pk", flat=True))
        return Response({**bundle_json(bundle), "incidents": numbers})


class BundleAcknowledgement(ApiView):
    scopes = {"POST": WRITE}

    @extend_schema(operation_id="acknowledgeBundle", request=None, responses=TakenOut)
    def post(self, request: Request, bundle_id: str) -> Response:
        """Takes everything in it that is open and the caller's to take."""
        bundle, by = _found(request, bundle_id), actor_of_api(request)
        taken = commands.acknowledge_bundle(bundle, request.user, by=by, now=clock.now())
        return Response({"acknowledged": True, "taken": taken.count, "left": taken.left})


class Shield(ApiView):
    scopes = {"GET": READ}

    @extend_schema(operation_id="getStormShield", responses=StandingsOut)
    def get(self, request: Request) -> Response:
        """Whom the storm shield counts at present, the newest page first."""
        minutes = int(standing.limits().window.total_seconds() // 60)
        found = standing.standings(request.user, clock.now())
        return Response({"standings": [_standing(one, minutes) for one in found]})


def _standing(one: standing.Standing, minutes: int) -> dict[str, Any]:
    return {
        "person": {"id": one.person.public_id, "name": str(one.person)},
        "service": one.service,
        "lastResort": one.last_resort,
        "pages": one.used,
        "most": one.most,
        "windowMinutes": minutes,
        "waiting": one.bundle.count if one.bundle else 0,
        "leavesAt": iso(one.bundle.leaves_at) if one.bundle else None,
    }
