"""Who of those a policy relies on is away in the days ahead."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from core import clock
from core.web import signed_in
from escalation import queries
from escalation.web import access


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def away(request: HttpRequest, public_id: str) -> HttpResponse:
    """A fragment for htmx, nothing when nobody is away; a page for everybody else."""
    policy = access.policy_of(public_id)
    context = {"policy": policy, "away": queries.away(policy, clock.now())}
    fragment = request.headers.get("HX-Request")
    name = "escalation/_away.html" if fragment else "escalation/away.html"
    return render(request, name, context)
