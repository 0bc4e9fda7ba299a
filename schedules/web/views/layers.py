"""Layers of a schedule: add, edit (a new version), remove."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core import clock, form_rows
from core.errors import ProductError
from core.web import actor_of, say_refusal
from schedules import commands
from schedules.models import LayerVersion, Schedule
from schedules.web import access, layer_form
from schedules.web.acting import bound
from schedules.web.forms import choosable
from schedules.web.layer_form import LayerEditor


@access.editors_only
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    """From now on, unless the form says from when; the past does not change."""
    schedule = access.schedule_of(request, public_id)
    people, now = list(choosable()), clock.now()
    editor = layer_form.blank(schedule, people, now)
    if request.method == "POST":
        editor = LayerEditor(schedule, people, data=request.POST)
        move = form_rows.asked(request.POST)
        if move:
            return _show(request, schedule, editor.rearranged(move), move=move)
        if editor.is_valid() and _save(request, editor, schedule):
            messages.success(request, "The layer is there")
            return redirect("schedules:detail", public_id)
    return _show(request, schedule, editor)


@access.editors_only
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: str, layer_id: str) -> HttpResponse:
    """The rules are never changed in place: saving opens a new version."""
    schedule = access.schedule_of(request, public_id)
    layer = access.layer_of(schedule, layer_id)
    version = access.version_of(layer)
    people = list(choosable({user for slot in version.slots for user in slot}))
    now = clock.now()
    editor = layer_form.of_version(version, schedule, people, now)
    if request.method == "POST":
        editor = LayerEditor(schedule, people, data=request.POST)
        move = form_rows.asked(request.POST)
        if move:
            return _show(request, schedule, editor.rearranged(move), version, move)
        if editor.is_valid() and _save(request, editor, schedule, version):
            messages.success(request, "Saved as a new version; what was before it stays")
            return redirect("schedules:detail", public_id)
    return _show(request, schedule, editor, version)


@access.editors_only
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, public_id: str, layer_id: str) -> HttpResponse:
    """Ends the layer now; asked once, because it cannot be taken back."""
    schedule = access.schedule_of(request, public_id)
    layer = access.layer_of(schedule, layer_id)
    gap = False
    if request.method == "POST":
        acting: dict[str, Any] = {"by": actor_of(request), "now": clock.now()}
        try:
            commands.remove_layer(layer, confirm_gap="confirm_gap" in request.POST, **acting)
        except ProductError as error:
            if error.reason != commands.CREATES_GAP:
                say_refusal(request, error)
                return redirect("schedules:detail", public_id)
            gap = True
        else:
            messages.success(request, f"{layer.name} has ended; its past stays")
            return redirect("schedules:detail", public_id)
    context = {"schedule": schedule, "layer": layer, "gap": gap}
    status = 422 if gap else 200
    return render(request, "schedules/layer_remove.html", context, status=status)


def _save(
    request: HttpRequest,
    editor: LayerEditor,
    schedule: Schedule,
    version: LayerVersion | None = None,
) -> bool:
    user: Any = request.user
    now, begins = clock.now(), editor.effective_from()
    acting: dict[str, Any] = {"by": actor_of(request), "now": now}
    acting["name"] = editor.form.cleaned_data["name"]
    acting["effective_from"] = begins or now
    try:
        commands.check_not_past(user, begins, now=now, field="effectiveFrom")
        if version is None:
            commands.add_layer(schedule, editor.spec(), **acting)
        else:
            restart = editor.form.cleaned_data["restart"]
            commands.edit_layer(version.layer, editor.spec(), restart=restart, **acting)
    except ProductError as error:
        editor.blame(error)
        return False
    return True


def _show(
    request: HttpRequest,
    schedule: Schedule,
    editor: LayerEditor,
    version: LayerVersion | None = None,
    move: form_rows.Move | None = None,
) -> HttpResponse:
    now = clock.now()
    later = version and version.valid_from and version.valid_from > now and version.valid_from
    context = {
        "schedule": schedule,
        "editor": editor,
        "layer": version and version.layer,
        "begins_later": later,
        "move": move,
    }
    status = 422 if bound(request) and not move else 200
    return render(request, "schedules/layer_form.html", context, status=status)
