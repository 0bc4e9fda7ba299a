"""Acknowledge with one tap: mail and push without signing in, a chat as who is signed in.

A GET only shows: mail scanners follow links. The POST acts. The service worker of a device that
got a push asks for JSON: title and message of the notification that says how it went.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core import clock, language, via
from core.domain.phrase import mark
from core.errors import ProductError
from core.web import signed_in
from incidents import commands, links, queries
from incidents.domain.lifecycle import MOVES
from incidents.links import Grant
from incidents.models import EventType, Incident, Status
from notifications import commands as notifications
from notifications.domain.text import one_line

VIA, VIA_WORKER = "email", "push"
HTML, JSON = "text/html", "application/json"
DEAD = mark("This link does not work any more.")
NOTHING_LEFT = mark("Nothing is left to do for you.")
TITLE_LENGTH = 100


# No CSRF token: the link itself is the secret, it names the person, and a foreign page that knew
# it could as well open it. A session cookie plays no part in what happens here.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """What broke and one button; after the POST: who has it, since when."""
    grant = links.grant_of(token)
    worker = for_worker(request)
    if grant is None and worker:
        return JsonResponse({"message": _(DEAD)}, status=410)
    if grant is None:
        return page(request, "incidents/quick_dead.html", {}, status=410)
    door = VIA_WORKER if worker else VIA
    refusal = _act(request, grant, door) if request.method == "POST" else ""
    if worker:
        with language.speaking_to(grant.user.language):
            return _told(_facts(grant, refusal))
    with timezone.override(grant.user.zone):
        return page(request, "incidents/quick.html", _facts(grant, refusal))


def for_worker(request: HttpRequest) -> bool:
    """Whether a notification acts, not a page."""
    return request.get_preferred_type([HTML, JSON]) == JSON


def _told(facts: dict[str, Any]) -> HttpResponse:
    """What the device says after a tap; 409 when nobody has it."""
    incident, taken = facts["incident"], facts["taken"]
    name = one_line(f"#{incident.pk} {incident.title}", TITLE_LENGTH)
    if facts["taken_by_me"]:
        title, message = _("You have it"), _("Acknowledged. The escalation has stopped.")
    elif taken:
        title = _("{who} has it").format(who=taken.actor_label or _("Somebody"))
        message = _(NOTHING_LEFT)
    elif incident.resolved_at:
        title, message = _("It is over"), _(NOTHING_LEFT)
    else:
        return JsonResponse({"message": facts["refusal"] or _("Nobody has it.")}, status=409)
    return JsonResponse({"title": f"{title} • {name}", "message": message})


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: HttpRequest, number: int) -> HttpResponse:
    """The same page for a link that names nobody: whoever is signed in and may see the incident."""
    user: Any = request.user
    incident = queries.visible_to(user).select_related("service").filter(pk=number).first()
    if incident is None:
        raise Http404
    grant = Grant(incident, user)
    refusal = _act(request, grant, "web") if request.method == "POST" else ""
    facts = {**_facts(grant, refusal), "signed_in": True}
    return page(request, "incidents/quick.html", facts)


def _act(request: HttpRequest, grant: Grant, default: str) -> str:
    """Acknowledges as the person whom the link names; the words of the refusal, or ""."""
    ip, request_id = getattr(request, "ip", None), getattr(request, "id", "")
    door = via.of(request.path, request.GET.get(via.PARAMETER, ""), default)
    by = grant.user.as_actor(door, ip, request_id)
    _note_seen(grant, door)
    try:
        commands.acknowledge(grant.incident, by=by, now=clock.now(), via=door)
    except ProductError as error:
        return error.message
    return ""


def _note_seen(grant: Grant, door: str) -> None:
    """Whoever presses the button has read; a scanner that follows the link presses nothing."""
    subject = ("incident", grant.incident.pk)
    notifications.answered(subject, grant.user.pk, door.upper(), now=clock.now())


def _facts(grant: Grant, refusal: str) -> dict[str, Any]:
    incident = Incident.objects.select_related("service", "assignee").get(pk=grant.incident.pk)
    events = incident.events.filter(type=EventType.ACKNOWLEDGED)
    taken = events.order_by("-id").first() if incident.status == Status.ACKNOWLEDGED else None
    others = incident.pages.filter(run=incident.run).exclude(user=grant.user)
    return {
        "incident": incident,
        "person": grant.user,
        "refusal": refusal,
        "taken": taken,
        "taken_by_me": taken is not None and taken.actor_id == grant.user.public_id,
        "may_acknowledge": Status.ACKNOWLEDGED in MOVES[Status(incident.status)],
        "others": list(dict.fromkeys(others.values_list("user__name", flat=True))),
    }


def page(
    request: HttpRequest, name: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    response = render(request, name, context, status=status)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
