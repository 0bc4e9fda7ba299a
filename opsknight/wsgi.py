"""The WSGI application: Django, with what the web server must be told about each answer."""

import os
import time
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse, JsonResponse

from opsknight.runtime import traffic
from opsknight.runtime.http import OVERSIZE

# Doors that have an answer of their own to a body over every limit; it arrives there empty.
KNOWS_OVERSIZE = ("/api/events", "/api/integrations/", "/v2/")


class Handler(WSGIHandler):
    """Refuses oversize bodies, counts answers, and gives each a length: connections stay open."""

    def get_response(self, request: Any) -> Any:
        began = time.perf_counter()
        response = self._refusal(request) or super().get_response(request)
        traffic.board().count(request.path_info, response.status_code, time.perf_counter() - began)
        if isinstance(response, HttpResponse) and not response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(response.content))
        return response

    def _refusal(self, request: WSGIRequest) -> HttpResponse | None:
        if not request.META.get(OVERSIZE) or request.path_info.startswith(KNOWS_OVERSIZE):
            return None
        if request.path_info.startswith("/api/"):
            return JsonResponse({"error": "Request body too large"}, status=413)
        return HttpResponse("Request body too large", status=413, content_type="text/plain")


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsknight.settings")
django.setup(set_prefix=False)
application = Handler()
