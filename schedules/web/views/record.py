"""The record of a schedule: who really was on call, as a page and as a file."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.domain.roles import Ability, may
from accounts.models import User
from core import clock
from core.csv_file import csv_response
from core.web import signed_in
from schedules import queries
from schedules.models import LedgerSpan, Schedule
from schedules.web import access, periods, record

PER_PAGE = 50


@signed_in
@require_safe
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """Filters: `period` or `from` and `to`, `person`."""
    schedule = access.schedule_of(request, public_id)
    person = request.GET.get("person", "")[:40]
    choice = periods.chosen(request, _zone(request), clock.now(), plans=False, person=person)
    rows = _rows(schedule, choice, person).order_by("-start", "-id")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    mark = queries.marks([schedule.pk]).get(schedule.pk)
    context = {
        "schedule": schedule,
        "choice": choice,
        "page": page,
        "lines": record.lines(page.object_list),
        "going_on": [] if person else record.going_on(mark),
        "mark": mark,
        "people": _people(schedule),
        "person": person,
        "may_export": may_export(request),
    }
    return render(request, "schedules/record.html", context)


@signed_in
@require_safe
def download(request: HttpRequest, public_id: str) -> HttpResponse:
    """The same rows, all of them."""
    if not may_export(request):
        raise PermissionDenied
    schedule = access.schedule_of(request, public_id)
    person = request.GET.get("person", "")[:40]
    choice = periods.chosen(request, _zone(request), clock.now())
    rows = _rows(schedule, choice, person).select_related("schedule")
    name = f"record-{schedule.public_id}-{choice.period.first}-{choice.period.last}"
    return csv_response(name, record.HEAD, record.csv_rows(rows))


def may_export(request: HttpRequest) -> bool:
    user: Any = request.user
    return may(user.role, Ability.EXPORT)


def _zone(request: HttpRequest) -> Any:
    user: Any = request.user
    return user.zone


def _rows(schedule: Schedule, choice: periods.Choice, person: str) -> QuerySet[LedgerSpan]:
    rows = queries.record_of(schedule, choice.period.start, choice.period.end)
    return rows.filter(user__public_id=person) if person else rows


def _people(schedule: Schedule) -> QuerySet[User]:
    """Whoever is on the record of the schedule."""
    return User.objects.filter(pk__in=schedule.ledger.order_by().values("user").distinct())
