"""Policies to read: list, ladder with the people of right now, services that use one."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from core import clock
from core.web import signed_in
from escalation.domain.conditions import PRIORITIES, Case
from escalation.web import access
from escalation.web.ladder import ladder_of, repeats_in_words, rungs_of
from notifications.domain.words import Urgency

PER_PAGE = 30


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All policies with their steps; `q` searches names."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = access.policies().filter(name__icontains=text).exclude(current=None)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        (policy, rungs_of(policy.current), repeats_in_words(policy.current.repeat_count))
        for policy in page
        if policy.current
    ]
    context = {"page": page, "rows": rows, "q": text, "may_edit": access.may_edit(request)}
    return render(request, "escalation/list.html", context)


@signed_in
@require_safe
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """The ladder as an incident of `?urgency=` and `?priority=` would climb it."""
    policy = access.policy_of(public_id)
    urgency, priority = request.GET.get("urgency"), request.GET.get("priority")
    case = Case(
        urgency if urgency in set(Urgency) else Urgency.HIGH,
        priority if priority in PRIORITIES else None,
    )
    context = {
        "policy": policy,
        "ladder": ladder_of(policy.current, clock.now(), case) if policy.current else None,
        "case": case,
        "urgencies": list(Urgency),
        "priorities": [one for one in PRIORITIES if one],
        "may_edit": access.may_edit(request),
    }
    return render(request, "escalation/detail.html", context)


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def services(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who uses it: a fragment for htmx, a page for everybody else."""
    policy = access.policy_of(public_id)
    context = {"policy": policy, "services": policy.services.filter(archived_at=None)}
    fragment = request.headers.get("HX-Request")
    name = "escalation/_services.html" if fragment else "escalation/services.html"
    return render(request, name, context)
