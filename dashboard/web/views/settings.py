"""Settings of the installation: what the environment decides is shown, the rest can be changed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role
from core import clock, config
from core.errors import ProductError
from core.web import actor_of, blame, role_required, say_refusal
from dashboard import commands
from dashboard.web.forms import SettingsForm

SEE_ALSO = (
    ("Providers", "notifications:providers", "radio"),
    ("People", "users:list", "user"),
    ("Support hours", "schedules:support_hours", "clock"),
    ("Outbox", "notifications:outbox", "inbox"),
    ("Deliveries", "notifications:deliveries", "send"),
    ("System health", "dashboard:health", "heart-pulse"),
    ("Audit log", "dashboard:audit", "history"),
    ("All rows (Django admin)", "admin:index", "server"),
)


@role_required(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    form = SettingsForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _save(request, form):
        return redirect("settings:home")
    overridden = [_overridden(name) for name in config.REGISTRY if _from_environment(name)]
    context = {
        "form": form,
        "overridden": overridden,
        "mail_is_set": bool(config.get("email_url")),
        "see_also": SEE_ALSO,
    }
    return render(request, "dashboard/settings.html", context, status=422 if form.errors else 200)


@role_required(Role.ADMIN)
@require_POST
def test_mail(request: HttpRequest) -> HttpResponse:
    """Tells what the mail server said, word for word."""
    user: Any = request.user
    try:
        address = commands.send_test_mail(user, now=clock.now())
    except ProductError as error:
        say_refusal(request, error)
    else:
        messages.success(request, f"The mail server took a test mail for {address}")
    return redirect("settings:home")


def _save(request: HttpRequest, form: SettingsForm) -> bool:
    try:
        changed = commands.save_settings(form.changes(), by=actor_of(request), now=clock.now())
    except ProductError as error:
        blame(form, error)
        return False
    messages.success(request, "Saved" if changed else "Nothing was different")
    return True


def _from_environment(name: str) -> bool:
    return config.from_environment(name) is not None


def _overridden(name: str) -> dict[str, str]:
    """What the environment says; a secret only that it is set."""
    option = config.REGISTRY[name]
    shown = "(secret)" if option.secret else str(config.get(name))
    return {"variables": " or ".join(option.env), "meaning": option.meaning, "value": shown}
