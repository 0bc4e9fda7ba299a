"""Notes of an incident, and whom they call."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.domain import roles
from core.web import bound, signed_in, submit
from incidents import commands
from incidents.models import Note
from incidents.web import sheet
from incidents.web.answers import show
from incidents.web.forms import CallingNoteForm


@vary_on_headers("HX-Request")
@signed_in
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, number: int) -> HttpResponse:
    """A GET by htmx gives the choice of whom to tell: the incident page loads it when needed."""
    user: Any = request.user
    incident = sheet.found(user, number)
    if not roles.may(user.role, roles.Ability.ANNOTATE_INCIDENT):
        raise PermissionDenied
    form = CallingNoteForm(bound(request))
    if request.method == "GET" and request.headers.get("HX-Request"):
        return render(request, "incidents/_note_tell.html", {"form": form})
    note = _written(request, incident, form) if request.method == "POST" else None
    if note is None:
        context = {"incident": incident, "form": form}
        status = 200 if request.method == "GET" else 422
        return render(request, "incidents/note.html", context, status=status)
    _say(request, number, note)
    return show(request, number)


def _written(request: HttpRequest, incident: Any, form: CallingNoteForm) -> Note | None:
    if not form.is_valid():
        return None
    tell = [callee for callee in form.cleaned_data["tell"] or () if callee]
    values = {"author": request.user, "tell": tell}
    return submit(
        request, form, commands.add_note, incident, form.cleaned_data["content"], **values
    )


def _say(request: HttpRequest, number: int, note: Note) -> None:
    called = ", ".join(mention.label for mention in note.mentions.all())
    messages.success(request, f"#{number} has your note" + (f"; {called} is told" * bool(called)))
    if note.unknown_names:
        words = ", ".join(f"@{name}" for name in note.unknown_names)
        messages.warning(request, f"Nobody is called {words[:200]}, so nobody was told by that")
