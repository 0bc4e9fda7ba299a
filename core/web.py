"""Small helpers of HTML views: who may enter, from a form to a command and back, error pages."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.template import loader

from core import clock
from core.actor import Actor
from core.api import error_answer
from core.errors import Forbidden, ProductError

View = Callable[..., HttpResponse]
Made = TypeVar("Made")
THEMES = {"light", "dark"}
_CAMEL = re.compile(r"(?<=[a-z])([A-Z])")
# Names of the API that forms call otherwise.
_ALIASES = {"user_id": "user", "replaces_user_id": "replaces", "type": "kind"}


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


def bound(request: HttpRequest) -> Any:
    """What a form is bound to: the POST, even an empty one, else nothing."""
    return request.POST if request.method == "POST" else None


def act(
    request: HttpRequest, command: Callable[..., Any], *subject: Any, done: str = "", **values: Any
) -> bool:
    """Calls the command as the signed-in person; says `done`, or why not. True when it was done.

    Raises PermissionDenied when the person may not.
    """
    try:
        command(*subject, by=actor_of(request), now=clock.now(), **values)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error
    except ProductError as error:
        say_refusal(request, error)
        return False
    if done:
        messages.success(request, done)
    return True


def submit(
    request: HttpRequest, form: Form, command: Callable[..., Made], *subject: Any, **values: Any
) -> Made | None:
    """Like `act` for a form: the command's result, or None with the error in the form.

    The command gets the form's values, unless `values` are named.
    """
    if not form.is_valid():
        return None
    given = {"by": actor_of(request), "now": clock.now(), **(values or form.cleaned_data)}
    try:
        return command(*subject, **given)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error
    except ProductError as error:
        blame(form, error)
        return None


def attempt(form: Form, command: Callable[..., Made], *subject: Any, **values: Any) -> Made | None:
    """The result of the command, or None with the refusal, whatever it is, in the form."""
    try:
        return command(*subject, **values)
    except ProductError as error:
        blame(form, error)
        return None


def blame(form: Form, error: ProductError) -> None:
    """Puts the refusal beside the field it names, else on top of the form."""
    snake = _CAMEL.sub(r"_\1", error.field.rsplit(".", 1)[-1]).lower()
    names = (error.field, snake, _ALIASES.get(snake, ""))
    form.add_error(next((name for name in names if name in form.fields), None), error.message)


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
