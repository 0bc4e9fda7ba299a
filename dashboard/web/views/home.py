"""The Command Center: the state of the world, my queue, who is on call, whether we are well."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.domain.roles import Ability, may
from accounts.models import User
from core import clock
from core.web import signed_in
from dashboard import queries


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Answers htmx with the live part alone."""
    user: Any = request.user
    world = queries.world(user, clock.now())
    exhausted = queries.exhausted_for(user) if world.exhausted else []
    context: dict[str, Any] = {
        "world": world,
        "exhausted": exhausted,
        "queue": queries.queue_of(user, besides=exhausted),
        "shows_coverage": may(user.role, Ability.EDIT_SCHEDULE),
    }
    if request.headers.get("HX-Request"):
        return render(request, "dashboard/_world.html", context)
    if may(user.role, Ability.MANAGE_SETTINGS):
        context |= _for_admins(user)
    return render(request, "dashboard/home.html", context)


def _for_admins(user: User) -> dict[str, Any]:
    """The checklist until a page is proven; warnings always when they are grave."""
    steps = queries.first_steps(user)
    proven = all(step.done or step.optional for step in steps)
    alarms = queries.alarms(queries.trouble(clock.now()), queries.broken_in_words())
    return {
        "steps": [] if proven else steps,
        "steps_done": sum(step.done for step in steps),
        "alarms": [alarm for alarm in alarms if proven or alarm.tone == "danger"],
    }


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Processes and what should be zero: a fragment of home, and a page of its own."""
    user: Any = request.user
    now = clock.now()
    context: dict[str, Any] = {"beats": queries.beats(now)}
    if user.is_admin:
        found = queries.trouble(now)
        context |= {"trouble": found, "gauges": queries.gauges(found)}
        context["broken"] = queries.broken_in_words()
        context["stumbling"] = queries.stumbling(now) if found.failing else ()
    fragment = request.headers.get("HX-Request")
    name = "dashboard/_health.html" if fragment else "dashboard/health.html"
    return render(request, name, context)


@signed_in
@require_safe
def more(request: HttpRequest) -> HttpResponse:
    """What does not fit into the phone's bottom bar."""
    return render(request, "dashboard/more.html")
