"""Services: list, page, create, edit, archive."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain import roles
from accounts.domain.roles import Ability
from core import clock
from core.web import actor_of, bound, signed_in, submit
from services import commands, queries
from services.models import Service
from services.web import access, guides
from services.web.forms import ServiceForm
from services.web.health import WELL, health_of

PER_PAGE = 50


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The catalogue with the health of each service; `q` searches names."""
    user: Any = request.user
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    rows: QuerySet[Service] = queries.live()
    page = Paginator(rows.filter(name__icontains=words) if words else rows, PER_PAGE).get_page(
        request.GET.get("page")
    )
    health = health_of(page)
    context = {
        "page": page,
        "rows": [(service, health[service.pk]) for service in page],
        "words": words,
        "may_create": roles.may(user.role, Ability.CREATE_SERVICE),
    }
    return render(request, "services/list.html", context)


@signed_in
@require_safe
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    user: Any = request.user
    service = access.service_of(public_id)
    editable = access.may_edit(user, service)
    integrations = queries.integrations_of(service) if editable else service.integrations.all()
    now = clock.now()
    context = {
        "service": service,
        "level": queries.level_of(service),
        "health": health_of([service]).get(service.pk, WELL),
        "may_edit": editable,
        "may_archive": roles.may(user.role, Ability.DELETE_SERVICE),
        "integrations": [
            (item, guides.guide_of(item), _live_keys(item, now) if editable else [])
            for item in integrations
        ],
        "webhooks": service.webhooks.all(),
    }
    return render(request, "services/detail.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    access.require(request, Ability.CREATE_SERVICE)
    form = ServiceForm(request.user, bound(request))
    made = submit(request, form, commands.create_service) if form.is_bound else None
    if made is None:
        return render(request, "services/form.html", {"form": form}, status=_status(form))
    messages.success(request, f"{made.name} is in the catalogue; now let something report to it")
    return redirect("services:detail", made.public_id)


@signed_in
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    service = access.editable(request, public_id)
    initial = {
        "name": service.name,
        "description": service.description,
        "team": service.team and service.team.public_id,
        "policy": service.policy and service.policy.public_id,
        "ack_timeout_minutes": service.ack_timeout_minutes,
    }
    form = ServiceForm(request.user, bound(request), initial=initial)
    if form.is_bound and submit(request, form, commands.update_service, service):
        messages.success(request, "Saved")
        return redirect("services:detail", public_id)
    context = {"form": form, "service": service}
    return render(request, "services/form.html", context, status=_status(form))


@signed_in
@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, public_id: str) -> HttpResponse:
    """Its keys stop working at once, so the name must be typed."""
    access.require(request, Ability.DELETE_SERVICE)
    service = access.service_of(public_id)
    if request.method == "POST" and request.POST.get("name", "").strip() == service.name:
        commands.archive_service(service, by=actor_of(request), now=clock.now())
        messages.success(request, f"{service.name} is archived; its incidents stay")
        return redirect("services:list")
    wrong = request.method == "POST"
    context = {"service": service, "wrong": wrong}
    return render(request, "services/archive.html", context, status=422 if wrong else 200)


def _live_keys(integration: Any, now: Any) -> list[Any]:
    keys = integration.keys.all()
    return [
        key for key in keys if not key.revoked_at and (not key.expires_at or key.expires_at > now)
    ]


def _status(form: ServiceForm) -> int:
    return 422 if form.is_bound else 200
