"""Time off: one's own page, that of others for leads and admins, calendars, and conflicts."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from core import clock
from core.errors import Forbidden, ProductError
from core.web import actor_of, attempt, bound, say_refusal, signed_in
from schedules import commands, queries
from schedules.models import AbsenceCalendar, TimeOff
from schedules.queries import LOOK_AHEAD
from schedules.web import access, away
from schedules.web.absence_forms import CalendarForm, TimeOffForm


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """What is to come, whose duty it meets, and a form for more."""
    user: Any = request.user
    return _page(request, user)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def of_person(request: HttpRequest, public_id: str) -> HttpResponse:
    """The same of somebody else, for admins and leads of a team the person is in."""
    return _page(request, _person(request, public_id))


@signed_in
@require_POST
def cancel(request: HttpRequest, off_id: str) -> HttpResponse:
    row = _entry(request, off_id)
    commands.cancel_time_off(row, by=actor_of(request), now=clock.now())
    undo = reverse("schedules:restore_time_off", args=[row.public_id])
    messages.success(request, "This time off counts no more", extra_tags=undo)
    return _back(request, row.user)


@signed_in
@require_POST
def restore(request: HttpRequest, off_id: str) -> HttpResponse:
    row = _entry(request, off_id)
    commands.restore_time_off(row, by=actor_of(request), now=clock.now())
    messages.success(request, "The time off counts again")
    return _back(request, row.user)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def add_calendar(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = CalendarForm(bound(request), initial={"time_zone": user.time_zone})
    if form.is_bound and form.is_valid():
        acting = {"by": actor_of(request), "now": clock.now()}
        if attempt(form, commands.add_calendar, user, **acting, **form.cleaned_data):
            messages.success(request, "The calendar is read in a moment, then every hour")
            return redirect("schedules:time_off")
    status = 422 if form.is_bound else 200
    return render(request, "schedules/absence_calendar_form.html", {"form": form}, status=status)


@signed_in
@require_POST
def refresh_calendar(request: HttpRequest, calendar_id: str) -> HttpResponse:
    row = _calendar(request, calendar_id)
    return _act(request, row, commands.ask_for_calendar, "The calendar is read in a moment")


@signed_in
@require_POST
def remove_calendar(request: HttpRequest, calendar_id: str) -> HttpResponse:
    row = _calendar(request, calendar_id)
    return _act(request, row, commands.remove_calendar, f"{row.name} and its time off are removed")


@signed_in
@require_safe
def conflicts(request: HttpRequest, public_id: str) -> HttpResponse:
    """Duty of people who are away in the next 90 days, and who could serve instead."""
    user: Any = request.user
    schedule = access.schedule_of(request, public_id)
    now = clock.now()
    context = {
        "schedule": schedule,
        "rows": away.clash_rows(queries.clashes_ahead([schedule], now), user, now),
        "may_edit": access.may_edit(request),
        "days": LOOK_AHEAD.days,
    }
    return render(request, "schedules/conflicts.html", context)


def _page(request: HttpRequest, person: User) -> HttpResponse:
    user: Any = request.user
    now = clock.now()
    form = TimeOffForm(bound(request), zone=person.zone)
    if form.is_bound and form.is_valid():
        acting = {"by": actor_of(request), "now": now}
        if attempt(form, commands.add_time_off, person, **acting, **form.values()):
            messages.success(request, "Saved. Time off takes nobody off call by itself")
            return _back(request, person)
    found = queries.clashes_of(person, start=now, end=now + LOOK_AHEAD)
    context = {
        "person": person,
        "is_own": person.pk == user.pk,
        "form": form,
        "periods": away.periods(queries.time_off_of(person, now), person.zone),
        "rows": away.clash_rows(found, user, now),
        "calendars": queries.calendars_of(person),
        "may_edit": access.may_edit(request),
        "days": LOOK_AHEAD.days,
    }
    status = 422 if form.is_bound else 200
    return render(request, "schedules/time_off.html", context, status=status)


def _act(request: HttpRequest, row: AbsenceCalendar, command: Any, done: str) -> HttpResponse:
    person = row.user
    try:
        command(row, by=actor_of(request), now=clock.now())
        messages.success(request, done)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error
    except ProductError as error:
        say_refusal(request, error)
    return _back(request, person)


def _person(request: HttpRequest, public_id: str) -> User:
    user: Any = request.user
    person = get_object_or_404(User, public_id=public_id)
    if not queries.keeps_time_off_of(user, person):
        raise PermissionDenied("Time off is for the person, the lead of a team, and admins")
    return person


def _entry(request: HttpRequest, public_id: str) -> TimeOff:
    user: Any = request.user
    row = get_object_or_404(TimeOff.objects.select_related("user"), public_id=public_id)
    if not queries.keeps_time_off_of(user, row.user):
        raise Http404
    return row


def _calendar(request: HttpRequest, public_id: str) -> AbsenceCalendar:
    user: Any = request.user
    rows = AbsenceCalendar.objects.select_related("user")
    row = get_object_or_404(rows, public_id=public_id)
    if row.user_id != user.pk and not user.is_admin:
        raise Http404
    return row


def _back(request: HttpRequest, person: User) -> HttpResponse:
    user: Any = request.user
    if person.pk == user.pk:
        return redirect("schedules:time_off")
    return redirect("schedules:time_off_of", person.public_id)
