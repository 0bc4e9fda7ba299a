"""From a form to a command and back: refusals become toasts, field errors or the 403 page."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest

from core import clock, web
from core.errors import Forbidden, ProductError

_CAMEL = re.compile(r"(?<=[a-z])([A-Z])")


def act(
    request: HttpRequest, command: Callable[..., Any], *subject: Any, done: str = "", **values: Any
) -> bool:
    """Calls the command as the signed-in person; says `done`, or why not. True when it was done.

    Raises PermissionDenied when the person may not.
    """
    try:
        command(*subject, by=web.actor_of(request), now=clock.now(), **values)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error
    except ProductError as error:
        web.say_refusal(request, error)
        return False
    if done:
        messages.success(request, done)
    return True


def submit(
    request: HttpRequest, form: Form, command: Callable[..., Any], *subject: Any, **values: Any
) -> Any:
    """Like `act` for a bound form: the command's result, or None with the error in the form.

    The command gets the form's values, unless `values` are named.
    """
    if not form.is_valid():
        return None
    values = values or form.cleaned_data
    try:
        return command(*subject, by=web.actor_of(request), now=clock.now(), **values)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error
    except ProductError as error:
        blame(form, error)
        return None


def blame(form: Form, error: ProductError) -> None:
    """Puts the refusal beside the field it names, else on top of the form."""
    field = _CAMEL.sub(r"_\1", error.field).lower()
    form.add_error(field if field in form.fields else None, error.message)
