"""Recurring overrides of a schedule: list with the next dates, add, leave out one, end, undo."""

from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.errors import ProductError
from core.web import actor_of, blame, bound, say_refusal, signed_in
from schedules import commands, queries
from schedules.commands import OpensGap
from schedules.domain import model
from schedules.domain.series import Occurrence, occurrences
from schedules.models import OverrideSeries, Schedule
from schedules.web import access, gap, words
from schedules.web.forms import choosable
from schedules.web.override_forms import SeriesForm

SHOWN = 4


class Coming(NamedTuple):
    """One of the next times; `idle` says that nothing changes then, or in a part of it."""

    at: Occurrence
    idle: str


class Row(NamedTuple):
    """A series in words, with what comes next and what is left out."""

    series: OverrideSeries
    text: str
    when: str
    coming: list[Coming]
    skipped: list[date]


@signed_in
@require_safe
def index(request: HttpRequest, public_id: str) -> HttpResponse:
    schedule = access.schedule_of(request, public_id)
    now = clock.now()
    value = queries.load([schedule.pk], start=now, end=now + queries.SERIES_AHEAD)[schedule.pk]
    context = {
        "schedule": schedule,
        "rows": [_row(one, value, now) for one in queries.series_of(schedule, now)],
        "may_edit": access.may_edit(request),
        "now": now,
    }
    return render(request, "schedules/series.html", context)


@access.editors_only
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    schedule = access.schedule_of(request, public_id)
    now = clock.now()
    today = now.astimezone(ZoneInfo(schedule.time_zone)).date()
    initial = {"first_day": today, "start": "09:00", "end": "17:00"}
    form = SeriesForm(bound(request), people=choosable(), schedule=schedule, initial=initial)
    if form.is_bound and form.is_valid() and _save(request, form, schedule, now):
        messages.success(request, "It comes back each week now")
        return redirect("schedules:series", public_id)
    context = {"form": form, "schedule": schedule}
    status = 422 if form.is_bound else 200
    return render(request, "schedules/series_form.html", context, status=status)


@access.editors_only
@require_POST
def skip(request: HttpRequest, public_id: str, series_id: str) -> HttpResponse:
    """`day` is the date on which it begins; with `take_in` it holds again. A gap is asked about."""
    row = _series_of(request, public_id, series_id)
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise Http404 from None
    skip = "take_in" not in request.POST
    acting: dict[str, Any] = {"by": actor_of(request), "now": clock.now()}
    try:
        commands.skip_date(row, day, skip=skip, confirm_gap=gap.confirmed(request), **acting)
    except OpensGap as refusal:
        verb = "Leave it out" if skip else "Take it in again"
        return _asked(request, row, refusal, title=f"{verb} on {day:%a %-d %b}", verb=verb)
    except ProductError as error:
        say_refusal(request, error)
    else:
        messages.success(request, "Left out that once" if skip else "It holds then after all")
    return redirect("schedules:series", public_id)


@access.editors_only
@require_POST
def end(request: HttpRequest, public_id: str, series_id: str) -> HttpResponse:
    """Asked again when nobody would be on call without it."""
    row = _series_of(request, public_id, series_id)
    acting: dict[str, Any] = {"by": actor_of(request), "now": clock.now()}
    try:
        commands.end_series(row, confirm_gap=gap.confirmed(request), **acting)
    except OpensGap as refusal:
        title = "End the recurring override"
        return _asked(request, row, refusal, title=title, verb="End from now on")
    undo = reverse("schedules:resume_series", args=[public_id, series_id])
    messages.success(request, "It comes back no more", extra_tags=undo)
    return redirect("schedules:series", public_id)


@access.editors_only
@require_POST
def resume(request: HttpRequest, public_id: str, series_id: str) -> HttpResponse:
    """Undo of the end: from now on a series like it."""
    row = _series_of(request, public_id, series_id, ended=True)
    try:
        # A gap was confirmed when it was made.
        commands.resume_series(row, by=actor_of(request), now=clock.now(), confirm_gap=True)
    except ProductError as error:
        say_refusal(request, error)
    else:
        messages.success(request, "It comes back each week again")
    return redirect("schedules:series", public_id)


def _asked(
    request: HttpRequest, row: OverrideSeries, refusal: OpensGap, *, title: str, verb: str
) -> HttpResponse:
    back = reverse("schedules:series", args=[row.schedule.public_id])
    return gap.ask(request, row.schedule, refusal, title=title, verb=verb, back=back)


def _row(row: OverrideSeries, value: model.Schedule, now: datetime) -> Row:
    series = queries.series_value(row)
    found = list(islice(occurrences(series, now, now + queries.SERIES_AHEAD), SHOWN))
    idle = queries.idle_times(row, value, now)
    people = {user.pk: user for user in (row.user, row.replaces) if user}
    today = now.astimezone(ZoneInfo(row.time_zone)).date()
    left_out = [day for day in map(date.fromisoformat, row.skipped) if day > today]
    when = words.window(queries.window_of(row))
    coming = [
        Coming(one, _said(row, idle[one.start]) if one.start in idle else "") for one in found
    ]
    return Row(row, words.change(row, people), when, coming, left_out)


def _said(row: OverrideSeries, entire: bool) -> str:
    when = "then: nothing changes" if entire else "all of that time"
    return f"{row.replaces or row.user} is not on call {when}"


def _save(request: HttpRequest, form: SeriesForm, schedule: Schedule, now: datetime) -> bool:
    acting: dict[str, Any] = {"by": actor_of(request), "now": now}
    confirmed = form.cleaned_data["confirm_gap"]
    try:
        commands.add_series(schedule, form.spec(), confirm_gap=confirmed, **acting)
    except ProductError as error:
        if error.reason == commands.CREATES_GAP:
            form.ask_confirmation()
        blame(form, error)
        return False
    return True


def _series_of(
    request: HttpRequest, public_id: str, series_id: str, *, ended: bool = False
) -> OverrideSeries:
    schedule = access.schedule_of(request, public_id)
    rows = schedule.series.all() if ended else queries.series_of(schedule, clock.now())
    row = rows.select_related("user", "replaces", "schedule").filter(public_id=series_id).first()
    if row is None:
        raise Http404
    return row
