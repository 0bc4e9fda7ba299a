"""Where a service announces its incidents: programs and channels of chats."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.web import act, bound, signed_in, submit
from notifications.models import Delivery
from services import commands, queries
from services.commands.webhooks import offered
from services.models import WebhookType
from services.web import access
from services.web.forms import WebhookChangeForm, WebhookForm


@signed_in
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    """`type` says what stands at the other end; without it the page asks."""
    service = access.editable(request, public_id)
    asked = request.GET.get("type", "")
    if not asked and request.method == "GET":
        context: dict[str, Any] = {"service": service, "types": offered()}
        return render(request, "services/webhook_types.html", context)
    kind = _kind(asked or WebhookType.GENERIC)
    form = WebhookForm(kind, bound(request))
    values = {**form.cleaned_data, "type": kind} if form.is_bound and form.is_valid() else {}
    made = submit(request, form, commands.add_webhook, service, **values) if values else None
    if made is None:
        context = {"form": form, "service": service, "kind": kind}
        status = 422 if form.is_bound else 200
        return render(request, "services/webhook_form.html", context, status=status)
    messages.success(request, f"{made.name} hears of the next change. Send a test to be sure.")
    return redirect("services:webhook", made.public_id)


@signed_in
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    webhook = access.webhook_of(request, public_id)
    form = WebhookChangeForm(webhook, bound(request))
    if form.is_bound and form.is_valid():
        changes = form.changes()
        if submit(request, form, commands.change_webhook, webhook, **changes):
            messages.success(request, "Saved")
            return redirect("services:detail", webhook.service.public_id)
    context = {
        "form": form,
        "webhook": webhook,
        "service": webhook.service,
        "test": queries.last_webhook_test(webhook),
    }
    return render(request, "services/webhook.html", context, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def test(request: HttpRequest, public_id: str) -> HttpResponse:
    webhook = access.webhook_of(request, public_id)
    act(request, commands.send_webhook_test, webhook, done="The test is on its way")
    return redirect("services:webhook", public_id)


@signed_in
@require_http_methods(["GET"])
def test_fate(request: HttpRequest, public_id: str) -> HttpResponse:
    """What became of the last test; the fragment asks again until it is known."""
    webhook = access.webhook_of(request, public_id)
    found: Delivery | None = queries.last_webhook_test(webhook)
    context = {"webhook": webhook, "test": found}
    return render(request, "services/_webhook_test.html", context)


@signed_in
@require_POST
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    webhook = access.webhook_of(request, public_id)
    name, service = webhook.name, webhook.service
    act(request, commands.delete_webhook, webhook, done=f"The webhook {name} is deleted")
    return redirect("services:detail", service.public_id)


def _kind(value: str) -> WebhookType:
    if value not in offered():
        raise Http404
    return WebhookType(value)
