"""Incidents that one person heard of by one message: the list, and one button for all of them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from core import clock, via
from core.errors import Forbidden, ProductError
from core.web import actor_of, say_refusal, signed_in
from incidents import commands, links, queries
from incidents.models import Bundle, Status
from incidents.shield import standing
from notifications.queries import deliveries_of

VIA, VIA_WORKER = "email", "push"
HTML, JSON = "text/html", "application/json"
PER_PAGE = 50
RECENT = 50
SAMPLE = 10


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Whom the storm shield holds back at present, and the latest bundles."""
    user: Any = request.user
    now = clock.now()
    context = {
        "standings": standing.standings(user, now),
        "bundles": queries.visible_bundles(user)[:RECENT],
        "limits": standing.limits(),
        "mine_only": not standing.sees_everybody(user),
    }
    return render(request, "incidents/bundles.html", context)


@signed_in
@require_safe
def detail(request: HttpRequest, number: int) -> HttpResponse:
    user: Any = request.user
    bundle = _found(user, number)
    rows = queries.incidents_of(bundle, user)
    context = {
        "bundle": bundle,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "open": rows.filter(status=Status.OPEN).count(),
        "deliveries": deliveries_of("bundle", [bundle.pk]).defer("message", "secret"),
    }
    return render(request, "incidents/bundle.html", context)


@signed_in
@require_POST
def acknowledge(request: HttpRequest, number: int) -> HttpResponse:
    user: Any = request.user
    bundle = _found(user, number)
    by, now = actor_of(request), clock.now()
    try:
        left = commands.acknowledge_bundle(bundle, user, by=by, now=now)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error
    except ProductError as error:
        say_refusal(request, error)
    else:
        rest = f"; {left} more follow within moments" if left else ""
        messages.success(request, f"You have them{rest}")
    return redirect("incidents:bundle", number)


# No CSRF token, for the reason that quick.acknowledge has none: the link is the secret.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quick(request: HttpRequest, token: str) -> HttpResponse:
    """One button without signing in. A GET only shows: mail scanners follow links."""
    bundle = links.bundle_of(token)
    worker = request.get_preferred_type([HTML, JSON]) == JSON
    if bundle is None and worker:
        return JsonResponse({"message": "This link does not work any more."}, status=410)
    if bundle is None:
        return _public(render(request, "incidents/quick_dead.html", {}, status=410))
    refusal, left = "", 0
    if request.method == "POST":
        refusal, left = _take(request, bundle, VIA_WORKER if worker else VIA)
    if worker:
        return _told(bundle, refusal)
    rows = queries.incidents_of(bundle, bundle.user)
    with timezone.override(bundle.user.zone):
        context = {
            "bundle": bundle,
            "person": bundle.user,
            "refusal": refusal,
            "left": left,
            "done": request.method == "POST" and not refusal,
            "open": rows.filter(status=Status.OPEN).count(),
            "sample": list(rows.filter(status=Status.OPEN).order_by("pk")[:SAMPLE]),
        }
        return _public(render(request, "incidents/quick_bundle.html", context))


def _take(request: HttpRequest, bundle: Bundle, default: str) -> tuple[str, int]:
    """The words of the refusal, and how many are still to be taken."""
    door = via.of(request.path, request.GET.get(via.PARAMETER, ""), default)
    by = bundle.user.as_actor(door, getattr(request, "ip", None), getattr(request, "id", ""))
    try:
        return "", commands.acknowledge_bundle(
            bundle, bundle.user, by=by, now=clock.now(), via=door
        )
    except ProductError as error:
        return error.message, 0


def _told(bundle: Bundle, refusal: str) -> HttpResponse:
    if refusal:
        return JsonResponse({"message": refusal}, status=409)
    name = f"{bundle.count} incidents on {bundle.service.name}"
    message = "Acknowledged. The escalations have stopped."
    return JsonResponse({"title": f"You have them • {name}", "message": message})


def _public(response: HttpResponse) -> HttpResponse:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _found(user: User, number: int) -> Bundle:
    bundle = queries.visible_bundles(user).filter(pk=number).first()
    if bundle is None:
        raise Http404
    return bundle
