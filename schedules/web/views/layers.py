"""Layers of a schedule: add, edit (a new version), remove; each shows first what would change."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from core import clock, form_rows
from core.errors import ProductError
from core.web import actor_of, say_refusal
from schedules import commands
from schedules.models import LayerVersion, Schedule
from schedules.web import access, away, layer_form, meanwhile, reorder
from schedules.web.acting import revision_of
from schedules.web.foretold import Foretold, foretold
from schedules.web.forms import choosable
from schedules.web.layer_form import LayerEditor
from schedules.web.looking import may_look
from schedules.web.reach import warn_of_reach

PREVIEW = "preview"


@access.editors_only
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    """From now on, unless the form says from when; the past does not change."""
    schedule = access.schedule_of(request, public_id)
    people = list(choosable())
    if request.method == "POST":
        return _posted(request, schedule, people)
    return _show(
        request,
        schedule,
        layer_form.blank(schedule, people, clock.now(), corrects=_corrects(request)),
    )


@access.editors_only
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: str, layer_id: str) -> HttpResponse:
    """The rules are never changed in place: saving opens a new version.

    Whoever sends the form of a layer that was removed meanwhile gets it back as a new layer.
    """
    schedule = access.schedule_of(request, public_id)
    version = access.version_of(schedule, layer_id, removed=request.method == "POST")
    people = list(choosable({user for slot in version.slots for user in slot}))
    if request.method == "POST":
        return _posted(request, schedule, people, version)
    suggested = reorder.asked(version, request.GET)
    rules, more = suggested or version, {"corrects": _corrects(request)}
    editor = layer_form.of_version(rules, schedule, people, clock.now(), **more)
    editor.form.initial["restart"] = bool(suggested)
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
            acting["confirm_gap"] = "confirm_gap" in request.POST
            commands.remove_layer(layer, seen=revision_of(request), **acting)
        except ProductError as error:
            if error.reason != commands.CREATES_GAP:
                say_refusal(request, error)
                return redirect("schedules:detail", public_id)
            gap = True
        else:
            messages.success(request, f"{layer.name} has ended; its past stays")
            return redirect("schedules:detail", public_id)
    outcome = commands.preview_removal(layer, now=clock.now())
    context = {"schedule": schedule, "layer": layer, "gap": gap, "foretold": foretold(outcome)}
    status = 422 if gap else 200
    return render(request, "schedules/layer_remove.html", context, status=status)


def _posted(
    request: HttpRequest,
    schedule: Schedule,
    people: list[User],
    version: LayerVersion | None = None,
) -> HttpResponse:
    """A button among the rows, a look at what would change, or saving."""
    editor = LayerEditor(schedule, people, data=request.POST, corrects=_corrects(request))
    if version and version.layer.removed_at:
        return _gone(request, schedule, editor, version)
    if move := form_rows.asked(request.POST):
        return _show(request, schedule, editor.rearranged(move), version, move=move)
    valid = editor.is_valid()
    if request.POST.get("do") == PREVIEW and not may_look(request, clock.now()):
        return _show(request, schedule, editor, version, busy=True)
    if request.POST.get("do") == PREVIEW:
        found = _foretell(editor, schedule, version) if valid else None
        return _show(request, schedule, editor, version, foretold=found)
    refusal = _save(request, editor, schedule, version) if valid else "invalid"
    if refusal is None:
        new = "The layer is there"
        messages.success(
            request, "Saved as a new version; what was before it stays" if version else new
        )
        away.warn_of_clashes(request, schedule, clock.now())
        warn_of_reach(request, schedule, clock.now())
        return redirect("schedules:detail", schedule.public_id)
    return _refused(request, schedule, editor, version, refusal)


def _refused(
    request: HttpRequest,
    schedule: Schedule,
    editor: LayerEditor,
    version: LayerVersion | None,
    refusal: str,
) -> HttpResponse:
    more: dict[str, Any] = {"status": 422}
    if refusal == commands.CREATES_GAP:
        more["foretold"] = _foretell(editor, schedule, version)
        more["gap"] = True
    if version and refusal in {commands.STALE, commands.REMOVED}:
        version.layer.refresh_from_db(fields=["removed_at"])
        if version.layer.removed_at:
            return _gone(request, schedule, editor, version)
    if refusal == commands.STALE:
        schedule = access.schedule_of(request, schedule.public_id)
        both = meanwhile.of_layer(editor.spec(), schedule, version)
        more = {"status": 409, "both": both, "revision": schedule.revision}
    return _show(request, schedule, editor, version, **more)


def _gone(
    request: HttpRequest, schedule: Schedule, editor: LayerEditor, version: LayerVersion
) -> HttpResponse:
    """Somebody removed the layer first: what was typed goes on as a new one, if that is wanted."""
    both = editor.is_valid() and meanwhile.of_layer(editor.spec(), schedule, version)
    if move := form_rows.asked(request.POST):
        editor = editor.rearranged(move)
    fresh = access.schedule_of(request, schedule.public_id)
    more = {"gone": version.layer, "both": both or None, "revision": fresh.revision}
    return _show(request, fresh, editor, status=409, move=move, **more)


def _corrects(request: HttpRequest) -> bool:
    user: Any = request.user
    return commands.may_correct(user)


def _save(
    request: HttpRequest, editor: LayerEditor, schedule: Schedule, version: LayerVersion | None
) -> str | None:
    """None when it is saved, else why not; the form says it beside the field."""
    user: Any = request.user
    now, begins = clock.now(), editor.effective_from()
    acting: dict[str, Any] = {"by": actor_of(request), "now": now, "seen": revision_of(request)}
    acting["name"] = editor.form.cleaned_data["name"]
    acting["effective_from"] = begins or now
    acting["confirm_gap"] = "confirm_gap" in request.POST
    acting["reason"] = editor.form.cleaned_data.get("reason", "")
    try:
        commands.check_not_past(user, begins, now=now, field="effectiveFrom")
        if version is None:
            commands.add_layer(schedule, editor.spec(), **acting)
        else:
            restart = editor.form.cleaned_data["restart"]
            commands.edit_layer(version.layer, editor.spec(), restart=restart, **acting)
    except ProductError as error:
        editor.blame(error)
        return error.reason or "refused"
    return None


def _foretell(
    editor: LayerEditor, schedule: Schedule, version: LayerVersion | None
) -> Foretold | None:
    """What would change; None when the rules do not work, which the form then says."""
    now, given = clock.now(), editor.form.cleaned_data
    try:
        return foretold(
            commands.preview_layer(
                schedule,
                editor.spec(),
                now=now,
                layer=version and version.layer,
                name=given["name"],
                effective_from=editor.effective_from() or now,
                restart=given["restart"],
            )
        )
    except ProductError as error:
        editor.blame(error)
        return None


def _show(
    request: HttpRequest,
    schedule: Schedule,
    editor: LayerEditor,
    version: LayerVersion | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    now = clock.now()
    later = version and version.valid_from and version.valid_from > now and version.valid_from
    context = {
        "schedule": schedule,
        "editor": editor,
        "layer": version and version.layer,
        "begins_later": later,
        "revision": revision_of(request) or schedule.revision,
        "confirmed": "confirm_gap" in request.POST,
        **more,
    }
    return render(request, "schedules/layer_form.html", context, status=status)
