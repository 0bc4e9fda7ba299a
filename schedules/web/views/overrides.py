"""Overrides of a schedule: add, with everything odd said before saving, cancel and undo."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.errors import ProductError
from core.web import actor_of, blame, bound, say_refusal
from schedules import cautions, commands, coverage
from schedules.cautions import Caution, Code
from schedules.commands import OpensGap
from schedules.models import Override, Schedule
from schedules.web import access, gap
from schedules.web.forms import choosable
from schedules.web.override_forms import OverrideForm, drafted, prefilled
from schedules.web.reach import warn_of_reach

GAP = "creates_gap"
UNDO_SALT = "opsknight.schedules.undo-override"
UNDO_SECONDS = 600


@access.editors_only
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET parameters fill the form; what is odd is said before it is saved."""
    schedule = access.schedule_of(request, public_id)
    now = clock.now()
    form = _form(request, schedule, now)
    values: Any = form.data if form.is_bound else form.initial
    row = drafted(form, values, now)
    found = cautions.of_override(row, now) if row else []
    if any(one.code == Code.CREATES_GAP for one in found):
        form.ask_confirmation()
    if form.is_bound and form.is_valid() and _in_time(request, form, now):
        made = _all_seen(request, found) and _save(request, form, schedule, now)
        if made:
            messages.success(request, "The override is saved")
            warn_of_reach(request, schedule, now)
            return redirect("schedules:detail", public_id)
    context = {"form": form, "schedule": schedule, **_shown(found)}
    status = 422 if form.is_bound else 200
    return render(request, "schedules/override_form.html", context, status=status)


@access.editors_only
@require_POST
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """What would be odd about the override that is being typed; saves nothing."""
    schedule = access.schedule_of(request, public_id)
    now = clock.now()
    form = _form(request, schedule, now)
    row = drafted(form, form.data, now)
    found = cautions.of_override(row, now) if row else []
    return render(request, "schedules/_cautions.html", {"schedule": schedule, **_shown(found)})


@access.editors_only
@require_POST
def cancel(request: HttpRequest, public_id: str, override_id: str) -> HttpResponse:
    """Asked again when nobody would be on call without it."""
    schedule = access.schedule_of(request, public_id)
    override = access.override_of(schedule, override_id)
    now, end = clock.now(), override.end
    running = override.start < now
    acting: dict[str, Any] = {"by": actor_of(request), "now": now}
    try:
        commands.cancel_override(override, confirm_gap=gap.confirmed(request), **acting)
    except OpensGap as refusal:
        title, verb = ("End", "End it now") if running else ("Cancel", "Take it back")
        back = reverse("schedules:detail", args=[public_id])
        ask = {"title": f"{title} the override", "verb": verb, "back": back}
        return gap.ask(request, schedule, refusal, **ask)
    token = signing.dumps([override.pk, end.isoformat()], salt=UNDO_SALT)
    undo = reverse("schedules:restore_override", args=[public_id, override_id, token])
    text = "The override ends now" if running else "The override is taken back"
    messages.success(request, text, extra_tags=undo if end > now else "")
    return redirect("schedules:detail", public_id)


@access.editors_only
@require_POST
def restore(request: HttpRequest, public_id: str, override_id: str, token: str) -> HttpResponse:
    """Undo of a cancellation; the token says until when it held."""
    schedule = access.schedule_of(request, public_id)
    override = schedule.overrides.filter(public_id=override_id).first()
    try:
        pk, end = signing.loads(token, salt=UNDO_SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if override is None or override.pk != pk:
        raise Http404
    # It was confirmed when it was made.
    acting: dict[str, Any] = {"by": actor_of(request), "now": clock.now(), "confirm_gap": True}
    try:
        commands.restore_override(override, end=datetime.fromisoformat(end), **acting)
    except ProductError as error:
        say_refusal(request, error)
    else:
        messages.success(request, "The override holds again")
    return redirect("schedules:detail", public_id)


def _form(request: HttpRequest, schedule: Schedule, now: datetime) -> OverrideForm:
    user: Any = request.user
    rules = coverage.rules_around([schedule.pk], now)
    named: dict[str, Any] = {"people": choosable(rules.people), "schedule": schedule}
    form = OverrideForm(bound(request), corrects=commands.may_correct(user), **named)
    form.initial = prefilled(request.GET, user, form.zone)
    return form


def _in_time(request: HttpRequest, form: OverrideForm, now: datetime) -> bool:
    user: Any = request.user
    try:
        commands.check_not_past(user, form.values(now)["start"], now=now, field="start")
    except ProductError as error:
        blame(form, error)
        return False
    return True


def _all_seen(request: HttpRequest, found: list[Caution]) -> bool:
    """A gap has a question of its own, which the command asks."""
    seen = set(request.POST.get("seen", "").split(","))
    return {str(one.code) for one in found} - {str(Code.CREATES_GAP)} <= seen


def _shown(found: list[Caution]) -> dict[str, Any]:
    return {"cautions": found, "seen": ",".join(sorted({str(one.code) for one in found}))}


def _save(
    request: HttpRequest, form: OverrideForm, schedule: Schedule, now: datetime
) -> Override | None:
    acting: dict[str, Any] = {"by": actor_of(request), "now": now}
    try:
        return commands.add_override(schedule, **acting, **form.values(now))
    except ProductError as error:
        if error.reason == GAP:
            form.ask_confirmation()
        blame(form, error)
    return None
