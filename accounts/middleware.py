"""Every page: times in the viewer's zone; before the set-up: everything leads to it."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts import queries

GetResponse = Callable[[HttpRequest], HttpResponse]
OPEN_BEFORE_SETUP = (
    "/setup",
    "/static/",
    "/api/",
    "/manifest",
    "/sw.js",
    "/offline/",
    "/favicon",
)

_seen = {"user": False}  # once true it stays true: the last person cannot be removed


def viewer_zone(get_response: GetResponse) -> GetResponse:
    """Activates the zone of the signed-in person for the answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone_of(request.user)):
            return get_response(request)

    return middleware


def require_setup(get_response: GetResponse) -> GetResponse:
    """With zero people every page leads to `/setup`; asked of the database until one exists."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if is_set_up() or request.path_info.startswith(OPEN_BEFORE_SETUP):
            return get_response(request)
        return HttpResponseRedirect(reverse("setup"))

    return middleware


def is_set_up() -> bool:
    _seen["user"] = _seen["user"] or queries.any_user()
    return _seen["user"]


def forget() -> None:
    """Asks the database again: for tests, which empty it."""
    _seen["user"] = False


def _zone_of(user: Any) -> zoneinfo.ZoneInfo | None:
    if not user.is_authenticated:
        return None
    try:
        return user.zone
    except zoneinfo.ZoneInfoNotFoundError:  # a zone that a new time zone database dropped
        return None
