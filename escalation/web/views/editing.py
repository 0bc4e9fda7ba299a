"""Policies to write: create, edit (a new version), archive. Nothing typed is ever lost."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core import clock, form_rows
from core.errors import Conflict, ProductError
from core.web import actor_of, say_refusal
from escalation import commands
from escalation.models import EscalationPolicy
from escalation.web import access, editor
from escalation.web.editor import Choices, PolicyEditor
from escalation.web.ladder import rungs_of
from escalation.web.reach import warn_of_reach


@access.editors_only
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _show(request, editor.blank())
    filled = PolicyEditor(Choices(), data=request.POST)
    if move := form_rows.asked(request.POST):
        return _show(request, filled.rearranged(move))
    if filled.is_valid():
        try:
            made = commands.create_policy(
                spec=filled.spec(), team=filled.owner, **_head(filled), **_acting(request)
            )
        except ProductError as error:
            filled.blame(error)
        else:
            messages.success(request, f"{made.name} is there; now give it to a service")
            warn_of_reach(request, made.public_id, clock.now())
            return redirect("escalation:detail", made.public_id)
    return _show(request, filled, status=422)


@access.editors_only
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Saving makes the next version; somebody else's version in between is shown first."""
    policy = access.policy_of(public_id)
    choices = Choices(policy.current)
    if request.method != "POST":
        return _show(request, editor.of_version(_current(policy), choices), policy)
    filled = PolicyEditor(choices, data=request.POST)
    if move := form_rows.asked(request.POST):
        return _show(request, filled.rearranged(move), policy)
    if not filled.is_valid():
        return _show(request, filled, policy, status=422)
    try:
        expected = filled.form.cleaned_data["expected_version"]
        saved = commands.save_policy(
            policy,
            filled.spec(),
            expected_version=expected or 0,
            **_head(filled),
            **_acting(request),
        )
        commands.give_policy(policy, filled.owner, **_acting(request))
    except Conflict as error:
        if error.reason == commands.OUTDATED:
            return _collided(request, policy, expected)
        filled.blame(error)
    except ProductError as error:
        filled.blame(error)
    else:
        number = saved.current.number if saved.current else 0
        messages.success(request, f"Saved as version {number}; incidents that run keep theirs")
        warn_of_reach(request, public_id, clock.now())
        return redirect("escalation:detail", public_id)
    return _show(request, filled, policy, status=422)


@access.editors_only
@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, public_id: str) -> HttpResponse:
    """Refused while a service uses it; the name must be typed."""
    policy = access.policy_of(public_id)
    wrong = request.method == "POST"
    if wrong and request.POST.get("name", "").strip() == policy.name:
        try:
            commands.archive_policy(policy, **_acting(request))
        except ProductError as error:
            say_refusal(request, error)
            return redirect("escalation:detail", public_id)
        messages.success(request, f"{policy.name} is archived; incidents that run keep it")
        return redirect("escalation:list")
    context = {"policy": policy, "wrong": wrong}
    return render(request, "escalation/archive.html", context, status=422 if wrong else 200)


def _collided(request: HttpRequest, policy: EscalationPolicy, mine: int | None) -> HttpResponse:
    """What was typed stays; saving once more goes over the version that is shown now."""
    policy = access.policy_of(policy.public_id)
    theirs = _current(policy)
    data = request.POST.copy()
    data["expected_version"] = str(theirs.number)
    filled = PolicyEditor(Choices(theirs), data=data)
    filled.is_valid()
    collision = {"mine": mine, "theirs": theirs, "rungs": rungs_of(theirs)}
    return _show(request, filled, policy, status=409, collision=collision)


def _show(
    request: HttpRequest,
    filled: PolicyEditor,
    policy: EscalationPolicy | None = None,
    *,
    status: int = 200,
    collision: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {"editor": filled, "policy": policy, "collision": collision}
    return render(request, "escalation/form.html", context, status=status)


def _current(policy: EscalationPolicy) -> Any:
    version: Any = policy.current
    version.policy = policy
    return version


def _head(filled: PolicyEditor) -> dict[str, str]:
    given = filled.form.cleaned_data
    return {"name": given["name"], "description": given["description"]}


def _acting(request: HttpRequest) -> dict[str, Any]:
    return {"by": actor_of(request), "now": clock.now()}
