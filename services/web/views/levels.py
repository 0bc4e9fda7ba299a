"""The service level of a service: everybody may read it, those who edit the service change it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core import clock
from core.web import actor_of, attempt, bound, signed_in
from services import commands, queries
from services.web import access
from services.web.level_form import LevelForm


@signed_in
@require_http_methods(["GET", "POST"])
def level(request: HttpRequest, public_id: str) -> HttpResponse:
    user: Any = request.user
    service = access.service_of(public_id)
    editable = access.may_edit(user, service)
    if request.method == "POST" and not editable:
        raise PermissionDenied
    row = queries.level_of(service)
    form = LevelForm(row, bound(request), editable=editable)
    if form.is_bound and form.is_valid():
        acting: dict[str, Any] = {"by": actor_of(request), "now": clock.now()}
        if attempt(form, commands.save_level, service, **form.values(), **acting):
            messages.success(request, "Saved; clocks that run follow within seconds")
            return redirect("services:level", public_id)
    context = {"service": service, "level": row, "form": form, "may_edit": editable}
    status = 422 if form.is_bound else 200
    return render(request, "services/level.html", context, status=status)
