"""Answers to a POST that show a secret which nobody can read again: keys, private addresses.

Such a page cannot be a redirect, so a browser that reloads it, or comes back to it, posts again:
a second key would be made, and a key rotated twice would end the one that is still in use.
"""

import hashlib
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

SESSION_KEY = "shown_once"
KEPT = 20  # so many of the last ones are known again
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  # its name in forms; another value on each page


def show(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page with the secret; the same form, sent again, is known by `again`."""
    if mark := _mark(request):
        known = request.session.get(SESSION_KEY, [])
        request.session[SESSION_KEY] = [*known, mark][-KEPT:]
    return render(request, template, context)


def again(request: HttpRequest, back: str) -> HttpResponse | None:
    """What a repetition gets instead: a word, and the way `back` (a URL or its name)."""
    if request.method != "POST" or _mark(request) not in request.session.get(SESSION_KEY, []):
        return None
    messages.info(
        request, "That was done already, and what it showed is shown once. Nothing changed"
    )
    return redirect(back)


def _mark(request: HttpRequest) -> str:
    """Of this very form as it was filled in; empty where no token tells pages apart."""
    if not request.POST.get(TOKEN):
        return ""
    sent = f"{request.path}?{request.POST.urlencode()}"
    return hashlib.sha256(sent.encode()).hexdigest()
