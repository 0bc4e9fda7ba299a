"""Reachability: can each person be woken, and whoever each schedule and policy relies on?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import queries as accounts
from accounts.models import Team, User
from core import clock
from core.web import signed_in
from dashboard import reachability
from dashboard.reachability import HEARD, Line
from escalation import queries as escalation
from notifications.domain.readiness import GRAVITY, LOOKS, Light
from schedules.queries import visible_to as visible_schedules

PER_PAGE = 50
POLICY_PREFIX = "pol_"
SHOWN = (Light.RED, Light.AMBER, Light.GREEN)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many have a light; a filter."""

    light: Light
    count: int
    many: bool = False

    @property
    def word(self) -> str:
        return HEARD[self.light] if self.many else LOOKS[self.light].word

    @property
    def tone(self) -> str:
        return LOOKS[self.light].tone

    @property
    def icon(self) -> str:
        return LOOKS[self.light].icon


@signed_in
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Filters: `light`, `team` (public id), `q` (name)."""
    viewer: Any = request.user
    wanted = {name: request.GET.get(name, "").strip()[:100] for name in ("light", "team", "q")}
    rows = accounts.whose_reach_is_seen_by(viewer)
    if wanted["team"]:
        rows = rows.filter(memberships__team__public_id=wanted["team"])
    if wanted["q"]:
        rows = rows.filter(name__icontains=wanted["q"])
    lines = reachability.of_people(rows, clock.now())
    context = _listed(request, lines, wanted["light"]) | {
        "wanted": wanted,
        "filtered": any(wanted.values()),
        "teams": _teams(viewer),
    }
    return render(request, "dashboard/reachability.html", context)


@signed_in
@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    """Whoever is on duty in the next 30 days."""
    viewer: Any = request.user
    lines = reachability.of_schedules(viewer, clock.now())
    return _of_many(request, lines, "schedules")


@signed_in
@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """Whomever each step pages."""
    viewer: Any = request.user
    lines = reachability.of_policies(viewer, clock.now())
    return _of_many(request, lines, "policies")


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def of_one(request: HttpRequest, public_id: str) -> HttpResponse:
    """A fragment of the page of a schedule or policy; for everybody else a page."""
    viewer: Any = request.user
    context = {"line": _line_of(viewer, public_id)}
    fragment = request.headers.get("HX-Request")
    name = "dashboard/_reach_of.html" if fragment else "dashboard/reach_of.html"
    return render(request, name, context)


def _line_of(viewer: User, public_id: str) -> Line:
    now = clock.now()
    if public_id.startswith(POLICY_PREFIX):
        policy = get_object_or_404(escalation.with_steps(), public_id=public_id)
        return reachability.of_policies(viewer, now, [policy])[0]
    schedule = get_object_or_404(visible_schedules(viewer, now), public_id=public_id)
    return reachability.of_schedules(viewer, now, [schedule])[0]


def _of_many(request: HttpRequest, lines: Sequence[Line], tab: str) -> HttpResponse:
    context = _listed(request, lines, request.GET.get("light", ""), many=True) | {"tab": tab}
    return render(request, "dashboard/reachability_of_many.html", context)


def _listed(
    request: HttpRequest, lines: Sequence[Line], light: str, *, many: bool = False
) -> dict[str, Any]:
    """The page of lines that have the wanted light, the gravest first, and the tally of all."""
    counts = Counter(line.light for line in lines)
    chosen = [line for line in lines if line.light == light] if light in SHOWN else list(lines)
    chosen.sort(key=lambda line: (-GRAVITY[line.light], line.name.lower()))
    return {
        "page": Paginator(chosen, PER_PAGE).get_page(request.GET.get("page")),
        "tallies": [Tally(one, counts[one], many) for one in SHOWN],
        "light": light if light in SHOWN else "",
        "total": len(lines),
    }


def _teams(viewer: User) -> list[Team]:
    return list(accounts.visible_teams(viewer).order_by("name"))
