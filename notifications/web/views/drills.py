"""Test pages: start one, watch what arrives, and the link in each message that says it did."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import queries as accounts
from accounts.domain.roles import Ability, may
from accounts.models import Role, User
from core import clock
from core.errors import ProductError
from core.web import actor_of, role_required, say_refusal, signed_in
from notifications import links, queries
from notifications.commands import drills
from notifications.domain.drills import LOOKS, Fate, advice, fate_of
from notifications.domain.standing import Look
from notifications.models import Delivery, Drill

HTML, JSON = "text/html", "application/json"
DEAD = "This link does not work any more."


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a test page."""

    row: Delivery
    fate: Fate

    @property
    def look(self) -> Look:
        return LOOKS[self.fate]

    @property
    def advice(self) -> str:
        return advice(self.fate, self.row.channel)


@signed_in
@require_POST
def start_mine(request: HttpRequest) -> HttpResponse:
    """A test page to oneself, on every way."""
    user: Any = request.user
    return _start(request, user, "notifications:reach")


@role_required(Role.ADMIN)
@require_POST
def start_for(request: HttpRequest, public_id: str) -> HttpResponse:
    """A test page to somebody else: who asked stands in it and in the audit log."""
    person = get_object_or_404(User.objects.pageable(), public_id=public_id)
    return _start(request, person, "notifications:reach_of", public_id)


@never_cache
@vary_on_headers("HX-Request")
@signed_in
@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """What has arrived, live; addresses are shown to their owner only."""
    viewer: Any = request.user
    drill = get_object_or_404(Drill.objects.select_related("user"), public_id=public_id)
    if not accounts.whose_reach_is_seen_by(viewer).filter(pk=drill.user_id).exists():
        raise Http404
    lines = _lines(drill)
    context = {
        "drill": drill,
        "lines": lines,
        "own": viewer.pk == drill.user_id,
        "live": drill.concluded_at is None,
        "arrived": sum(line.fate in (Fate.CONFIRMED, Fate.DELIVERED) for line in lines),
        "may_test": may(viewer.role, Ability.MANAGE_PEOPLE),
    }
    fragment = request.headers.get("HX-Request")
    name = "notifications/_drill.html" if fragment else "notifications/drill.html"
    return render(request, name, context)


# No CSRF token: the link itself is the secret, and names the message that brought it.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def arrived(request: HttpRequest, token: str) -> HttpResponse:
    """A GET only shows, because mail scanners follow links; the POST confirms."""
    delivery_id = links.delivery_of_arrival(token)
    worker = request.get_preferred_type([HTML, JSON]) == JSON
    done = request.method == "POST" and delivery_id is not None
    if delivery_id is not None and done:
        how = {"now": clock.now(), "detail": "“It arrived” was tapped"}
        delivery_id = delivery_id if drills.confirm(delivery_id, **how) else None
    dead = delivery_id is None
    if worker and dead:
        return JsonResponse({"message": DEAD}, status=410)
    if worker:
        return JsonResponse({"title": "Thank you", "message": "Pages arrive on this device."})
    context = {"dead": dead, "done": done and not dead}
    answer = render(request, "notifications/arrived.html", context, status=410 if dead else 200)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _start(request: HttpRequest, person: User, back: str, *where: str) -> HttpResponse:
    try:
        drill = drills.start_drill(person, by=actor_of(request), now=clock.now())
    except ProductError as error:
        say_refusal(request, error)
        return redirect(back, *where)
    messages.success(request, "The test page is on its way")
    return redirect("notifications:drill", drill.public_id)


def _lines(drill: Drill) -> list[Line]:
    rows = queries.deliveries_of(drills.SUBJECT, [drill.pk])
    return [
        Line(
            row,
            fate_of(row.state, delivered=bool(row.delivered_at), seen=bool(row.seen_at)),
        )
        for row in rows.select_related("contact_method").defer("secret", "message")
    ]
