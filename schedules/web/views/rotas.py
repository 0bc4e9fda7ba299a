"""A new schedule with all of its layers, from a preset, on one page."""

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core import clock
from core.web import actor_of, attempt, bound
from schedules import commands
from schedules.domain.walltime import to_local
from schedules.models import Schedule
from schedules.web import gap
from schedules.web.forms import choosable
from schedules.web.looking import may_look
from schedules.web.presets import PRESETS, Preset
from schedules.web.reach import warn_of_reach
from schedules.web.rota_form import RotaEditor
from schedules.web.rota_look import RotaLook, rota_look

PREVIEW = "preview"


def from_preset(request: HttpRequest, key: str) -> HttpResponse:
    """The rights are checked by the page that leads here."""
    user: Any = request.user
    preset, now = PRESETS[key], clock.now()
    data = bound(request)
    initial = {
        "time_zone": user.time_zone,
        "first_day": to_local(now, user.zone).date(),
        "hand_off": time(9),
        "every": preset.every,
        "unit": preset.unit,
    }
    editor = RotaEditor(preset, list(choosable()), data=data, initial=initial)
    if data is not None and request.POST.get("do") == "more":
        return _show(request, key, preset, editor.with_room())
    if data is not None and request.POST.get("do") == PREVIEW:
        return _show(request, key, preset, editor, **_look(request, editor, now))
    if data is None:
        return _show(request, key, preset, editor)
    look = _foretold(editor, now) if editor.is_valid() else None
    if look and look.new_gaps and not gap.confirmed(request):
        return _show(request, key, preset, editor, status=422, look=look, wrong=True)
    made = _make(request, editor, now) if look else None
    if made:
        messages.success(request, f"{made.name} is there; this is what it says")
        warn_of_reach(request, made, now)
        return redirect("schedules:detail", made.public_id)
    return _show(request, key, preset, editor, status=422)


def _make(request: HttpRequest, editor: RotaEditor, now: datetime) -> Schedule | None:
    given = editor.form.cleaned_data
    acting: dict[str, Any] = {"by": actor_of(request), "now": now}
    wanted = {"name": given["name"], "owner": given["team"], **_wanted(editor, now)}
    return attempt(editor.form, commands.create_rota, **wanted, **acting)


def _look(request: HttpRequest, editor: RotaEditor, now: datetime) -> dict[str, Any]:
    """What it would say; nothing while the form does not work, which it then says."""
    if not may_look(request, now):
        return {"busy": True}
    return {"look": _foretold(editor, now)} if editor.is_valid() else {}


def _foretold(editor: RotaEditor, now: datetime) -> RotaLook | None:
    outcome = attempt(editor.form, commands.preview_rota, now=now, **_wanted(editor, now))
    return rota_look(outcome) if outcome else None


def _wanted(editor: RotaEditor, now: datetime) -> dict[str, Any]:
    zone, begins = editor.form.cleaned_data["time_zone"], editor.begins(now)
    return {"time_zone": zone, "layers": editor.layers(), "effective_from": begins}


def _show(
    request: HttpRequest,
    key: str,
    preset: Preset,
    editor: RotaEditor,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    asked = {"checked": gap.confirmed(request)}
    context = {"key": key, "preset": preset, "editor": editor, **asked, **more}
    return render(request, "schedules/rota_form.html", context, status=status)
