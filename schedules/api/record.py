"""/api/schedules/:id/ledger: who really was on call, row by row."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core import clock
from core.api_time import instant, iso
from core.api_view import ApiView, filters_of, listed, listing
from schedules import queries
from schedules.models import LedgerMark, LedgerSpan


class LedgerPersonOut(serializers.Serializer):
    """`id` is null for somebody who was deleted; the name stays."""

    id = serializers.CharField(allow_null=True)
    name = serializers.CharField()


class LedgerReasonOut(serializers.Serializer):
    type = serializers.CharField()
    name = serializers.CharField()


class LedgerRowOut(serializers.Serializer):
    """A fact. `standing` false: a later row corrects it, or it says that nobody served."""

    id = serializers.CharField()
    user = LedgerPersonOut()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    reason = LedgerReasonOut()
    backfilled = serializers.BooleanField()
    standing = serializers.BooleanField()
    withdrawn = serializers.BooleanField()
    corrects = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    recordedAt = serializers.DateTimeField()
    recordedBy = serializers.CharField()


class GoingOnOut(serializers.Serializer):
    user = LedgerPersonOut()
    since = serializers.DateTimeField()
    reason = LedgerReasonOut()


LEDGER = inline_serializer(
    "Ledger",
    {
        **listed("ledger", LedgerRowOut).fields,
        "beganAt": serializers.DateTimeField(allow_null=True),
        "recordedUntil": serializers.DateTimeField(allow_null=True),
        "goingOn": GoingOnOut(many=True),
    },
)


class Ledger(ApiView):
    scopes = {"GET": "schedules:read"}

    @extend_schema(
        operation_id="listLedger",
        parameters=[
            OpenApiParameter("from", description="ISO 8601 instant"),
            OpenApiParameter("to", description="ISO 8601 instant"),
            OpenApiParameter("userId"),
        ],
        responses=LEDGER,
    )
    def get(self, request: Request, public_id: str) -> Response:
        """The record of duty, corrected rows included. Rows are never changed."""
        given = filters_of(request, ["from", "to", "userId"])
        rows = queries.visible_to(request.user, clock.now())
        schedule = get_object_or_404(rows, public_id=public_id)
        ledger = schedule.ledger.select_related("user").prefetch_related("corrections")
        if "from" in given:
            ledger = ledger.filter(end__gt=instant(given["from"], "from"))
        if "to" in given:
            ledger = ledger.filter(start__lt=instant(given["to"], "to"))
        if "userId" in given:
            ledger = ledger.filter(user__public_id=given["userId"])
        answer = listing(request, ledger.order_by("start", "id"), "ledger", _row)
        mark = queries.marks([schedule.pk]).get(schedule.pk)
        answer.data["beganAt"] = iso(mark.began_at) if mark else None
        answer.data["recordedUntil"] = iso(mark.recorded_until) if mark else None
        answer.data["goingOn"] = _going_on(mark) if mark else []
        return answer


def _row(row: LedgerSpan) -> dict[str, Any]:
    return {
        "id": f"led_{row.pk}",
        "user": {"id": row.user.public_id if row.user else None, "name": row.user_name},
        "start": iso(row.start),
        "end": iso(row.end),
        "reason": {"type": row.reason_type, "name": row.reason},
        "backfilled": row.backfilled,
        "standing": not row.withdrawn and not list(row.corrections.all()),
        "withdrawn": row.withdrawn,
        "corrects": f"led_{row.corrects_id}" if row.corrects_id else None,
        "note": row.note,
        "recordedAt": iso(row.recorded_at),
        "recordedBy": row.recorded_by,
    }


def _going_on(mark: LedgerMark) -> list[dict[str, Any]]:
    people = User.objects.filter(pk__in=[item["user"] for item in mark.open_spans])
    names = dict(people.values_list("pk", "public_id"))
    return [
        {
            "user": {"id": names.get(one.user), "name": item["who"]},
            "since": iso(one.since),
            "reason": {"type": str(one.because.type), "name": one.because.name},
        }
        for one, item in zip(queries.running_of(mark), mark.open_spans, strict=True)
    ]
