"""/api/users/:id/test-pages: send one, and see what arrived; admins may for others."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries as accounts
from core.api_time import iso
from core.api_view import NamedRef, filters_of, listed, listing
from notifications import queries
from notifications.api.reach import ReachView
from notifications.commands import drills
from notifications.domain.drills import Fate, advice, fate_of
from notifications.models import Delivery, Drill


class TestMessageOut(serializers.Serializer):
    """One message of a test page; `advice` says what to look at when it did not come."""

    channel = serializers.CharField()
    fate = serializers.ChoiceField([fate.value for fate in Fate])
    reason = serializers.CharField(allow_blank=True)
    advice = serializers.CharField(allow_blank=True)
    confirmedAt = serializers.DateTimeField(allow_null=True)


class TestPageSummary(serializers.Serializer):
    """`concludedAt` null: it still waits for answers, until `endsAt`."""

    id = serializers.CharField()
    user = NamedRef()
    askedBy = serializers.CharField()
    startedAt = serializers.DateTimeField()
    endsAt = serializers.DateTimeField()
    answeredAt = serializers.DateTimeField(allow_null=True)
    concludedAt = serializers.DateTimeField(allow_null=True)


class TestPageDetail(TestPageSummary):
    messages = TestMessageOut(many=True)


class TestPages(ReachView):
    @extend_schema(operation_id="listTestPages", responses=listed("testPages", TestPageSummary))
    def get(self, request: Request, user_id: str) -> Response:
        """Those sent to one person, newest first."""
        filters_of(request, [])
        user = self.person(request, user_id, admins=True)
        rows = queries.drills_of(user).select_related("user")
        return listing(request, rows, "testPages", _summary)

    @extend_schema(operation_id="sendTestPage", request=None, responses={201: TestPageDetail})
    def post(self, request: Request, user_id: str) -> Response:
        """A real page on every way; it counts as no incident. 409 when asked too often."""
        user = self.person(request, user_id, admins=True)
        return Response(_detail(drills.start_drill(user, **self.acting(request))), status=201)


class OneTestPage(ReachView):
    @extend_schema(operation_id="getTestPage", responses=TestPageDetail)
    def get(self, request: Request, public_id: str) -> Response:
        """What has arrived so far; of people whose reach you may see."""
        seen = accounts.whose_reach_is_seen_by(request.user)
        rows = Drill.objects.filter(user__in=seen).select_related("user")
        return Response(_detail(get_object_or_404(rows, public_id=public_id)))


def _summary(drill: Drill) -> dict[str, Any]:
    return {
        "id": drill.public_id,
        "user": {"id": drill.user.public_id, "name": drill.user.name},
        "askedBy": drill.asked_by,
        "startedAt": iso(drill.started_at),
        "endsAt": iso(drill.ends_at),
        "answeredAt": iso(drill.answered_at),
        "concludedAt": iso(drill.concluded_at),
    }


def _detail(drill: Drill) -> dict[str, Any]:
    rows = queries.deliveries_of(drills.SUBJECT, [drill.pk])
    return _summary(drill) | {"messages": [_message(row) for row in rows]}


def _message(row: Delivery) -> dict[str, Any]:
    fate = fate_of(row.state, delivered=bool(row.delivered_at), seen=bool(row.seen_at))
    return {
        "channel": row.channel,
        "fate": fate,
        "reason": row.reason,
        "advice": advice(fate, row.channel),
        "confirmedAt": iso(row.seen_at),
    }
