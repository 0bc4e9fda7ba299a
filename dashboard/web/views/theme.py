"""Light, dark or as the system says."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts import commands
from core import clock
from core.web import actor_of

YEAR = 365 * 24 * 3600
THEMES = {"", "light", "dark"}


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Kept with the person, and in a cookie for the pages before signing in."""
    wanted = request.POST.get("theme", "")
    theme = wanted if wanted in THEMES else ""
    user: Any = request.user
    if user.is_authenticated and user.theme != theme:
        commands.update_profile(user, theme=theme, by=actor_of(request), now=clock.now())
    response = HttpResponseRedirect(_back(request))
    response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


def _back(request: HttpRequest) -> str:
    """The page where the switch stood, when it is one of ours."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return came_from if ours else "/"
