"""Watching: an incident, a service, and everything that one watches."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from core import clock
from core.errors import ProductError
from core.web import actor_of, attempt, say_refusal, signed_in
from incidents import commands, queries
from incidents.models import ACTIVE, Incident, ServiceWatcher
from incidents.web import sheet
from incidents.web.watching import AddWatcherForm, Card, WatchForm, card_of, label_of, may_add
from services import queries as services
from services.models import Service

Do = Callable[[User, str], Any]


@vary_on_headers("HX-Request")
@signed_in
@require_http_methods(["GET", "POST"])
def of_incident(request: HttpRequest, number: int) -> HttpResponse:
    """A GET by htmx gives the card alone."""
    incident = sheet.found(_user(request), number)

    def watch(user: User, role: str) -> object:
        by = actor_of(request)
        return commands.watch(incident, user, role=role, by=by, now=clock.now())

    return _answer(
        request, lambda: _incident_card(request, incident), watch, {"incident": incident}
    )


@signed_in
@require_POST
def stop_incident(request: HttpRequest, number: int) -> HttpResponse:
    incident = sheet.found(_user(request), number)
    whom = _whom(request)
    try:
        commands.unwatch(incident, whom, by=actor_of(request), now=clock.now())
    except ProductError as error:
        say_refusal(request, error)
    else:
        _say_stopped(request, whom)
    return _back(request, _incident_card(request, incident))


@vary_on_headers("HX-Request")
@signed_in
@require_http_methods(["GET", "POST"])
def of_service(request: HttpRequest, public_id: str) -> HttpResponse:
    service = _service(public_id)

    def watch(user: User, role: str) -> object:
        return commands.watch_service(
            service, user, role=role, by=actor_of(request), now=clock.now()
        )

    return _answer(request, lambda: _service_card(request, service), watch, {"service": service})


@signed_in
@require_POST
def stop_service(request: HttpRequest, public_id: str) -> HttpResponse:
    service = _service(public_id)
    whom = _whom(request)
    commands.unwatch_service(service, whom, by=actor_of(request), now=clock.now())
    _say_stopped(request, whom)
    return _back(request, _service_card(request, service))


@signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What one watches: services, and incidents that are not over."""
    user = _user(request)
    rows = ServiceWatcher.objects.filter(user=user, service__archived_at=None)
    watched = queries.visible_to(user).filter(queries.watched_by(user), status__in=ACTIVE)
    context = {
        "services": [
            (row.service, label_of(row.role)) for row in rows.select_related("service__team")
        ],
        "incidents": queries.with_names(watched).order_by("-id")[:50],
    }
    return render(request, "incidents/watching.html", context)


def _answer(
    request: HttpRequest, card: Callable[[], Card], watch: Do, subject: dict[str, Any]
) -> HttpResponse:
    """Shows the card, or makes somebody a watcher: oneself unless the form names another."""
    user = _user(request)
    if request.method == "GET":
        return _show(request, card(), subject)
    others = "user" in request.POST
    if others and not may_add(user):
        raise PermissionDenied
    form: Any = AddWatcherForm(request.POST) if others else WatchForm(request.POST)
    if not form.is_valid():
        return _show(request, card(), subject, adding=form if others else None, status=422)
    whom, role = form.cleaned_data.get("user", user), form.cleaned_data["role"] or "FOLLOWER"
    if attempt(form, watch, whom, role) is None:
        return _show(request, card(), subject, adding=form if others else None, status=422)
    told = label_of(role).lower()
    messages.success(request, f"{'You hear' if whom == user else f'{whom} hears'}: {told}")
    return _back(request, card())


def _show(
    request: HttpRequest,
    card: Card,
    subject: dict[str, Any],
    *,
    adding: AddWatcherForm | None = None,
    status: int = 200,
) -> HttpResponse:
    if _by_htmx(request):
        return render(request, "incidents/_watchers.html", {"card": card, **subject})
    if card.may_add and adding is None:
        known = [row.user.pk for row in card.others]
        adding = AddWatcherForm(but=[*known, _user(request).pk])
    context = {"card": card, "adding": adding, **subject}
    return render(request, "incidents/watchers.html", context, status=status)


def _back(request: HttpRequest, card: Card) -> HttpResponse:
    """The card for htmx, else the page it stands on."""
    if _by_htmx(request):
        return render(request, "incidents/_watchers.html", {"card": card, "answer": True})
    return HttpResponseRedirect(card.address)


def _whom(request: HttpRequest) -> User:
    """The person whom the form names, for those who may; else oneself."""
    user, named = _user(request), request.POST.get("user", "")
    if not named or named == user.public_id:
        return user
    if not may_add(user):
        raise PermissionDenied
    found = User.objects.filter(public_id=named[:40].replace("\x00", "")).first()
    if found is None:
        raise Http404
    return found


def _say_stopped(request: HttpRequest, whom: User) -> None:
    who = "You hear" if whom == request.user else f"{whom} hears"
    messages.success(request, f"{who} nothing of it any more")


def _incident_card(request: HttpRequest, incident: Incident) -> Card:
    found = queries.watches({incident.pk: incident.service_id})[incident.pk]
    address = reverse("incidents:watchers", args=[incident.pk])
    return card_of(_user(request), found, noun="incident", address=address)


def _service_card(request: HttpRequest, service: Service) -> Card:
    address = reverse("incidents:service_watchers", args=[service.public_id])
    found = queries.service_watches(service)
    return card_of(_user(request), found, noun="service", address=address)


def _service(public_id: str) -> Service:
    found = services.live().filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _by_htmx(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _user(request: HttpRequest) -> Any:
    return request.user
