"""How a verb answers: the smallest region for htmx, else a redirect; toasts for both."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from core import clock
from core.actor import Actor
from core.errors import ProductError
from core.web import actor_of, say_refusal
from incidents import queries
from incidents.models import Incident
from incidents.web import sheet

Act = Callable[[Incident, Actor, datetime], Any]
ROW_PREFIX = "incident-"


def perform(
    request: HttpRequest, number: int, act: Act, *, said: str, undo: str = ""
) -> HttpResponse:
    """Lets the signed-in person do `act` to an incident that they may see.

    A refusal becomes a toast and the page shows how things really stand. `undo` names the view
    that takes it back; it stands in the toast for ten seconds.
    """
    incident = sheet.found(_user(request), number)
    try:
        act(incident, actor_of(request), clock.now())
    except ProductError as error:
        say_refusal(request, error)
    else:
        tags = reverse(f"incidents:{undo}", args=[number]) if undo else ""
        messages.success(request, f"#{number} {said}", extra_tags=tags)
    return show(request, number)


def show(request: HttpRequest, number: int) -> HttpResponse:
    """The row when a row asked, the live parts when the page asked, else back to where it was."""
    htmx: Any = getattr(request, "htmx", None)
    if not htmx:
        return HttpResponseRedirect(way_back(request, number))
    if (htmx.target or "").startswith(ROW_PREFIX + "row"):
        rows = queries.with_names(queries.visible_to(_user(request)))
        row = rows.filter(pk=number).first()
        tick = request.POST.get("tick", "")
        return render(request, "incidents/_row_answer.html", {"incident": row, "tick": tick})
    context = sheet.live(request, sheet.found(_user(request), number))
    return render(request, "incidents/_live.html", context)


def way_back(request: HttpRequest, number: int) -> str:
    """`next` of the form when it is one of our own paths, else the incident."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("incidents:detail", args=[number])


def _user(request: HttpRequest) -> Any:
    return request.user
