"""From a form to a command: refusals stand beside the field they name."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.forms import Form
from django.http import HttpRequest

from core import clock
from core.errors import ProductError
from core.web import actor_of

Made = TypeVar("Made")


def bound(request: HttpRequest) -> Any:
    """What a form is bound to: the POST, even an empty one, else nothing."""
    return request.POST if request.method == "POST" else None


def submit(
    request: HttpRequest, form: Form, command: Callable[..., Made], *subject: Any
) -> Made | None:
    """The result of the command with the form's values, or None with the error in the form."""
    if not form.is_valid():
        return None
    try:
        return command(*subject, by=actor_of(request), now=clock.now(), **form.cleaned_data)
    except ProductError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
