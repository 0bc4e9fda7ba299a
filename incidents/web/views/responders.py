"""More people for an incident: ask them, answer, withdraw."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from core.web import signed_in
from incidents import commands
from incidents.models import IncidentResponder
from incidents.web import sheet
from incidents.web.answers import perform
from incidents.web.helpers_form import HelpersForm

CHOICES = {"accept": True, "decline": False}


@vary_on_headers("HX-Request")
@signed_in
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """A GET by htmx gives the form alone: the dialog of the incident page loads it when opened."""
    incident = sheet.found(_user(request), number)
    form = HelpersForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        fragment = request.method == "GET" and request.headers.get("HX-Request")
        name = "incidents/_helpers_form.html" if fragment else "incidents/helpers.html"
        context = {"incident": incident, "form": form}
        return render(request, name, context, status=200 if request.method == "GET" else 422)
    helpers, message = form.helpers(), form.cleaned_data["message"]
    return perform(
        request,
        number,
        lambda incident, by, now: commands.ask(incident, helpers, by=by, now=now, message=message),
        said="asks for help; you are told who comes",
    )


@signed_in
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """`answer` is accept or decline; only for oneself."""
    user = _user(request)
    accept = CHOICES.get(request.POST.get("answer", ""))
    if accept is None:
        raise Http404
    note = request.POST.get("note", "")[:500]
    return perform(
        request,
        number,
        lambda incident, by, now: commands.answer(
            incident, user, accept=accept, by=by, now=now, note=note
        ),
        said="counts on you" if accept else "goes on without you",
    )


@signed_in
@require_POST
def withdraw(request: HttpRequest, number: int, public_id: str) -> HttpResponse:
    incident = sheet.found(_user(request), number)
    row = IncidentResponder.objects.filter(incident=incident, public_id=public_id).first()
    if row is None:
        raise Http404
    return perform(
        request,
        number,
        lambda incident, by, now: commands.withdraw(row, by=by, now=now),
        said="does not need them any more",
    )


def _user(request: HttpRequest) -> Any:
    return request.user
