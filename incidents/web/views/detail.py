"""One incident: the page, its live parts, its whole timeline, its alerts."""

import json
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import condition, require_safe
from django.views.decorators.vary import vary_on_headers

from core import clock
from core.web import signed_in
from incidents import why
from incidents.models import Alert, IncidentEvent
from incidents.web import sheet, timeline
from incidents.web.forms import NoteForm, ResolutionForm, SnoozeForm
from notifications import commands as notifications

LATEST_ALERTS = 20
ENTRIES_PER_PAGE = 200
LONGEST_PAYLOAD = 20_000


@signed_in
@require_safe
def detail(request: HttpRequest, number: int) -> HttpResponse:
    incident = sheet.found(_user(request), number)
    if request.method == "GET" and incident.unseen:
        notifications.opened(("incident", incident.pk), _user(request).pk, now=clock.now())
    context = sheet.live(request, incident)
    context |= {
        "note_form": NoteForm(),
        "resolution_form": ResolutionForm(),
        "snooze_form": SnoozeForm(),
    }
    return render(request, "incidents/detail.html", context)


def _etag(request: HttpRequest, number: int) -> str | None:
    return sheet.state_of(_user(request), number)


@signed_in
@require_safe
@condition(etag_func=_etag)
def live(request: HttpRequest, number: int) -> HttpResponse:
    """The parts that follow what happens; 304 while nothing did."""
    context = sheet.live(request, sheet.found(_user(request), number))
    return render(request, "incidents/_live.html", context)


@signed_in
@require_safe
def whole_timeline(request: HttpRequest, number: int) -> HttpResponse:
    incident = sheet.found(_user(request), number)
    events = IncidentEvent.objects.filter(incident=incident).order_by("-id")
    page = Paginator(events, ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    context = {"incident": incident, "page": page, "entries": timeline.entries(page)}
    return render(request, "incidents/timeline.html", context)


@signed_in
@require_safe
def reasons(request: HttpRequest, number: int) -> HttpResponse:
    """Who was paged and who was not, with the chain of reasons of each."""
    incident = sheet.found(_user(request), number)
    context = {"incident": incident, "firings": why.log_of(incident)}
    return render(request, "incidents/why.html", context)


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def alerts(request: HttpRequest, number: int) -> HttpResponse:
    """The latest alerts with their raw payload: a fragment for htmx, a page for everybody else."""
    incident = sheet.found(_user(request), number)
    rows = Alert.objects.filter(incident=incident).select_related("integration")
    shown = [(alert, _pretty(alert.payload)) for alert in rows[:LATEST_ALERTS]]
    name = (
        "incidents/_alerts.html" if request.headers.get("HX-Request") else "incidents/alerts.html"
    )
    return render(request, name, {"incident": incident, "alerts": shown})


def _pretty(payload: Any) -> str:
    text = json.dumps(payload, indent=2, ensure_ascii=False)
    return text if len(text) <= LONGEST_PAYLOAD else text[:LONGEST_PAYLOAD] + "\n… cut here"


def _user(request: HttpRequest) -> Any:
    return request.user
