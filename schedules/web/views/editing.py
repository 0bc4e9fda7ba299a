"""Name, owner and zone of a schedule; another zone shows first whose shifts it moves."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core import clock
from core.errors import ProductError
from core.web import actor_of, blame, bound
from schedules import commands
from schedules.models import Schedule
from schedules.web import access, away, gap
from schedules.web.acting import revision_of
from schedules.web.foretold import Foretold, foretold
from schedules.web.forms import ScheduleForm

LOOK = "look"


@access.editors_only
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """`looked` is the zone whose preview was on the page that is sent."""
    schedule = access.schedule_of(request, public_id)
    initial = {name: getattr(schedule, name) for name in ("name", "description", "time_zone")}
    initial["team"] = schedule.team.public_id if schedule.team else None
    form, refusal = ScheduleForm(bound(request), initial=initial), ""
    moves: Foretold | None = None
    if form.is_bound and form.is_valid():
        moves = _moves(schedule, form)
        looked = request.POST.get("looked") == form.cleaned_data["time_zone"]
        refusal = LOOK if moves and not looked else _save(request, schedule, form)
        if not refusal:
            messages.success(request, "Saved")
            if moves:
                away.warn_of_clashes(request, schedule, clock.now())
            return redirect("schedules:detail", public_id)
        schedule = access.schedule_of(request, public_id)
    stale = refusal == commands.STALE
    context = {
        "form": form,
        "schedule": schedule,
        "stale": stale,
        "foretold": moves,
        "zone": moves and form.cleaned_data["time_zone"],
        "gap": refusal == commands.CREATES_GAP,
    }
    status = 409 if stale else 422 if form.is_bound and refusal != LOOK else 200
    return render(request, "schedules/form.html", context, status=status)


def _moves(schedule: Schedule, form: ScheduleForm) -> Foretold | None:
    """What the other zone changes; None when no shift moves."""
    zone = form.cleaned_data["time_zone"]
    if zone == schedule.time_zone:
        return None
    found = foretold(commands.preview_zone(schedule, zone, now=clock.now()))
    return found if found.shifts else None


def _save(request: HttpRequest, schedule: Schedule, form: ScheduleForm) -> str:
    """Empty when it is saved, else why not; the form says it."""
    given = dict(form.cleaned_data)
    owner = given.pop("team")
    acting: dict[str, Any] = {"by": actor_of(request), "now": clock.now()}
    asked: dict[str, Any] = {"seen": revision_of(request), "confirm_gap": gap.confirmed(request)}
    try:
        commands.update_schedule(schedule, **asked, **acting, **given)
    except ProductError as error:
        blame(form, error)
        return error.reason or "refused"
    commands.give_schedule(schedule, owner, **acting)
    return ""
