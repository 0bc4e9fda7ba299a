"""Notes of an incident."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.domain import roles
from core.web import signed_in
from incidents import commands
from incidents.web import sheet
from incidents.web.answers import perform
from incidents.web.forms import NoteForm


@signed_in
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, number: int) -> HttpResponse:
    user: Any = request.user
    incident = sheet.found(user, number)
    if not roles.may(user.role, roles.Ability.ANNOTATE_INCIDENT):
        raise PermissionDenied
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        context = {"incident": incident, "form": form}
        status = 200 if request.method == "GET" else 422
        return render(request, "incidents/note.html", context, status=status)
    text = form.cleaned_data["content"]
    return perform(
        request,
        number,
        lambda incident, by, now: commands.add_note(incident, text, author=user, by=by, now=now),
        said="has your note",
    )
