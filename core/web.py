"""Small helpers of HTML views: role decorators, actor of a request, error pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template import loader

from core.actor import Actor
from core.api import error_answer
from core.errors import ProductError

View = Callable[..., HttpResponse]
THEMES = {"light", "dark"}


def actor_of(request: HttpRequest, via: str = "web") -> Actor:
    """The signed-in person as an actor."""
    user: Any = request.user
    return user.as_actor(via, getattr(request, "ip", None), getattr(request, "id", ""))


def signed_in(view: View) -> View:
    """Sends strangers to the sign-in page and back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return wrapped


def role_required(*roles: str) -> Callable[[View], View]:
    """Signed in and of one of the roles; else the 403 page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.role not in roles:  # type: ignore[union-attr]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return signed_in(wrapped)

    return decorate


def say_refusal(request: HttpRequest, error: ProductError) -> None:
    """A command said no: tell it as a toast."""
    messages.error(request, error.message)


def chosen_theme(request: HttpRequest) -> str:
    """The theme this browser chose: "light", "dark", or "" for that of its system."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else ""


def error_page(request: HttpRequest, status: int, **facts: str) -> HttpResponse:
    """The page of an error, drawn without session, person and database: they may be what broke.

    Programs, which live below /api/, get the envelope of the API instead.
    """
    if request.path_info.startswith("/api/"):
        return error_answer(status)
    values = {"theme": chosen_theme(request), "version": settings.VERSION, **facts}
    page = loader.get_template(f"errors/{status}.html").render(values)
    return HttpResponse(page, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403, reason="csrf")
