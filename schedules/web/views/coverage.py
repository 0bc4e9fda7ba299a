"""What the guard sees ahead: all of it, what concerns me, and what concerns one noun."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from core import clock
from core.web import signed_in
from schedules import queries
from schedules.models import FindingKind, SubjectKind
from schedules.queries import guard
from schedules.web import access
from schedules.web.remedies import lines_of

PER_PAGE = 50
FEW = 5
POLICY_PREFIX = "pol_"


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Filters: `kind`, `of` (SCHEDULE or POLICY), `mine`."""
    user: Any = request.user
    now = clock.now()
    wanted = {name: request.GET.get(name, "") for name in ("kind", "of", "mine")}
    rows = guard.concerning(user, now) if wanted["mine"] else guard.seen_by(user, now)
    if wanted["kind"] in FindingKind.values:
        rows = rows.filter(kind=wanted["kind"])
    if wanted["of"] in SubjectKind.values:
        rows = rows.filter(subject_kind=wanted["of"])
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": lines_of(list(page.object_list), user, now),
        "wanted": wanted,
        "filtered": any(wanted.values()),
        "kinds": FindingKind.choices,
        "subjects": SubjectKind.choices,
        "watch": guard.watch_of_all(now),
        "unused": [] if any(wanted.values()) else queries.unused(user, now),
    }
    return render(request, "schedules/coverage.html", context)


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def near(request: HttpRequest) -> HttpResponse:
    """The first few that are one's own to mend: a fragment of home."""
    user: Any = request.user
    now = clock.now()
    rows = list(guard.concerning(user, now)[: FEW + 1])
    context = {
        "lines": lines_of(rows[:FEW], user, now),
        "more": len(rows) > FEW,
        "watch": guard.watch_of_all(now),
        "named": True,
    }
    return _fragment(request, context)


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def of_subject(request: HttpRequest, public_id: str) -> HttpResponse:
    """About one schedule or policy: a fragment of its page."""
    user: Any = request.user
    now = clock.now()
    if public_id.startswith(POLICY_PREFIX):
        rows, watch = guard.of_policy(public_id), guard.watch_of_policies(now)
    else:
        pk = access.schedule_of(request, public_id).pk
        rows = guard.of_subjects(SubjectKind.SCHEDULE, [pk])
        watch = guard.watch_of(SubjectKind.SCHEDULE, pk, now)
    lines = lines_of(list(rows[:PER_PAGE]), user, now)
    return _fragment(request, {"lines": lines, "watch": watch})


def _fragment(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "schedules/_findings.html", context)
    return render(request, "schedules/findings.html", context)
