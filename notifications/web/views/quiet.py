"""One's own quiet hours."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.errors import ProductError
from core.web import actor_of, blame, signed_in
from notifications import commands, queries
from notifications.web.quiet_form import QuietForm

HOME = "notifications:reach"


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def quiet_hours(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    present = queries.quiet_hours_of(user)
    form = QuietForm(present, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            how = {"by": actor_of(request), "now": clock.now()}
            commands.set_quiet_hours(user, **form.cleaned_data, **how)
        except ProductError as error:
            blame(form, error)
        else:
            messages.success(request, "Saved your quiet hours")
            return redirect(HOME)
    context = {"form": form, "present": present}
    status = 422 if form.errors else 200
    return render(request, "notifications/quiet.html", context, status=status)


@signed_in
@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    commands.clear_quiet_hours(request.user, by=actor_of(request), now=clock.now())  # type: ignore[arg-type]  # signed in
    messages.success(request, "No quiet hours any more")
    return redirect(HOME)
