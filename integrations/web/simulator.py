"""/simulator/: telephones in the browser that ring and can be answered. Demo mode only.

Answers go through the same functions as those of real telephones; who looks at a telephone here
answers as the person it belongs to: oneself, and everybody for admins.
"""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.domain.roles import Ability, may
from accounts.models import User
from core import clock
from core.web import actor_of, role_required, signed_in
from incidents import commands as incidents
from incidents.domain.alert import Action, AlertEvent, Severity
from integrations.replies import calling, texting
from integrations.replies.acting import Verb, act, subject_of
from integrations.web import screens
from notifications.commands import drills, receipts
from notifications.commands import simulator as phones
from notifications.domain.drills import ARRIVED
from notifications.domain.words import Receipt
from notifications.models import Channel, Delivery
from services.models import Integration
from services.queries import door_of_integration

View = Callable[..., HttpResponse]
LONGEST_ANSWER = 160


def in_demo_mode(view: View) -> View:
    """There is no such page otherwise."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return signed_in(wrapped)


@never_cache
@vary_on_headers("HX-Request")
@in_demo_mode
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return _page(request)


@in_demo_mode
@require_POST
def key(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """A key of the telephone during a call."""
    delivery = _delivery(request, delivery_id)
    pressed = request.POST.get("key", "")[:1]
    answer = calling.pressed(delivery.pk, pressed, now=clock.now(), request=request)
    return _said(request, answer.text)


@in_demo_mode
@require_POST
def press(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """A button of a push message or a card."""
    delivery = _delivery(request, delivery_id)
    verb, now = request.POST.get("verb", ""), clock.now()
    if verb == ARRIVED and drills.confirm(delivery.pk, now=now, detail="“Arrived” was pressed"):
        return _said(request, "Thank you: pages arrive here")
    subject = subject_of(delivery.subject_kind, delivery.subject_id)
    if verb not in set(Verb) or subject is None:
        raise Http404
    via = delivery.channel.lower()
    said = act(_owner(delivery), verb, subject, via=via, now=now, request=request)
    receipts.note(delivery.pk, Receipt.SEEN, now=now, detail=f"{verb} was pressed")
    return _said(request, said)


@in_demo_mode
@require_POST
def reply(request: HttpRequest, public_id: str) -> HttpResponse:
    """A text from one telephone."""
    people = [person for person in _people(request) if person.public_id == public_id]
    number = next(iter(phones.telephone_numbers(people).values()), "")
    if not number:
        raise Http404
    text, now = request.POST.get("text", "")[:LONGEST_ANSWER], clock.now()
    where: Any = {"channel": Channel.SMS, "address": number, "now": now}
    said = texting.answer_to_drill(text, **where)
    if not said:
        said = texting.answer_to(people[0], text, request=request, **where)
    return _said(request, said or "No answer.")


@role_required("ADMIN", "RESPONDER")
@in_demo_mode
@require_POST
def break_something(request: HttpRequest) -> HttpResponse:
    """A critical event of a sample service, by the way of real ones."""
    rows = Integration.objects.filter(service__archived_at=None, enabled=True)
    integration = rows.exclude(service__policy=None).select_related("service").first()
    door = door_of_integration(integration) if integration else None
    if door is None:
        messages.error(request, "There is no service with a policy: run manage.py demo first")
        return redirect("integrations:simulator")
    event = AlertEvent(
        action=Action.TRIGGER,
        dedup_key=f"simulator-{secrets.token_hex(6)}",
        summary="Payments fail for 12 % of customers",
        severity=Severity.CRITICAL,
        source="Simulator",
        details={"asked for by": str(request.user)},
        raw={"summary": "Payments fail for 12 % of customers", "severity": "critical"},
    )
    incidents.ingest(door, [event], by=actor_of(request), now=clock.now())
    return _said(request, "Something is broken. Whoever is on call is being paged.")


def _page(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    context = {
        "phones": screens.phones(_people(request), clock.now()),
        "keypad": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"],
        "may_break": may(user.role, Ability.EDIT_SERVICE),
    }
    if request.headers.get("HX-Request"):
        context["with_toasts"] = True
        return render(request, "integrations/simulator/_phones.html", context)
    return render(request, "integrations/simulator/index.html", context)


def _said(request: HttpRequest, text: str) -> HttpResponse:
    messages.info(request, text if text.endswith((".", "!", "?", "…")) else f"{text}.")
    if request.headers.get("HX-Request"):
        return _page(request)
    return redirect("integrations:simulator")


def _people(request: HttpRequest) -> list[User]:
    """Whose telephones may be held: one's own, and everybody's by admins."""
    user: Any = request.user
    rows = User.objects.pageable()
    if not may(user.role, Ability.MANAGE_SETTINGS):
        rows = rows.filter(pk=user.pk)
    return list(rows.order_by("name", "id"))


def _delivery(request: HttpRequest, delivery_id: int) -> Delivery:
    rows = phones.taken(clock.now()).filter(user__in=_people(request))
    return get_object_or_404(rows, pk=delivery_id)


def _owner(delivery: Delivery) -> User:
    if delivery.user is None:
        raise Http404
    return delivery.user
