"""/api/push-devices: one's own devices that take pushes; for apps that subscribe by themselves."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_view import (
    ApiView,
    DeletedOut,
    actor_of_api,
    checked,
    filters_of,
    listed,
    listing,
)
from notifications import commands, links
from notifications.api import device_shapes as shapes
from notifications.commands import Subscription
from notifications.models import Channel, ContactMethod

SCOPES = {"GET": "users:read", "POST": "users:write", "DELETE": "users:write"}


def _devices_of(request: Request) -> QuerySet[ContactMethod]:
    """Those of the key's owner."""
    user: Any = request.user
    return ContactMethod.objects.filter(user=user, channel=Channel.PUSH)


class PushKey(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="getPushKey", responses=shapes.PushKeyOut)
    def get(self, request: Request) -> Response:
        """The applicationServerKey to subscribe with; 409 when web push is switched off."""
        return Response({"publicKey": commands.public_key(now=clock.now())})


class Devices(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listPushDevices", responses=listed("devices", shapes.DeviceOut))
    def get(self, request: Request) -> Response:
        """The devices of the key's owner."""
        filters_of(request, [])
        return listing(request, _devices_of(request), "devices", shapes.device_json)

    @extend_schema(
        operation_id="addPushDevice",
        request=shapes.DeviceIn,
        responses={201: shapes.DeviceAddedOut},
    )
    def post(self, request: Request) -> Response:
        """Subscribes a device; a first push is sent, and showing it verifies the device."""
        body = checked(shapes.DeviceIn, request)
        given = Subscription(body["endpoint"], **body["keys"])
        user: Any = request.user
        how: dict[str, Any] = {"by": actor_of_api(request), "now": clock.now()}
        device = commands.add_device(user, given, label=body["label"], **how)
        commands.send_test(device, **how)
        added = {**shapes.device_json(device), "renewPath": links.renewal_path(device)}
        return Response(added, status=201)


class OneDevice(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="removePushDevice", responses=DeletedOut)
    def delete(self, request: Request, public_id: str) -> Response:
        """Unsubscribes; 409 when nothing else would reach its person."""
        device = get_object_or_404(_devices_of(request), public_id=public_id)
        commands.remove_method(device, by=actor_of_api(request), now=clock.now())
        return Response({"deleted": True, "id": public_id})
