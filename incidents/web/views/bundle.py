"""Incidents that one person heard of by one message: the list, and one button for all of them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from core import clock, language, via
from core.errors import Forbidden, ProductError
from core.web import actor_of, say_refusal, signed_in
from incidents import commands, links, queries
from incidents.commands import Taken
from incidents.models import Bundle, Status
from incidents.shield import standing
from incidents.web.views.quick import DEAD, NOTHING_LEFT, TITLE_LENGTH
from notifications.domain.text import one_line
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
        taken = commands.acknowledge_bundle(bundle, user, by=by, now=now)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error
    except ProductError as error:
        say_refusal(request, error)
    else:
        rest = f"; {taken.left} more follow within moments" if taken.left else ""
        said = f"You have them{rest}" if taken else "None of them was open any more"
        messages.success(request, said)
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
        return JsonResponse({"message": _(DEAD)}, status=410)
    if bundle is None:
        return _public(render(request, "incidents/quick_dead.html", {}, status=410))
    refusal, taken = "", Taken(0, 0)
    if request.method == "POST":
        refusal, taken = _take(request, bundle, VIA_WORKER if worker else VIA)
    if worker:
        with language.speaking_to(bundle.user.language):
            return _told(bundle, refusal, taken)
    rows = queries.incidents_of(bundle, bundle.user)
    with timezone.override(bundle.user.zone):
        context = {
            "bundle": bundle,
            "person": bundle.user,
            "refusal": refusal,
            "left": taken.left,
            "done": bool(taken),
            "open": rows.filter(status=Status.OPEN).count(),
            "sample": list(rows.filter(status=Status.OPEN).order_by("pk")[:SAMPLE]),
        }
        return _public(render(request, "incidents/quick_bundle.html", context))


def _take(request: HttpRequest, bundle: Bundle, default: str) -> tuple[str, Taken]:
    """The words of the refusal, and what was taken."""
    door = via.of(request.path, request.GET.get(via.PARAMETER, ""), default)
    by = bundle.user.as_actor(door, getattr(request, "ip", None), getattr(request, "id", ""))
    try:
        return "", commands.acknowledge_bundle(
            bundle, bundle.user, by=by, now=clock.now(), via=door
        )
    except ProductError as error:
        return error.message, Taken(0, 0)


def _told(bundle: Bundle, refusal: str, taken: Taken) -> HttpResponse:
    if refusal:
        return JsonResponse({"message": refusal}, status=409)
    service = one_line(bundle.service.name, TITLE_LENGTH)
    name = _("{count} incidents on {service}").format(count=bundle.count, service=service)
    title, message = _("None of them was open any more"), _(NOTHING_LEFT)
    if taken:
        title, message = _("You have them"), _("Acknowledged. The escalations have stopped.")
    return JsonResponse({"title": f"{title} • {name}", "message": message})


def _public(response: HttpResponse) -> HttpResponse:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _found(user: User, number: int) -> Bundle:
    bundle = queries.visible_bundles(user).filter(pk=number).first()
    if bundle is None:
        raise Http404
    return bundle
