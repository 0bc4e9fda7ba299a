"""Can this person be paged? Each way with its proof: a page, and a fragment for other pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import queries as accounts
from accounts.domain.roles import Ability, may
from core import clock
from core.web import signed_in
from notifications.commands import readiness


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def person(request: HttpRequest, public_id: str) -> HttpResponse:
    """Channels and proofs, no addresses: those are the person's own business."""
    viewer: Any = request.user
    who = get_object_or_404(accounts.whose_reach_is_seen_by(viewer), public_id=public_id)
    context = {
        "person": who,
        "score": readiness.of_user(who, clock.now()),
        "own": who.pk == viewer.pk,
        "may_test": may(viewer.role, Ability.MANAGE_PEOPLE),
    }
    fragment = request.headers.get("HX-Request")
    name = "notifications/_person_reach.html" if fragment else "notifications/person_reach.html"
    return render(request, name, context)


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """A fragment for home: nothing while all is well."""
    user: Any = request.user
    context = {"score": readiness.of_user(user, clock.now())}
    return render(request, "notifications/_my_reach.html", context)
