"""Who is on call now, in every schedule."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from core import clock
from core.web import signed_in
from dashboard import queries


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """A fragment for htmx, a page for everybody else."""
    context = {"lines": queries.on_call(clock.now())}
    fragment = request.headers.get("HX-Request")
    name = "dashboard/_on_call.html" if fragment else "dashboard/on_call.html"
    return render(request, name, context)
