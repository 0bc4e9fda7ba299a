"""Requests for cover and swaps: list, ask, look and answer. Open to everybody on a schedule."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from core import clock
from core.errors import ProductError
from core.web import actor_of, attempt, bound, say_refusal, signed_in
from schedules import cautions, commands, queries
from schedules.models import CoverRequest, CoverState
from schedules.web import access
from schedules.web.cover_forms import CoverForm
from schedules.web.forms import choosable
from schedules.web.my_shifts import own_shifts, shifts_of_others
from schedules.web.override_forms import prefilled

RECENT = 10


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, and one's own shifts to ask about."""
    user: Any = request.user
    now = clock.now()
    waiting = list(queries.open_covers(user, now)[:100])
    mine = queries.cover_requests().filter(requester=user).exclude(state=CoverState.OPEN)
    context = {
        "asked": [row for row in waiting if row.requester_id != user.pk],
        "own": [row for row in waiting if row.requester_id == user.pk],
        "answered": mine.order_by("-decided_at")[:RECENT],
        "shifts": own_shifts(user, now),
    }
    return render(request, "schedules/covers.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET parameters `start`, `end`, `user` fill the form."""
    user: Any = request.user
    schedule = access.schedule_of(request, public_id)
    now = clock.now()
    people = [one for one in choosable() if one.pk != user.pk]
    offers = shifts_of_others(schedule, user, now)
    form = CoverForm(bound(request), schedule=schedule, people=people, offers=offers)
    given = prefilled({"kind": "REMOVE", **request.GET.dict()}, user, form.zone)
    form.initial = {"start": given.get("start"), "end": given.get("end")}
    form.initial["asked"] = given.get("user", "")
    if form.is_bound and form.is_valid():
        acting: dict[str, Any] = {"by": actor_of(request), "now": now, "requester": user}
        made = attempt(form, commands.ask_cover, schedule, **acting, **form.values())
        if made:
            messages.success(request, f"{made.asked or 'Everybody on the schedule'} is asked")
            return redirect("schedules:cover", made.public_id)
    context = {"form": form, "schedule": schedule}
    status = 422 if form.is_bound else 200
    return render(request, "schedules/cover_form.html", context, status=status)


@signed_in
@require_safe
def show(request: HttpRequest, cover_id: str) -> HttpResponse:
    """Where the link of a mail leads: looking changes nothing, the buttons act."""
    user: Any = request.user
    row, now = _cover_of(request, cover_id), clock.now()
    open_ = row.state == CoverState.OPEN and row.expires_at > now
    takes = open_ and row.requester_id != user.pk and row.asked_id in {None, user.pk}
    given = [(row.start, row.end)]
    back = [(row.return_start, row.return_end)] if row.return_start and row.return_end else []
    context = {
        "row": row,
        "open": open_,
        "takes": takes,
        "cautions": cautions.of_taker(user, row.schedule, given, now, giving=back) if takes else [],
        "own": row.requester_id == user.pk,
        "sees_schedule": queries.visible_to(user, now).filter(pk=row.schedule_id).exists(),
        "takers": _takers(row, user) if open_ and user.is_admin else [],
    }
    return render(request, "schedules/cover.html", context)


@signed_in
@require_POST
def accept(request: HttpRequest, cover_id: str) -> HttpResponse:
    """For oneself; an admin may name somebody else."""
    user: Any = request.user
    named = request.POST.get("taker", "").replace("\x00", "")
    taker = choosable().filter(public_id=named).first() if named else user
    if taker is None:
        raise Http404
    text = "The shift is yours" if taker == user else f"{taker} takes the shift"
    known = {"despite_absence": "despite_absence" in request.POST}
    return _act(request, cover_id, commands.accept_cover, text, taker=taker, **known)


@signed_in
@require_POST
def decline(request: HttpRequest, cover_id: str) -> HttpResponse:
    return _act(request, cover_id, commands.decline_cover, "Declined")


@signed_in
@require_POST
def withdraw(request: HttpRequest, cover_id: str) -> HttpResponse:
    return _act(request, cover_id, commands.withdraw_cover, "Withdrawn: the shift stays yours")


def _act(
    request: HttpRequest, cover_id: str, command: Callable[..., Any], said: str, **more: Any
) -> HttpResponse:
    row = _cover_of(request, cover_id)
    try:
        command(row, by=actor_of(request), now=clock.now(), **more)
    except ProductError as error:
        say_refusal(request, error)
    else:
        messages.success(request, said)
    return redirect("schedules:cover", cover_id)


def _cover_of(request: HttpRequest, cover_id: str) -> CoverRequest:
    user: Any = request.user
    row = queries.covers_visible_to(user, clock.now()).filter(public_id=cover_id).first()
    if row is None:
        raise Http404
    return row


def _takers(row: CoverRequest, admin: User) -> list[User]:
    """For whom an admin may accept: the person who was asked, else anybody but the requester."""
    if row.asked:
        return [] if row.asked == admin else [row.asked]
    return [user for user in choosable() if user.pk not in {row.requester_id, admin.pk}]
