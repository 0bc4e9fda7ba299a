"""What the settings of the JSON API name: strict bodies, rate limits, the error envelope.

Views start from `core.api_view`. This module is imported by the framework's view module, so it
cannot import that one.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from core import clock, rate, strict_json
from core.errors import ProductError

BODY_BYTES = 2 * 1024 * 1024
log = logging.getLogger("opsknight.api")


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"Body is larger than {BODY_BYTES} bytes"


class StrictJSONParser(BaseParser):
    """A JSON object of at most 2 MB, read by `core.strict_json`."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict:
        body = stream.read(BODY_BYTES + 1)
        if len(body) > BODY_BYTES:
            raise TooLarge
        if not body.strip():
            return {}
        try:
            value = strict_json.loads(body)
        except strict_json.BadJSON as error:
            raise exceptions.ParseError(f"Invalid JSON: {error}") from error
        if not isinstance(value, dict):
            raise exceptions.ParseError("The body must be a JSON object")
        return value


class RowThrottle(BaseThrottle):
    """So many requests per minute of one key to one resource and method, counted in rows."""

    def allow_request(self, request: Request, view: Any) -> bool:
        method = request.method or ""
        limit = getattr(view, "limits", {}).get(method, settings.API_PER_MINUTE)
        who = getattr(request.auth, "pk", None) or request.META.get("REMOTE_ADDR", "")
        key = f"api:{who}:{type(view).__name__}:{method}"
        try:
            verdict = rate.hit(
                key, limit if settings.API_PER_MINUTE else 0, now=clock.now().timestamp()
            )
        except DatabaseError:  # a limit that cannot be counted must not close the API
            log.warning("rate limit of %s could not be counted", key)
            return True
        view.rate_verdict = verdict
        self.seconds = verdict.reset
        return verdict.allowed

    def wait(self) -> float:
        return self.seconds


def envelope(code: str, message: str, *, field: str = "", reason: str = "") -> dict[str, Any]:
    """The error shape of the API; `details` only when there is something to say."""
    error: dict[str, Any] = {"code": code, "message": message}
    details = {key: value for key, value in {"field": field, "reason": reason}.items() if value}
    if details:
        error["details"] = details
    return {"status": "error", "error": error}


def error_answer(status: int) -> JsonResponse:
    """The envelope, for errors that strike before or beside the framework of the API."""
    code, message = _CODES.get(status, ("INVALID_REQUEST", "The request could not be read"))
    return JsonResponse(envelope(code, message or "Not allowed"), status=status)


@csrf_exempt
def unknown(request: HttpRequest) -> JsonResponse:
    """Every address below /api/ where nothing is: programs get no page."""
    message = "There is nothing at this address; /api/openapi.json lists what there is"
    return JsonResponse(envelope("NOT_FOUND", message), status=404)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Every error of the API in one envelope; the unexpected is logged and says nothing."""
    if isinstance(error, ProductError):
        body = envelope(error.code, error.message, field=error.field, reason=error.reason)
        return Response(body, status=error.status)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    busy = isinstance(error, OperationalError)
    log.error("unhandled error in %s", type(context.get("view")).__name__, exc_info=error)
    if busy:
        body = envelope("INTERNAL_ERROR", "The database is busy; try again")
        return Response(body, status=503, headers={"Retry-After": "2"})
    return Response(envelope("INTERNAL_ERROR", "Internal server error"), status=500)


_CODES = {
    401: ("UNAUTHORIZED", "Missing or invalid API key"),
    403: ("FORBIDDEN", ""),
    404: ("NOT_FOUND", "Not found"),
    429: ("RATE_LIMITED", "Too many requests"),
    500: ("INTERNAL_ERROR", "Internal server error"),
}


def _of_framework(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return _of_validation(error)
    code, message = _CODES.get(error.status_code, ("INVALID_REQUEST", ""))
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    body = envelope(code, message or str(error.detail))
    return Response(body, status=error.status_code, headers=headers)


def _of_validation(error: exceptions.ValidationError) -> Response:
    field, detail = _first(error.detail)
    reason = getattr(detail, "code", "") or "invalid"
    message = f"{field} is required" if reason == "required" and field else str(detail)
    message = message[:1].upper() + message[1:]
    body = envelope("VALIDATION_ERROR", message, field=field, reason=reason)
    return Response(body, status=status.HTTP_422_UNPROCESSABLE_ENTITY)


def _first(detail: Any, path: str = "") -> tuple[str, Any]:
    """The first error of a nested structure and where it is: ``steps.0.targets``."""
    if isinstance(detail, dict) and detail:
        key = next(iter(detail))
        here = path if key == "non_field_errors" else f"{path}.{key}".strip(".")
        return _first(detail[key], here)
    if isinstance(detail, list) and detail:
        index = next((i for i, item in enumerate(detail) if item), 0)
        nested = isinstance(detail[index], dict | list)
        return _first(detail[index], f"{path}.{index}".strip(".") if nested else path)
    return path, detail
