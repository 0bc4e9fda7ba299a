"""Paths of other editions that still lead home."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import escape_leading_slashes


def from_mobile(request: HttpRequest, rest: str = "") -> HttpResponse:
    """`/m/incidents/` is `/incidents/`: there is one site for all screens."""
    query = request.META.get("QUERY_STRING", "")
    target = escape_leading_slashes(rest or "/")
    return HttpResponseRedirect(f"{target}?{query}" if query else target)
