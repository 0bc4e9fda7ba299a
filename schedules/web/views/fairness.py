"""Who carries how much: of one schedule, of a team's schedules, of all that one sees."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Team
from core import clock
from core.csv_file import csv_response
from core.web import actor_of, signed_in
from schedules import commands, queries
from schedules.models import HolidayCalendar, Schedule
from schedules.web import access, load, periods
from schedules.web.views.record import may_export

MAX_TEAMS = 200


@signed_in
@require_safe
def of_schedule(request: HttpRequest, public_id: str) -> HttpResponse:
    """Days are those of the schedule's zone."""
    schedule = access.schedule_of(request, public_id)
    now = clock.now()
    choice = periods.chosen(request, ZoneInfo(schedule.time_zone), now)
    found = queries.fairness_of([schedule], choice.period, now)
    context = _context(request, found, choice) | {
        "schedule": schedule,
        "advice": [load.advice(one) for one in queries.proposals(schedule, choice.period, now)],
        "calendars": HolidayCalendar.objects.all(),
        "may_edit": access.may_edit(request),
    }
    return render(request, "schedules/fairness.html", context)


@signed_in
@require_safe
def of_many(request: HttpRequest) -> HttpResponse:
    """`team` names one; days are those of the viewer."""
    user: Any = request.user
    now = clock.now()
    team = _team(request)
    rows, more = _schedules(request, team)
    choice = periods.chosen(request, user.zone, now, team=team.public_id if team else "")
    found = queries.fairness_of(rows, choice.period, now)
    context = _context(request, found, choice) | {
        "team": team,
        "teams": Team.objects.filter(schedules__archived_at=None, schedules__isnull=False)
        .distinct()
        .order_by("name")[:MAX_TEAMS],
        "schedules": rows,
        "more": more,
    }
    return render(request, "schedules/fairness.html", context)


@signed_in
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The figures as a file; `schedule` or `team` narrow it."""
    user: Any = request.user
    if not may_export(request):
        raise PermissionDenied
    now, zone, name = clock.now(), user.zone, "fairness"
    if public_id := request.GET.get("schedule", ""):
        rows = [access.schedule_of(request, public_id[:40])]
        zone, name = ZoneInfo(rows[0].time_zone), f"fairness-{rows[0].public_id}"
    else:
        rows, _ = _schedules(request, _team(request))
    choice = periods.chosen(request, zone, now)
    found = queries.fairness_of(rows, choice.period, now)
    file = f"{name}-{choice.period.first}-{choice.period.last}"
    return csv_response(file, load.HEAD, load.csv_rows(found))


@access.editors_only
@require_POST
def choose_holidays(request: HttpRequest, public_id: str) -> HttpResponse:
    schedule = access.schedule_of(request, public_id)
    wanted = request.POST.get("calendar", "").replace("\x00", "")[:40]
    calendar = HolidayCalendar.objects.filter(public_id=wanted).first()
    if wanted and calendar is None:
        raise Http404
    commands.choose_holidays(schedule, calendar, by=actor_of(request), now=clock.now())
    messages.success(request, f"{calendar} counts" if calendar else "No holidays are counted")
    return redirect("schedules:fairness", public_id)


def _context(
    request: HttpRequest, found: queries.Fairness, choice: periods.Choice
) -> dict[str, Any]:
    return {
        "found": found,
        "choice": choice,
        "rows": load.rows(found),
        "totals": load.totals(found.people),
        "check": load.check(found),
        "may_export": may_export(request),
        "plan": found.planned_from is not None and found.planned_from <= choice.period.start,
    }


def _schedules(request: HttpRequest, team: Team | None) -> tuple[list[Schedule], bool]:
    user: Any = request.user
    rows = queries.visible_to(user, clock.now()).select_related("holidays")
    if team:
        rows = rows.filter(team=team)
    found = list(rows[: queries.MAX_SCHEDULES + 1])
    return found[: queries.MAX_SCHEDULES], len(found) > queries.MAX_SCHEDULES


def _team(request: HttpRequest) -> Team | None:
    wanted = request.GET.get("team", "")[:40]
    if not wanted:
        return None
    team = Team.objects.filter(public_id=wanted).first()
    if team is None:
        raise Http404
    return team
