"""Holiday calendars: list, new, edit, delete. Admins write them, schedules choose one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.roles import Ability, may
from accounts.models import Role
from core import clock
from core.web import actor_of, attempt, bound, role_required, signed_in
from schedules import commands, queries
from schedules.models import HolidayCalendar
from schedules.web.holiday_form import HolidayForm, initial

admins_only = role_required(*(role for role in Role.values if may(role, Ability.MANAGE_SETTINGS)))


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    names, used = queries.country_names(), queries.schedules_by_calendar()
    rows = [
        {
            "calendar": one,
            "country": names.get(one.country, one.country),
            "schedules": len(used.get(one.pk, [])),
        }
        for one in HolidayCalendar.objects.all()
    ]
    context = {"rows": rows, "may_edit": may(user.role, Ability.MANAGE_SETTINGS)}
    return render(request, "schedules/holidays.html", context)


@admins_only
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = HolidayForm(bound(request))
    if form.is_bound and form.is_valid() and (made := _save(request, form, None)):
        messages.success(request, f"{made.name} is there; schedules choose it on “Fairness”")
        return redirect("schedules:edit_holidays", made.public_id)
    status = 422 if form.is_bound else 200
    return render(request, "schedules/holiday_form.html", {"form": form}, status=status)


@admins_only
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Beside the form: all its days of this year and the next."""
    calendar = _calendar(public_id)
    form = HolidayForm(bound(request), initial=initial(calendar))
    if form.is_bound and form.is_valid() and _save(request, form, calendar):
        messages.success(request, "Saved")
        return redirect("schedules:edit_holidays", public_id)
    calendar.refresh_from_db()
    year = clock.now().year
    context = {
        "form": form,
        "calendar": calendar,
        "days": queries.days_of(calendar, (year, year + 1)).items(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "schedules/holiday_form.html", context, status=status)


@admins_only
@require_POST
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    calendar = _calendar(public_id)
    commands.delete_holidays(calendar, by=actor_of(request), now=clock.now())
    messages.success(request, f"{calendar.name} is deleted")
    return redirect("schedules:holidays")


def _save(
    request: HttpRequest, form: HolidayForm, calendar: HolidayCalendar | None
) -> HolidayCalendar | None:
    acting = {"by": actor_of(request), "now": clock.now()}
    return attempt(form, commands.save_holidays, calendar, **acting, **form.values())


def _calendar(public_id: str) -> HolidayCalendar:
    calendar = HolidayCalendar.objects.filter(public_id=public_id).first()
    if calendar is None:
        raise Http404
    return calendar
