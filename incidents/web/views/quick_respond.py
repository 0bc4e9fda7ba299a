"""Accept or decline a request for help from a message, without signing in.

A GET only shows: mail scanners follow links. The POST acts. The service worker of a device that
got a push asks for JSON: title and message of the notification that says how it went.
"""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core import clock, language, via
from core.domain.phrase import mark
from core.errors import ProductError
from incidents import commands, links
from incidents.links import Grant
from incidents.models import Incident, IncidentResponder, ResponderState
from incidents.web.views.quick import DEAD, TITLE_LENGTH, VIA, VIA_WORKER, for_worker, page
from notifications.domain.text import one_line

CHOICES = {"accept": True, "decline": False}
CHOOSE = mark("Choose whether you can help.")


@csrf_exempt  # the link itself is the secret, as for the link that acknowledges
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def respond(request: HttpRequest, token: str) -> HttpResponse:
    """Who asks for what, and two buttons; after the POST: what was answered."""
    grant = links.request_grant_of(token)
    worker = for_worker(request)
    if grant is None and worker:
        return JsonResponse({"message": _(DEAD)}, status=410)
    if grant is None:
        return page(request, "incidents/quick_dead.html", {}, status=410)
    if worker:
        with language.speaking_to(grant.user.language):
            return _answer_to_worker(request, grant)
    choice = CHOICES.get(request.POST.get("answer", ""))
    refusal = _act(request, grant, choice, VIA) if request.method == "POST" else ""
    with timezone.override(grant.user.zone):
        return page(request, "incidents/quick_respond.html", _facts(grant, refusal))


def _answer_to_worker(request: HttpRequest, grant: Grant) -> HttpResponse:
    """What the device says after a tap; 409 when it changed nothing."""
    refusal = _act(request, grant, _chosen(request), VIA_WORKER)
    facts = _facts(grant, refusal)
    row: IncidentResponder | None = facts["row"]
    if refusal or row is None:
        return JsonResponse({"message": refusal}, status=409)
    name = one_line(f"#{grant.incident.pk} {grant.incident.title}", TITLE_LENGTH)
    comes = row.state == ResponderState.ACCEPTED
    title = _("You are coming") if comes else _("You are not coming")
    told = _("{who} is told.").format(who=one_line(row.asked_by_label, TITLE_LENGTH))
    return JsonResponse({"title": f"{title} • {name}", "message": told})


def _chosen(request: HttpRequest) -> bool | None:
    """The answer in a JSON body; None for anything else."""
    try:
        body = json.loads(request.body) if request.method == "POST" else {}
    except (ValueError, RecursionError):
        return None
    answer = body.get("answer") if isinstance(body, dict) else None
    return CHOICES.get(answer) if isinstance(answer, str) else None


def _act(request: HttpRequest, grant: Grant, choice: bool | None, default: str) -> str:
    """Answers as the person whom the link names; the words of the refusal, or ""."""
    if choice is None:
        return _(CHOOSE)
    door = via.of(request.path, request.GET.get(via.PARAMETER, ""), default)
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
