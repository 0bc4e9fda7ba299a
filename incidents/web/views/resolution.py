"""An incident is over, or not over after all."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from core.actor import Actor
from core.web import signed_in
from incidents import commands
from incidents.models import Incident, Status
from incidents.web import sheet
from incidents.web.answers import perform
from incidents.web.forms import ResolutionForm


@signed_in
@require_http_methods(["GET", "POST"])
def resolve(request: HttpRequest, number: int) -> HttpResponse:
    form = ResolutionForm(request.POST if request.method == "POST" else None)
    incident = sheet.found(request.user, number)  # type: ignore[arg-type]
    if request.method == "GET" or not form.is_valid():
        context = {"incident": incident, "form": form}
        status = 200 if request.method == "GET" else 422
        return render(request, "incidents/resolve.html", context, status=status)
    note = form.cleaned_data["note"]
    taken = incident.status == Status.ACKNOWLEDGED
    return perform(
        request,
        number,
        lambda incident, by, now: commands.resolve(incident, by=by, now=now, note=note),
        said="resolved",
        undo="return" if taken else "reopening",
    )


@signed_in
@require_POST
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    return perform(
        request,
        number,
        lambda incident, by, now: commands.reopen(incident, by=by, now=now),
        said="is open again and escalates",
    )


@signed_in
@require_POST
def give_back(request: HttpRequest, number: int) -> HttpResponse:
    """Undo of "resolved" for one that had been acknowledged: taken again, and nobody is paged."""
    return perform(request, number, _reopen_as_taken, said="is acknowledged again")


def _reopen_as_taken(incident: Incident, by: Actor, now: datetime) -> None:
    with transaction.atomic():  # no moment in which the escalation could fire
        commands.acknowledge(commands.reopen(incident, by=by, now=now), by=by, now=now)
