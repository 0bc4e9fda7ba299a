"""Who has it: a person, a team or nobody."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from core.web import signed_in
from incidents import commands
from incidents.models import Incident
from incidents.web import sheet
from incidents.web.answers import perform
from incidents.web.forms import AssignmentForm


@vary_on_headers("HX-Request")
@signed_in
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, number: int) -> HttpResponse:
    """A GET by htmx gives the form alone: the dialog of the incident page loads it when opened."""
    user: Any = request.user
    incident = sheet.found(user, number)
    given = request.POST if request.method == "POST" else None
    form = AssignmentForm(given, initial={"owner": _owner(incident)})
    if request.method == "GET" or not form.is_valid():
        fragment = request.method == "GET" and request.headers.get("HX-Request")
        name = "incidents/_assign_form.html" if fragment else "incidents/assign.html"
        context = {"incident": incident, "form": form, "me": f"user:{user.public_id}"}
        return render(request, name, context, status=200 if request.method == "GET" else 422)
    person, team = form.cleaned_data["owner"]
    restart = form.cleaned_data["restart"]
    said = f"is with {person or team}" if person or team else "is with nobody"
    return perform(
        request,
        number,
        lambda incident, by, now: commands.assign(
            incident, by=by, now=now, user=person, team=team, restart=restart
        ),
        said=f"{said}, and the escalation starts again" if restart else said,
    )


def _owner(incident: Incident) -> str:
    if incident.assignee:
        return f"user:{incident.assignee.public_id}"
    return f"team:{incident.assigned_team.public_id}" if incident.assigned_team else ""
