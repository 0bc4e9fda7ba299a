"""/api/notifications: the bell, and what was sent to whom."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_view import ApiView, checked, filters_of, listed, listing
from core.errors import ValidationFailed
from notifications import commands, queries
from notifications.api import reach_shapes as shapes
from notifications.domain.words import Fate
from notifications.models import Channel, DeliveryState

SCOPES = {"GET": "notifications:read", "PATCH": "notifications:write"}
HISTORY_FILTERS = (
    "channel",
    "state",
    "outcome",
    "person",
    "incident",
    "since",
    "until",
    "q",
)
CHOICES = {
    "channel": [str(one) for one in Channel.values],
    "state": [str(one) for one in DeliveryState.values],
    "outcome": [fate.value for fate in Fate],
}


class Notifications(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="listNotifications",
        parameters=[OpenApiParameter("unreadOnly", bool)],
        responses=listed("notifications", shapes.NotificationOut),
    )
    def get(self, request: Request) -> Response:
        """The lines under one's own bell, newest first; `unreadCount` counts all unread ones."""
        wanted = filters_of(request, ["unreadOnly"])
        user: Any = request.user
        rows = queries.notices_of(user)
        if wanted.get("unreadOnly", "").lower() in {"1", "true"}:
            rows = rows.filter(read_at=None)
        answer = listing(request, rows, "notifications", shapes.notification_json)
        answer.data["unreadCount"] = queries.unread_count(user)
        return answer

    @extend_schema(
        operation_id="readNotifications",
        request=shapes.NotificationsRead,
        responses=shapes.ReadOut,
    )
    def patch(self, request: Request) -> Response:
        """Marks as read: all, or those named by `notificationIds`."""
        user: Any = request.user
        body = checked(shapes.NotificationsRead, request)
        ids = None if body["markAllAsRead"] else body["notificationIds"]
        if ids == []:
            message = "Name notificationIds, or set markAllAsRead"
            raise ValidationFailed(message, field="notificationIds", reason="required")
        updated = commands.mark_read(user, ids, now=clock.now())
        return Response({"updated": updated, "unreadCount": queries.unread_count(user)})


class History(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="listDeliveries",
        parameters=[OpenApiParameter(name) for name in HISTORY_FILTERS],
        responses=listed("deliveries", shapes.DeliveryOut),
    )
    def get(self, request: Request) -> Response:
        """What was sent, newest first: to oneself, to everybody for admins."""
        wanted = filters_of(request, HISTORY_FILTERS)
        _refuse_unreadable(wanted)
        user: Any = request.user
        rows = queries.history(wanted, with_addresses=user.is_admin)
        if not user.is_admin:
            rows = rows.filter(user=user)
        return listing(request, rows, "deliveries", partial(_delivery, user.pk))


def _refuse_unreadable(wanted: Mapping[str, str]) -> None:
    """A filter with a slip in it would otherwise answer with everything. An empty one is none."""
    for name, values in CHOICES.items():
        if wanted.get(name) and wanted[name] not in values:
            message = f"{name} is one of {', '.join(values)}"
            raise ValidationFailed(message, field=name, reason="invalid")
    number = wanted.get("incident", "").lstrip("#")
    if number and not (number.isascii() and number.isdigit() and len(number) < 19):
        raise ValidationFailed("incident is its number", field="incident", reason="invalid")
    for name in ("since", "until"):
        if wanted.get(name) and queries.parse_day(wanted[name]) is None:
            message = f"{name} is a day such as 2026-03-02"
            raise ValidationFailed(message, field=name, reason="invalid")


def _delivery(me: int, row: Any) -> dict[str, Any]:
    return shapes.delivery_json(row, own=row.user_id == me)
