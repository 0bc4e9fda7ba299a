"""The monthly test page: chosen and called off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.web import act, actor_of, bound, signed_in
from notifications import queries
from notifications.commands import drill_plans
from notifications.web.drill_form import DrillPlanForm

HOME = "notifications:reach"


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def monthly(request: HttpRequest) -> HttpResponse:
    """Off until somebody saves it; the form suggests a time."""
    user: Any = request.user
    present = queries.drill_plan_of(user)
    form = DrillPlanForm(queries.monthly_of(present) if present else None, bound(request))
    if form.is_valid():
        plan = form.chosen()
        drill_plans.plan_drills(user, plan, by=actor_of(request), now=clock.now())
        messages.success(request, f"Saved: on {plan.words}")
        return redirect(HOME)
    context = {"form": form, "present": present}
    status = 422 if form.errors else 200
    return render(request, "notifications/monthly.html", context, status=status)


@signed_in
@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    act(request, drill_plans.clear_drills, request.user, done="No monthly test page any more")
    return redirect(HOME)
