"""Support hours: list, new, edit, delete. Admins write them, policies and services choose."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain.roles import Ability, may
from core import clock, form_rows
from core.errors import ProductError
from core.web import actor_of, say_refusal, signed_in
from schedules import commands, queries
from schedules.models import SupportHours
from schedules.web import hours_form
from schedules.web.hours_form import HoursEditor
from schedules.web.views.holidays import admins_only
from schedules.web.words import window


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Each with its lines in words, whether it is open now, and when that changes."""
    user: Any = request.user
    rows = [_row(hours) for hours in queries.support_hours()]
    context = {"rows": rows, "may_edit": may(user.role, Ability.MANAGE_SETTINGS)}
    return render(request, "schedules/support_hours.html", context)


@admins_only
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _posted(request, None)
    user: Any = request.user
    return _show(request, hours_form.blank(user.time_zone), None)


@admins_only
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    hours = _hours(public_id)
    if request.method == "POST":
        return _posted(request, hours)
    return _show(request, hours_form.of_row(hours), hours)


@admins_only
@require_POST
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    hours = _hours(public_id)
    try:
        commands.delete_support_hours(hours, by=actor_of(request), now=clock.now())
    except ProductError as error:
        say_refusal(request, error)
        return redirect("schedules:edit_support_hours", public_id)
    messages.success(request, f"{hours.name} is deleted")
    return redirect("schedules:support_hours")


def _posted(request: HttpRequest, hours: SupportHours | None) -> HttpResponse:
    editor = HoursEditor(data=request.POST)
    if move := form_rows.asked(request.POST):
        return _show(request, editor.rearranged(move), hours)
    if editor.is_valid() and (saved := _save(request, editor, hours)):
        messages.success(request, "Saved")
        return redirect("schedules:edit_support_hours", saved.public_id)
    if hours:
        hours.refresh_from_db()
    return _show(request, editor, hours, status=422)


def _save(
    request: HttpRequest, editor: HoursEditor, hours: SupportHours | None
) -> SupportHours | None:
    acting: dict[str, Any] = {"by": actor_of(request), "now": clock.now()}
    try:
        return commands.save_support_hours(hours, **editor.values(), **acting)
    except ProductError as error:
        editor.blame(error)
        return None


def _show(
    request: HttpRequest, editor: HoursEditor, hours: SupportHours | None, *, status: int = 200
) -> HttpResponse:
    context = {
        "editor": editor,
        "row": _row(hours) if hours else None,
        "users": queries.users_of_hours(hours.pk) if hours else [],
    }
    return render(request, "schedules/support_hours_form.html", context, status=status)


def _row(hours: SupportHours) -> dict[str, Any]:
    now = clock.now()
    value = queries.hours_value(hours, now)
    is_open = value.open_at(now)
    return {
        "hours": hours,
        "lines": [window(item) for item in hours.windows],
        "open": is_open,
        "turn": value.next_close(now) if is_open else value.next_open(now),
    }


def _hours(public_id: str) -> SupportHours:
    hours = queries.support_hours().filter(public_id=public_id).first()
    if hours is None:
        raise Http404
    return hours
