"""Machine routes leave Django's middleware chain here: no session, no CSRF, no templates.

Key-authenticated ingest and health answer in a handful of statements; each middleware in front
of them would be paid for by every event.
"""

import logging
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import resolve

from core.database import trust_recent_connection

PREFIXES = (
    "/api/events",
    "/api/integrations/",
    "/api/inbound/",
    "/api/slack/actions",
    "/api/health",
    "/v2/",
)
log = logging.getLogger("opsknight.ingest")

GetResponse = Callable[[HttpRequest], HttpResponse]


class FastLane:
    """First in MIDDLEWARE; answers the routes of PREFIXES itself and passes on everything else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIXES):
            return self.get_response(request)
        trust_recent_connection()
        response = self._answer(request)
        # These routes say in their own words what went wrong; Django's second line for each 5xx
        # would call every "not ready yet" an error.
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            match = resolve(request.path_info)
            request.resolver_match = match
            return match.func(request, *match.args, **match.kwargs)
        except Http404:
            return JsonResponse({"error": "Not found"}, status=404)
        except Exception:
            log.exception("unhandled error on %s", match.route if "match" in locals() else "?")
            return JsonResponse({"error": "Internal Server Error"}, status=500)
