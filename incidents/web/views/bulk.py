"""One verb for many ticked rows; each goes through the same command as a single one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from core import clock
from core.actor import Actor
from core.errors import ProductError
from core.web import actor_of, signed_in
from incidents import commands, queries
from incidents.models import Incident
from incidents.web.listing import PER_PAGE, Filter
from incidents.web.views.index import rows

Verb = Callable[[Incident, Actor, datetime], Any]
VERBS: dict[str, tuple[str, Verb]] = {
    "acknowledge": (
        "acknowledged",
        lambda incident, by, now: commands.acknowledge(incident, by=by, now=now),
    ),
    "escalate": (
        "sent to the next step",
        lambda incident, by, now: commands.escalate_now(incident, by=by, now=now),
    ),
    "resolve": ("resolved", lambda incident, by, now: commands.resolve(incident, by=by, now=now)),
}


@signed_in
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """`action` and up to one page of `number`s. Says for each one what could not be done."""
    said, act = VERBS.get(request.POST.get("action", ""), ("", None))
    numbers = [int(text) for text in request.POST.getlist("number")[:PER_PAGE] if text.isdecimal()]
    if act is None or not numbers:
        messages.warning(request, "Tick the incidents first, then choose what to do with them")
    else:
        _apply(request, numbers, said, act)
    wanted = Filter.of(request.GET)
    if request.headers.get("HX-Request"):
        return render(request, "incidents/_rows.html", {**rows(request, wanted), "answer": True})
    return redirect(f"/incidents/{wanted.url()}")


def _apply(request: HttpRequest, numbers: list[int], said: str, act: Verb) -> None:
    user: Any = request.user
    by, now = actor_of(request), clock.now()
    done, refused = 0, []
    for incident in queries.visible_to(user).filter(pk__in=numbers).order_by("pk"):
        try:
            act(incident, by, now)
            done += 1
        except ProductError as error:
            refused.append(f"#{incident.pk}: {error.message}")
    if done:
        messages.success(request, f"{done} {'incident' if done == 1 else 'incidents'} {said}")
    if refused:
        messages.error(request, "Not changed: " + "; ".join(refused))
