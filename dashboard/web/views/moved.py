"""Paths of other editions, and of habit, that still lead home."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import escape_leading_slashes

from core.templatetags.ui import asset

DAY = 24 * 3600


def from_mobile(request: HttpRequest, rest: str = "") -> HttpResponse:
    """`/m/incidents/` is `/incidents/`: there is one site for all screens."""
    query = request.META.get("QUERY_STRING", "")
    target = escape_leading_slashes(rest or "/")
    return HttpResponseRedirect(f"{target}?{query}" if query else target)


def to_icon(request: HttpRequest) -> HttpResponse:
    """`/favicon.ico`, which browsers ask for wherever no page names an icon."""
    response = HttpResponseRedirect(asset("icons/icon-192.png"))
    response.headers["Cache-Control"] = f"max-age={DAY}"
    return response
