"""Schedules: list, who is on call, page, create, archive."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from core import clock
from core.errors import ProductError
from core.web import actor_of, attempt, bound, say_refusal, signed_in
from schedules import commands, queries
from schedules.web import access, away
from schedules.web.forms import ScheduleForm
from schedules.web.frame import frame_of, zone_select
from schedules.web.override_forms import of_now
from schedules.web.presets import PRESETS
from schedules.web.sheet import briefs, sheet_of
from schedules.web.timeline import rules_of_frame, timeline_of
from schedules.web.views import rotas

PER_PAGE = 24
MAX_LINES = 50


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Cards with who is on call; `q` searches names."""
    user: Any = request.user
    now = clock.now()
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    rows = queries.visible_to(user, now).filter(name__icontains=text)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "briefs": briefs(page.object_list, now),
        "q": text,
        "may_edit": access.may_edit(request),
    }
    return render(request, "schedules/list.html", context)


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def on_call(request: HttpRequest) -> HttpResponse:
    """Who is on call in every schedule: a fragment for htmx, a page for everybody else."""
    user: Any = request.user
    now = clock.now()
    rows = queries.visible_to(user, now)[:MAX_LINES]
    context = {"briefs": briefs(rows, now), "limit": MAX_LINES}
    fragment = request.headers.get("HX-Request")
    name = "schedules/_on_call.html" if fragment else "schedules/on_call.html"
    return render(request, name, context)


@signed_in
@require_safe
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """`at` asks who is on call at a wall-clock time of the schedule's zone.

    `view`, `from`, `zone` and `as` choose what the timeline shows.
    """
    user: Any = request.user
    schedule = access.schedule_of(request, public_id)
    asked = request.GET.get("at", "").replace("\x00", "")[:40]
    now = clock.now()
    frame = frame_of(request.GET, now, user.zone, schedule.time_zone)
    rules = rules_of_frame(schedule, frame, now)
    sheet = sheet_of(schedule, rules, now, asked)
    serving = [duty.user for duty in sheet.now.duties]
    context = {
        "schedule": schedule,
        "conflicts": away.clash_rows(queries.clashes_ahead([schedule], now, rules), user, now),
        "sheet": sheet,
        "override_now": of_now(serving, sheet.now.next_at, ZoneInfo(schedule.time_zone)),
        "unused": not sheet.layers and not queries.users_of(schedule),
        "timeline": timeline_of(schedule, rules, frame, now, may_edit=access.may_edit(request)),
        "zones": zone_select(frame, user.time_zone, schedule.time_zone),
        "may_edit": access.may_edit(request),
        "own_zone": schedule.time_zone == user.time_zone,
    }
    return render(request, "schedules/detail.html", context)


@access.editors_only
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """`preset` leads to a page for the whole rota, all of its layers at once."""
    if request.GET.get("preset") in PRESETS:
        return rotas.from_preset(request, request.GET["preset"])
    user: Any = request.user
    form = ScheduleForm(bound(request), initial={"time_zone": user.time_zone})
    if form.is_bound and form.is_valid():
        acting = {"by": actor_of(request), "now": clock.now()}
        given = dict(form.cleaned_data)
        owner = given.pop("team")
        made = attempt(form, commands.create_schedule, **acting, **given)
        if made:
            commands.give_schedule(made, owner, **acting)
            messages.success(request, f"{made.name} is there; now say who takes turns")
            return redirect("schedules:add_layer", made.public_id)
    status = 422 if form.is_bound else 200
    context = {"form": form, "presets": PRESETS}
    return render(request, "schedules/form.html", context, status=status)


@access.editors_only
@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, public_id: str) -> HttpResponse:
    """It leaves the list for good, so the name must be typed."""
    schedule = access.schedule_of(request, public_id)
    users = queries.users_of(schedule)
    wrong = request.method == "POST"
    if wrong and request.POST.get("name", "").strip() == schedule.name:
        try:
            commands.archive_schedule(schedule, by=actor_of(request), now=clock.now())
        except ProductError as error:
            say_refusal(request, error)
            return redirect("schedules:detail", public_id)
        messages.success(request, f"{schedule.name} is archived")
        return redirect("schedules:list")
    context = {"schedule": schedule, "users": users, "wrong": wrong}
    return render(request, "schedules/archive.html", context, status=422 if wrong else 200)
