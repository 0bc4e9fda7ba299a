"""Tests of provider accounts: one form per channel, and the fate of each, live."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role, User
from core import clock
from core.errors import ProductError
from core.web import actor_of, role_required, say_refusal
from notifications import commands, queries
from notifications.models import (
    OPEN_STATES,
    Channel,
    ContactMethod,
    Delivery,
    DeliveryState,
    Provider,
)
from notifications.providers.overview import Card
from notifications.web.provider_forms import TestForm

RECEIPT_PATIENCE = timedelta(minutes=2)  # receipts come later, if at all: then we stop asking


@role_required(Role.ADMIN)
@require_POST
def send(request: HttpRequest, public_id: str) -> HttpResponse:
    """A real message by `channel` through this account alone."""
    account = get_object_or_404(Provider, public_id=public_id)
    user: Any = request.user
    channel = request.POST.get("channel", "")
    form = TestForm(_ways(user).get(channel, []), request.POST)
    delivery = None
    try:
        form.is_valid()
        delivery = commands.send_provider_test(
            account, channel, user=user, by=actor_of(request), now=clock.now(), **form.target()
        )
    except ProductError as error:
        say_refusal(request, error)
    if request.headers.get("HX-Request"):
        return _fate(request, account, channel, delivery)
    return redirect("notifications:provider", public_id)


@never_cache
@role_required(Role.ADMIN)
@require_safe
def fate(request: HttpRequest, public_id: str, delivery_id: int) -> HttpResponse:
    """What became of a test: asked again until it is known."""
    account = get_object_or_404(Provider, public_id=public_id)
    rows = Delivery.objects.filter(subject_kind=queries.PROVIDER_TEST, subject_id=account.pk)
    delivery = get_object_or_404(rows, pk=delivery_id)
    return _fate(request, account, delivery.channel, delivery)


def tests_of(request: HttpRequest, card: Card) -> list[dict[str, Any]]:
    """One entry per channel of the account: form, last test, whether to ask again."""
    user: Any = request.user
    ways = _ways(user)
    return [
        _shown(card.account, channel, queries.last_provider_test(card.account, channel))
        | {"form": TestForm(ways.get(channel, []))}
        for channel in card.channels
    ]


def _shown(account: Provider, channel: str, delivery: Delivery | None) -> dict[str, Any]:
    asks = delivery is not None and _is_open(delivery, clock.now())
    label = Channel(channel).label if channel in Channel.values else channel
    return {
        "account": account,
        "channel": channel,
        "label": label,
        "test": delivery,
        "asks": asks,
    }


def _fate(
    request: HttpRequest, account: Provider, channel: str, delivery: Delivery | None
) -> HttpResponse:
    context = _shown(account, channel, delivery) | {"with_toasts": True}
    return render(request, "notifications/providers/_test.html", context)


def _is_open(delivery: Delivery, now: datetime) -> bool:
    if delivery.state in OPEN_STATES:
        return True
    waits = delivery.state == DeliveryState.SENT and delivery.seen_at is None
    finished = delivery.finished_at or now
    return bool(waits and delivery.reference and now - finished < RECEIPT_PATIENCE)


def _ways(user: User) -> dict[str, list[ContactMethod]]:
    found: dict[str, list[ContactMethod]] = {}
    for method in queries.methods_of(user):
        found.setdefault(method.channel, []).append(method)
    return found
