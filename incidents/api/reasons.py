"""/api/incidents/:id/why: who was paged and who was not, with the chain of reasons."""
# ruff: noqa: N815  the API speaks camelCase

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api_time import iso
from core.api_view import ApiView
from incidents import why
from incidents.api.views import SCOPES, incident_of
from incidents.models import PageKind
from notifications.models import Channel, Delivery, DeliveryState


class ChainLinkOut(serializers.Serializer):
    """A link of the chain: `code` for programs, `text` for people."""

    code = serializers.CharField()
    text = serializers.CharField()


class PersonOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()


class TryOut(serializers.Serializer):
    """One attempt to hand it to a provider."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    ok = serializers.BooleanField()
    detail = serializers.CharField()


class ToldOut(serializers.Serializer):
    """One channel: why it was taken, and what came of it."""

    id = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    state = serializers.ChoiceField(DeliveryState.choices)
    reason = serializers.CharField()
    why = ChainLinkOut(many=True)
    attempts = TryOut(many=True)
    finishedAt = serializers.DateTimeField(allow_null=True)
    deliveredAt = serializers.DateTimeField(allow_null=True)
    seenAt = serializers.DateTimeField(allow_null=True)
    possibleDuplicate = serializers.BooleanField()


class WokenOut(serializers.Serializer):
    person = PersonOut()
    why = ChainLinkOut(many=True)
    deliveries = ToldOut(many=True)


class SparedOut(serializers.Serializer):
    """Whom a target meant and who was not paged; `person` null: it meant nobody."""

    person = PersonOut(allow_null=True)
    why = ChainLinkOut()


class FiringOut(serializers.Serializer):
    """One moment; `step` counts from 1 and is null for the fallback contact and for requests."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(PageKind.choices)
    run = serializers.IntegerField(allow_null=True)
    cycle = serializers.IntegerField(allow_null=True)
    step = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    paged = WokenOut(many=True)
    notPaged = SparedOut(many=True)


class WhyOut(serializers.Serializer):
    why = FiringOut(many=True)


class Why(ApiView):
    scopes = SCOPES
    limits = {"GET": 200}

    @extend_schema(operation_id="getReasons", responses=WhyOut)
    def get(self, request: Request, public_id: str) -> Response:
        """Who was paged by each step and who was not, why, how, with what fate; newest first."""
        incident = incident_of(request, public_id)
        return Response({"why": [_firing(firing) for firing in why.log_of(incident)]})


def _firing(firing: why.Firing) -> dict[str, Any]:
    return {
        "at": iso(firing.at),
        "kind": firing.kind,
        "run": firing.run,
        "cycle": firing.cycle,
        "step": firing.step,
        "reason": firing.reason,
        "paged": [_woken(one) for one in firing.woken],
        "notPaged": [_spared(one) for one in firing.spared],
    }


def _woken(woken: why.Woken) -> dict[str, Any]:
    user = woken.page.user
    return {
        "person": {"id": user.public_id, "name": str(user)},
        "why": _because(woken.why),
        "deliveries": [_told(one.delivery, one.why) for one in woken.told],
    }


def _spared(spared: why.Spared) -> dict[str, Any]:
    person = {"id": spared.id, "name": spared.name} if spared.id else None
    return {"person": person, "why": _because([spared.why])[0]}


def _told(row: Delivery, because: Iterable[why.Because]) -> dict[str, Any]:
    tries = [
        {"number": one.number, "at": iso(one.started_at), "ok": one.ok, "detail": one.detail}
        for one in row.tries.all()
    ]
    return {
        "id": f"dlv_{row.pk}",
        "channel": row.channel,
        "state": row.state,
        "reason": row.reason,
        "why": _because(because),
        "attempts": tries,
        "finishedAt": iso(row.finished_at),
        "deliveredAt": iso(row.delivered_at),
        "seenAt": iso(row.seen_at),
        "possibleDuplicate": row.possible_duplicate,
    }


def _because(found: Iterable[why.Because]) -> list[dict[str, str]]:
    return [{"code": one.code, "text": one.text} for one in found]
