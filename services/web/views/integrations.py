"""The inbound doors of a service: add, rotate, switch, delete. A key is shown once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core import clock, shown_once
from core.web import actor_of, bound, signed_in, submit
from services import commands
from services.models import Integration, Service
from services.web import access, guides
from services.web.forms import IntegrationForm


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    """The answer to the POST is the only page that ever shows the key."""
    service = access.editable(request, public_id)
    if answer := shown_once.again(request, _page_of(service)):
        return answer
    form = IntegrationForm(bound(request))
    made = submit(request, form, commands.create_integration, service) if form.is_bound else None
    if made is None:
        context = {"form": form, "service": service}
        status = 422 if form.is_bound else 200
        return render(request, "services/integration_form.html", context, status=status)
    return _show_key(request, *made)


@never_cache
@signed_in
@require_POST
def rotate(request: HttpRequest, public_id: str) -> HttpResponse:
    integration = access.integration_of(request, public_id)
    if answer := shown_once.again(request, _page_of(integration.service)):
        return answer
    key = commands.rotate_key(integration, by=actor_of(request), now=clock.now())
    return _show_key(request, integration, key, rotated=True)


@signed_in
@require_POST
def revoke_old(request: HttpRequest, public_id: str) -> HttpResponse:
    integration = access.integration_of(request, public_id)
    ended = commands.revoke_old_keys(integration, by=actor_of(request), now=clock.now())
    messages.success(request, "The old key is dead" if ended else "There was no old key left")
    return _back(integration)


@signed_in
@require_POST
def switch(request: HttpRequest, public_id: str) -> HttpResponse:
    """`enabled`: 1 or nothing."""
    integration = access.integration_of(request, public_id)
    wanted = bool(request.POST.get("enabled"))
    commands.set_integration_enabled(integration, wanted, by=actor_of(request), now=clock.now())
    state = "takes events again" if wanted else "refuses events now"
    messages.success(request, f"{integration.name} {state}")
    return _back(integration)


@signed_in
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Cannot be undone, so the name must be typed."""
    integration = access.integration_of(request, public_id)
    if request.method == "POST" and request.POST.get("name", "").strip() == integration.name:
        commands.delete_integration(integration, by=actor_of(request), now=clock.now())
        messages.success(request, f"{integration.name} is deleted; its key is refused")
        return _back(integration)
    wrong = request.method == "POST"
    context = {"integration": integration, "service": integration.service, "wrong": wrong}
    status = 422 if wrong else 200
    return render(request, "services/integration_delete.html", context, status=status)


def _show_key(
    request: HttpRequest, integration: Integration, key: str, *, rotated: bool = False
) -> HttpResponse:
    context = {
        "integration": integration,
        "service": integration.service,
        "key": key,
        "rotated": rotated,
        "guide": guides.guide_of(integration, key),
    }
    return shown_once.show(request, "services/integration_key.html", context)


def _back(integration: Integration) -> HttpResponse:
    return redirect(_page_of(integration.service))


def _page_of(service: Service) -> str:
    return reverse("services:detail", args=[service.public_id])
