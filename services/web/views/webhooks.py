"""Where a service announces its incidents."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.web import actor_of, bound, signed_in, submit
from services import commands
from services.web import access
from services.web.forms import WebhookForm


@signed_in
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    service = access.editable(request, public_id)
    form = WebhookForm(bound(request))
    if form.is_bound and submit(request, form, commands.add_webhook, service):
        messages.success(request, "The webhook hears of the next change")
        return redirect("services:detail", public_id)
    context = {"form": form, "service": service}
    status = 422 if form.is_bound else 200
    return render(request, "services/webhook_form.html", context, status=status)


@signed_in
@require_POST
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    webhook = access.webhook_of(request, public_id)
    commands.delete_webhook(webhook, by=actor_of(request), now=clock.now())
    messages.success(request, f"The webhook {webhook.name} is deleted")
    return redirect("services:detail", webhook.service.public_id)
