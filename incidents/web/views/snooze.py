"""Quiet for a while, and its end."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from core import timetext
from core.web import signed_in
from incidents import commands
from incidents.web import sheet
from incidents.web.answers import perform
from incidents.web.forms import SnoozeForm


@signed_in
@require_http_methods(["GET", "POST"])
def snooze(request: HttpRequest, number: int) -> HttpResponse:
    form = SnoozeForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        incident = sheet.found(request.user, number)  # type: ignore[arg-type]
        context = {"incident": incident, "form": form, "snoozes": sheet.SNOOZES}
        status = 200 if request.method == "GET" else 422
        return render(request, "incidents/snooze.html", context, status=status)
    span, reason = form.cleaned_data["span"], form.cleaned_data["reason"]
    return perform(
        request,
        number,
        lambda incident, by, now: commands.snooze(
            incident, now + span, by=by, now=now, reason=reason
        ),
        said=f"snoozed for {timetext.duration(span)}",
        undo="wake_up",
    )


@signed_in
@require_POST
def wake(request: HttpRequest, number: int) -> HttpResponse:
    return perform(
        request,
        number,
        lambda incident, by, now: commands.wake(incident, by=by, now=now),
        said="is awake and escalates",
    )
