"""Overrides of a schedule: add, with a question when nobody would be on call, and cancel."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.errors import ProductError
from core.web import actor_of
from schedules import commands, coverage
from schedules.domain.resolver import WarningCode
from schedules.models import Override, Schedule
from schedules.web import access
from schedules.web.acting import blame, bound
from schedules.web.forms import OverrideForm, choosable

GAP = "creates_gap"
PREFILLED = ("kind", "user", "replaces", "start", "end")


@access.editors_only
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET parameters fill the form: `replaces`, `start`, `end` and the others by name."""
    schedule = access.schedule_of(request, public_id)
    rules = coverage.rules_around([schedule.pk], clock.now())
    initial = {name: request.GET[name][:40] for name in PREFILLED if name in request.GET}
    form = OverrideForm(
        bound(request), people=choosable(rules.people), schedule=schedule, initial=initial
    )
    if form.is_bound and form.is_valid():
        made = _save(request, form, schedule)
        if made:
            _say(request, made)
            return redirect("schedules:detail", public_id)
    context = {"form": form, "schedule": schedule}
    status = 422 if form.is_bound else 200
    return render(request, "schedules/override_form.html", context, status=status)


@access.editors_only
@require_POST
def cancel(request: HttpRequest, public_id: str, override_id: str) -> HttpResponse:
    schedule = access.schedule_of(request, public_id)
    override = access.override_of(schedule, override_id)
    now = clock.now()
    running = override.start < now
    commands.cancel_override(override, by=actor_of(request), now=now)
    messages.success(request, "The override ends now" if running else "The override is taken back")
    return redirect("schedules:detail", public_id)


def _save(request: HttpRequest, form: OverrideForm, schedule: Schedule) -> Override | None:
    user: Any = request.user
    now = clock.now()
    values = form.values(now)
    try:
        commands.check_not_past(user, values["start"], now=now, field="start")
        return commands.add_override(schedule, by=actor_of(request), now=now, **values)
    except ProductError as error:
        if error.reason == GAP:
            form.ask_confirmation()
        blame(form, error)
    return None


def _say(request: HttpRequest, override: Override) -> None:
    """Saved; what is odd about it is said as well."""
    codes = {warning.code: warning for warning in commands.warnings_of(override)}
    messages.success(request, "The override is saved")
    if WarningCode.INACTIVE in codes:
        messages.warning(request, f"{override.user} is disabled and will not be paged")
    if WarningCode.NOT_ON_CALL in codes:
        who = override.replaces or override.user
        when = "at all then" if codes[WarningCode.NOT_ON_CALL].entire else "all of that time"
        messages.warning(request, f"{who} is not on call {when}; there the override does nothing")
