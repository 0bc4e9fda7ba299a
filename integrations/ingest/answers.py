"""Answers of the machine routes, and the guard that turns a busy database into 503."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

log = logging.getLogger("opsknight.ingest")
RETRY_SECONDS = 5
View = Callable[..., HttpResponse]


class Refusal(Exception):
    """Ends the request with a status, a text of the documented tables and headers."""

    def __init__(self, status: int, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **extra}
        self.headers: dict[str, str] = {}

    def response(self) -> JsonResponse:
        return JsonResponse(self.body, status=self.status, headers=self.headers)


def machine_route(view: View) -> View:
    """POST only; refusals become JSON; a database that does not answer becomes 503, never 202."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return JsonResponse(
                {"error": "Method not allowed"}, status=405, headers={"Allow": "POST"}
            )
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return refusal.response()
        except (OperationalError, InterfaceError) as error:
            log.warning("not accepted, the database did not answer: %s", error)
            connection.close_if_unusable_or_obsolete()
            return unavailable()

    return wrapped


def unavailable(seconds: int = RETRY_SECONDS) -> JsonResponse:
    """Asks the sender to come again. Webhook senders drop 4xx, so load is always shed this way."""
    return JsonResponse(
        {"error": "Temporarily unavailable, please retry"},
        status=503,
        headers={"Retry-After": str(seconds)},
    )
