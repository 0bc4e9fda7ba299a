"""The designed answers when something is wrong."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.web import error_page

log = logging.getLogger("opsknight.request")


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 403, reason="role")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """With the navigation around it for whoever is signed in, as far as that works."""
    try:
        inside = _signed_in(request) and not request.path_info.startswith("/api/")
        if inside:
            return render(request, "errors/404_inside.html", status=404)
    except Exception:
        log.exception("the page of a 404 is shown without its navigation")
    return error_page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return error_page(request, 500)


def _signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated
