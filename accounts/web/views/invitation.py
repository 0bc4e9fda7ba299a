"""The page behind an invitation link: choose a password, and be in."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import commands, queries
from accounts.web.forms import ChoosePasswordForm
from core import clock
from core.errors import NotFound


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing: mail scanners open links."""
    found = queries.invitation_for(token, clock.now())
    if found is None:
        return _dead(request)
    form = ChoosePasswordForm(request.POST or None, person=found.user)
    if request.method == "POST" and form.is_valid():
        return _accept(request, token, form.cleaned_data["password"])
    context = {"form": form, "person": found.user}
    return render(request, "accounts/invitation.html", context)


def _accept(request: HttpRequest, token: str, password: str) -> HttpResponse:
    try:
        user = commands.accept_invitation(
            token,
            password,
            now=clock.now(),
            ip=request.ip,  # type: ignore[attr-defined]
            request_id=request.id,  # type: ignore[attr-defined]
        )
    except NotFound:
        return _dead(request)
    get_adapter().login(request, user)
    messages.success(request, f"Welcome, {user.name}")
    return redirect(settings.LOGIN_REDIRECT_URL)


def _dead(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/invitation_dead.html", status=404)
