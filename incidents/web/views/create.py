"""Open an incident by hand, and change what it says."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.domain import roles
from core import clock
from core.errors import ProductError
from core.web import actor_of, blame, signed_in
from incidents import commands
from incidents.commands.create import Draft
from incidents.models import Incident
from incidents.web import sheet
from incidents.web.forms import EditForm, NewIncidentForm


@signed_in
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if roles.reach(user.role, roles.Ability.CREATE_INCIDENT) is roles.Grant.NO:
        raise PermissionDenied
    given = request.POST if request.method == "POST" else None
    form = NewIncidentForm(user, given, initial={"service": request.GET.get("service")})
    if not form.is_valid():
        return render(
            request, "incidents/new.html", {"form": form}, status=200 if given is None else 422
        )
    person, team = form.cleaned_data.pop("assignee")
    priority = form.cleaned_data.pop("priority") or None
    draft = Draft(**form.cleaned_data, assignee=person, team=team, priority=priority)
    try:
        incident, _ = commands.create(draft, by=actor_of(request), now=clock.now())
    except ProductError as error:
        blame(form, error)
        return render(request, "incidents/new.html", {"form": form}, status=422)
    return redirect("incidents:detail", incident.pk)


@signed_in
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """Title, description, urgency, priority: one form, one timeline entry for each that changed."""
    user: Any = request.user
    incident = sheet.found(user, number)
    given = request.POST if request.method == "POST" else None
    form = EditForm(given, initial=_texts(incident))
    if form.is_valid():
        try:
            _save(request, incident, form)
        except ProductError as error:
            blame(form, error)
        else:
            messages.success(request, f"#{number} saved")
            return redirect("incidents:detail", number)
    context = {"form": form, "incident": incident}
    return render(request, "incidents/edit.html", context, status=200 if given is None else 422)


def _texts(incident: Incident) -> dict[str, Any]:
    return {
        "title": incident.title,
        "description": incident.description,
        "urgency": incident.urgency,
        "priority": incident.priority or "",
    }


def _save(request: HttpRequest, incident: Incident, form: EditForm) -> None:
    by, now, wanted = actor_of(request), clock.now(), form.cleaned_data
    # Browsers send CR LF; a text that nobody touched must not count as changed.
    description = wanted["description"].replace("\r\n", "\n")
    title = None if wanted["title"] == incident.title else wanted["title"]
    with transaction.atomic():
        if title is not None or description != incident.description:
            commands.edit_text(incident, title=title, description=description, by=by, now=now)
        commands.change_urgency(incident, wanted["urgency"], by=by, now=now)
        commands.change_priority(incident, wanted["priority"] or None, by=by, now=now)
