"""`/setup`: the first admin. Answers only while nobody exists."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import commands, middleware, throttle
from accounts.web.forms import SetupForm
from core import clock, config
from core.actor import Actor
from core.errors import Conflict, ProductError
from core.web import blame


@never_cache
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    if middleware.is_set_up():
        return redirect("account_login")
    form = SetupForm(
        request.POST or None,
        initial={"public_url": f"{request.scheme}://{request.get_host()}"},
        ask_origin=config.from_environment("public_url") is None,
        ask_token=bool(settings.SETUP_TOKEN),
    )
    if request.method == "POST" and form.is_valid() and _token_is_right(request, form):
        return _create(request, form)
    return render(request, "accounts/setup.html", {"form": form})


def _create(request: HttpRequest, form: SetupForm) -> HttpResponse:
    values = {name: value for name, value in form.cleaned_data.items() if name != "token"}
    by = Actor("system", label="Set-up", via="web", ip=request.ip, request_id=request.id)  # type: ignore[attr-defined]
    try:
        user, password = commands.create_first_admin(by=by, now=clock.now(), **values)
    except Conflict:
        return redirect("account_login")
    except ProductError as error:
        blame(form, error)
        return render(request, "accounts/setup.html", {"form": form})
    return render(request, "accounts/setup_done.html", {"person": user, "password": password})


def _token_is_right(request: HttpRequest, form: SetupForm) -> bool:
    """Compared in constant time, guesses are slowed down."""
    if not settings.SETUP_TOKEN:
        return True
    wait = throttle.begin("set-up token", request.ip, clock.now())  # type: ignore[attr-defined]
    if wait:
        form.add_error("token", f"Too many attempts. Try again in {wait} s.")
        return False
    if constant_time_compare(form.cleaned_data["token"].strip(), settings.SETUP_TOKEN):
        return True
    form.add_error("token", "This is not the token that was printed at the start")
    return False
