"""Accept or decline a request for help from a message, without signing in.

A GET only shows: mail scanners follow links. The POST acts.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core import clock, via
from core.errors import ProductError
from incidents import commands, links
from incidents.links import Grant
from incidents.models import Incident
from incidents.web.views.quick import VIA, page

CHOICES = {"accept": True, "decline": False}


@csrf_exempt  # the link itself is the secret, as for the link that acknowledges
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def respond(request: HttpRequest, token: str) -> HttpResponse:
    """Who asks for what, and two buttons; after the POST: what was answered."""
    grant = links.request_grant_of(token)
    if grant is None:
        return page(request, "incidents/quick_dead.html", {}, status=410)
    refusal = _act(request, grant) if request.method == "POST" else ""
    with timezone.override(grant.user.zone):
        return page(request, "incidents/quick_respond.html", _facts(grant, refusal))


def _act(request: HttpRequest, grant: Grant) -> str:
    """Answers as the person whom the link names; the words of the refusal, or ""."""
    choice = CHOICES.get(request.POST.get("answer", ""))
    if choice is None:
        return "Choose whether you can help."
    door = via.of(request.path, request.GET.get(via.PARAMETER, ""), VIA)
    ip, request_id = getattr(request, "ip", None), getattr(request, "id", "")
    by = grant.user.as_actor(door, ip, request_id)
    note = request.POST.get("note", "")[:500]
    try:
        commands.answer(
            grant.incident, grant.user, accept=choice, by=by, now=clock.now(), note=note, via=door
        )
    except ProductError as error:
        return error.message
    return ""


def _facts(grant: Grant, refusal: str) -> dict[str, Any]:
    incident = Incident.objects.select_related("service", "assignee").get(pk=grant.incident.pk)
    row = incident.responders.filter(user=grant.user).order_by("-id").first()
    return {"incident": incident, "person": grant.user, "row": row, "refusal": refusal}
