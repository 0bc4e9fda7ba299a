"""/api/services/:id/webhooks: where a service announces its incidents."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain.roles import Ability
from core import clock
from core.api_view import ApiView, actor_of_api, checked, filters_of, listed, listing
from services import commands
from services.api import serializers as shapes
from services.api.views import READ_WRITE, require, service_of
from services.models import ServiceWebhook


def webhook_of(request: Request, public_id: str, webhook_id: str) -> ServiceWebhook:
    """A webhook of a service that the person may change."""
    service = service_of(public_id)
    require(request.user, Ability.EDIT_SERVICE, service)
    rows = ServiceWebhook.objects.select_related("service").filter(service=service)
    return get_object_or_404(rows, public_id=webhook_id)


class Webhooks(ApiView):
    scopes = READ_WRITE

    @extend_schema(
        operation_id="listServiceWebhooks", responses=listed("webhooks", shapes.WebhookOut)
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Webhooks and chats of a service."""
        filters_of(request, [])
        rows = service_of(public_id).webhooks.all()
        return listing(request, rows, "webhooks", shapes.webhook_json)

    @extend_schema(
        operation_id="createServiceWebhook",
        request=shapes.WebhookIn,
        responses={201: shapes.WebhookOut},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """A new webhook or chat channel."""
        service = service_of(public_id)
        require(request.user, Ability.EDIT_SERVICE, service)
        values = shapes.webhook_values(checked(shapes.WebhookIn, request))
        made = commands.add_webhook(service, by=actor_of_api(request), now=clock.now(), **values)
        return Response(shapes.webhook_json(made), status=201)


class OneWebhook(ApiView):
    scopes = READ_WRITE

    @extend_schema(operation_id="getServiceWebhook", responses=shapes.WebhookOut)
    def get(self, request: Request, public_id: str, webhook_id: str) -> Response:
        """One webhook."""
        rows = service_of(public_id).webhooks.all()
        return Response(shapes.webhook_json(get_object_or_404(rows, public_id=webhook_id)))

    @extend_schema(
        operation_id="updateServiceWebhook",
        request=shapes.WebhookChange,
        responses=shapes.WebhookOut,
    )
    def patch(self, request: Request, public_id: str, webhook_id: str) -> Response:
        """Changes what the body names."""
        webhook = webhook_of(request, public_id, webhook_id)
        changes = shapes.webhook_values(checked(shapes.WebhookChange, request, partial=True))
        by = actor_of_api(request)
        changed = commands.change_webhook(webhook, by=by, now=clock.now(), **changes)
        return Response(shapes.webhook_json(changed))

    @extend_schema(operation_id="deleteServiceWebhook", responses={204: None})
    def delete(self, request: Request, public_id: str, webhook_id: str) -> Response:
        """Nothing more is announced there."""
        webhook = webhook_of(request, public_id, webhook_id)
        commands.delete_webhook(webhook, by=actor_of_api(request), now=clock.now())
        return Response(status=204)


class WebhookTest(ApiView):
    scopes = READ_WRITE

    @extend_schema(
        operation_id="testServiceWebhook", request=None, responses={202: shapes.WebhookTestOut}
    )
    def post(self, request: Request, public_id: str, webhook_id: str) -> Response:
        """Sends a message that says it is a test."""
        webhook = webhook_of(request, public_id, webhook_id)
        by = actor_of_api(request)
        delivery = commands.send_webhook_test(webhook, by=by, now=clock.now())
        return Response({"deliveryId": delivery}, status=202)
