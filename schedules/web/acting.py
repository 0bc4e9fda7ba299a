"""From a form to a command: refusals stand beside the field they name."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django.forms import Form
from django.http import HttpRequest

from core.errors import ProductError

Made = TypeVar("Made")
_CAMEL = re.compile(r"(?<=[a-z])([A-Z])")
# Names of the API -> names of the forms.
_ALIASES = {"user_id": "user", "replaces_user_id": "replaces", "type": "kind"}


def bound(request: HttpRequest) -> Any:
    """What a form is bound to: the POST, even an empty one, else nothing."""
    return request.POST if request.method == "POST" else None


def revision_of(request: HttpRequest) -> int | None:
    """The revision of the schedule that the form was filled in for; None when it does not say."""
    given = request.POST.get("revision", "")
    return int(given[:9]) if given.isdecimal() else None


def attempt(form: Form, command: Callable[..., Made], *subject: Any, **values: Any) -> Made | None:
    """The result of the command, or None with the refusal in the form."""
    try:
        return command(*subject, **values)
    except ProductError as error:
        blame(form, error)
        return None


def blame(form: Form, error: ProductError) -> None:
    """Puts the refusal beside the field it names, else on top of the form."""
    name = _CAMEL.sub(r"_\1", error.field.rsplit(".", 1)[-1]).lower()
    name = _ALIASES.get(name, name)
    form.add_error(name if name in form.fields else None, error.message)
