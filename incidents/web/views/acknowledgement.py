"""Somebody takes an incident, or gives it back to the escalation."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from core.web import signed_in
from incidents import commands
from incidents.web.answers import perform


@signed_in
@require_POST
def acknowledge(request: HttpRequest, number: int) -> HttpResponse:
    return perform(
        request,
        number,
        lambda incident, by, now: commands.acknowledge(incident, by=by, now=now),
        said="acknowledged",
        undo="unacknowledgement",
    )


@signed_in
@require_POST
def unacknowledge(request: HttpRequest, number: int) -> HttpResponse:
    return perform(
        request,
        number,
        lambda incident, by, now: commands.unacknowledge(incident, by=by, now=now),
        said="is open again and escalates",
        undo="acknowledgement",
    )
