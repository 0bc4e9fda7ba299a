"""The base of every view of the JSON API: scopes, limits, lists, the actor.

A view is an `ApiView` with `scopes` (method -> scope of the key) and perhaps `limits`
(method -> requests per minute); what it does not name is refused, or takes the default limit.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, NoReturn

from django.db import models
from drf_spectacular.utils import inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from core import rate
from core.actor import Actor
from core.errors import InvalidRequest

LIMIT_DEFAULT, LIMIT_MAX = 50, 200
OFFSET_MAX = 2**31 - 1


class ApiView(APIView):
    """Names scopes and limits per method; answers carry X-RateLimit-* and are not cached."""

    scopes: ClassVar[Mapping[str, str]] = {}
    limits: ClassVar[Mapping[str, int]] = {}
    rate_verdict: rate.Verdict | None = None

    def permission_denied(
        self, request: Any, message: str | None = None, code: str | None = None
    ) -> NoReturn:
        """A method that is not there needs no scope: it is 405, once it is known who asks."""
        if request.successful_authenticator and request.method not in self.allowed_methods:
            raise exceptions.MethodNotAllowed(request.method)
        super().permission_denied(request, message, code)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.rate_verdict.headers() if self.rate_verdict else {}).items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class NamedRef(serializers.Serializer):
    """Another noun, named."""

    id = serializers.CharField()
    name = serializers.CharField()


class DeletedOut(serializers.Serializer):
    """The answer to DELETE of what is gone for good."""

    deleted = serializers.BooleanField()
    id = serializers.CharField()


def actor_of_api(request: Request) -> Actor:
    """The owner of the API key, as the one who does it."""
    return request.user.as_actor("api", getattr(request, "ip", None), getattr(request, "id", ""))


def checked(serializer: type[Serializer], request: Request, *, partial: bool = False) -> dict:
    """The validated body. Raises ValidationError (422), also for a body without any known field.

    Among known ones others are passed over: a client may send back what it was given.
    """
    form = serializer(data=request.data, partial=partial)
    given = request.data if isinstance(request.data, Mapping) else {}
    if given and form.fields.keys().isdisjoint(given):
        known = ", ".join(name for name, field in form.fields.items() if not field.read_only)
        message = f"Unknown field. Known are: {known}"
        raise exceptions.ValidationError({str(next(iter(given))): [message]}, code="unknown")
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def filters_of(request: Request, allowed: Collection[str]) -> dict[str, str]:
    """Query parameters but paging. Raises InvalidRequest (400) for an unknown one."""
    known = {"limit", "offset", *allowed}
    for name in request.query_params:
        if name not in known:
            raise InvalidRequest(f"Unknown filter “{name}”", field=name, reason="unknown")
    return {name: request.query_params[name] for name in allowed if name in request.query_params}


def listing(
    request: Request,
    rows: models.QuerySet,
    name: str,
    shape: Callable[[Any], Any],
) -> Response:
    """``{<name>: [...], total, limit, offset, hasMore}`` and X-Total-Count."""
    return _part(request, rows, rows.count(), name, shape)


def listing_of(
    request: Request, items: Sequence[Any], name: str, shape: Callable[[Any], Any]
) -> Response:
    """The same of what was worked out rather than read."""
    return _part(request, items, len(items), name, shape)


def _part(
    request: Request, rows: Any, total: int, name: str, shape: Callable[[Any], Any]
) -> Response:
    limit = min(max(_integer(request, "limit", LIMIT_DEFAULT), 1), LIMIT_MAX)
    offset = min(max(_integer(request, "offset", 0), 0), OFFSET_MAX)
    items = [shape(row) for row in rows[offset : offset + limit]]
    body = {
        name: items,
        "total": total,
        "limit": limit,
        "offset": offset,
        "hasMore": offset + len(items) < total,
    }
    return Response(body, headers={"X-Total-Count": str(total)})


def listed(name: str, item: type[Serializer]) -> Serializer:
    """How the answer of `listing` is described in the OpenAPI document."""
    fields = {
        name: item(many=True),
        "total": serializers.IntegerField(),
        "limit": serializers.IntegerField(),
        "offset": serializers.IntegerField(),
        "hasMore": serializers.BooleanField(),
    }
    return inline_serializer(f"{name[:1].upper()}{name[1:]}List", fields)


def _integer(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    try:
        return int(text[:20])
    except ValueError as error:
        raise InvalidRequest(f"{name} must be a number", field=name, reason="invalid") from error
