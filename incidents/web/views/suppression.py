"""Muted as noise, and its end."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from core.web import signed_in
from incidents import commands
from incidents.models import Status
from incidents.web.answers import perform


@signed_in
@require_POST
def suppress(request: HttpRequest, number: int) -> HttpResponse:
    return perform(
        request,
        number,
        lambda incident, by, now: commands.suppress(incident, by=by, now=now),
        said="suppressed",
        undo="unsuppression",
    )


@signed_in
@require_POST
def unsuppress(request: HttpRequest, number: int) -> HttpResponse:
    return perform(
        request,
        number,
        lambda incident, by, now: commands.move(incident, Status.OPEN, by=by, now=now),
        said="is open again and escalates",
        undo="suppression",
    )
