"""Emergencies of Pushover that were acknowledged on the phone.

A callback is not signed, so it only says where to look: what counts is the receipt that Pushover
gives us for our own token. Where nobody can call us, receipts are asked for.
"""

import re
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from core import clock, rate
from incidents.models import Incident, Status
from integrations.ingest.answers import Refusal, machine_route
from integrations.replies.acting import Verb, act
from notifications.commands import alarms, receipts, vendors
from notifications.domain.words import Receipt
from notifications.models import Delivery

VIA = "push"
PER_MINUTE = 120  # look-ups that callbacks of one account may cause
RECEIPT = re.compile(r"[A-Za-z0-9]{30}")


@csrf_exempt
@machine_route
def callback(request: HttpRequest, account: str) -> HttpResponse:
    """POST /api/inbound/pushover/<account>: a receipt that may have been acknowledged."""
    found = vendors.account(account, ("pushover",))
    name = request.POST.get("receipt", "") if found else ""
    delivery = alarms.delivery_of(name) if RECEIPT.fullmatch(name) else None
    if found is None or delivery is None:
        raise Refusal(403, "Forbidden")
    now = clock.now()
    verdict = rate.hit(f"pushover:{found.key}", PER_MINUTE, now=now.timestamp())
    if not verdict.allowed:
        raise Refusal(429, "Too many requests")
    if not settle(found, delivery, now=now, request=request):
        raise Refusal(503, "Temporarily unavailable, please retry")
    return JsonResponse({"ok": True})


def settle(
    account: Any, delivery: Delivery, *, now: datetime, request: HttpRequest | None = None
) -> bool:
    """Asks for the receipt of a page and does what the phone said; False when it got no answer."""
    state = alarms.state_of(account, delivery)
    if state is None:
        return False
    incident = Incident.objects.select_related("service").filter(pk=delivery.subject_id).first()
    if state.acknowledged and incident is not None:
        if delivery.user is not None and state.by == delivery.address:
            act(delivery.user, Verb.ACKNOWLEDGE, incident, via=VIA, now=now, request=request)
        receipts.note(delivery.pk, Receipt.SEEN, now=now, detail="acknowledged on the phone")
    elif state.over or incident is None or incident.status != Status.OPEN:
        alarms.end(account, delivery, now=now)
    return True
