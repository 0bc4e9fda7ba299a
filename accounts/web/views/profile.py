"""What is one's own: profile, sessions, API keys."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import commands, queries
from accounts.web.forms import ApiKeyForm, ProfileForm
from core import clock, shown_once
from core.web import act, actor_of, signed_in, submit


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = request.user
    names = ("name", "time_zone", "language", "theme")
    initial = {name: getattr(user, name) for name in names}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and submit(request, form, commands.update_profile, user):
        messages.success(request, "Your profile is saved")
        return redirect("account:profile")
    context = {"form": form, "second_factor": queries.has_second_factor(user)}
    return render(request, "accounts/profile/profile.html", context)


@signed_in
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """All but this one."""
    user = commands.end_sessions(request.user, by=actor_of(request), now=clock.now())
    update_session_auth_hash(request, user)
    messages.success(request, "You are signed out everywhere else")
    return redirect("account:profile")


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """The answer to POST is the only page that shows the key."""
    if answer := shown_once.again(request, "account:api_keys"):
        return answer
    now = clock.now()
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = submit(
            request,
            form,
            commands.create_api_key,
            request.user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at(now),
        )
        if made:
            context = {"key": made[0], "secret": made[1]}
            return shown_once.show(request, "accounts/profile/api_key_created.html", context)
    context = {"form": form, "keys": queries.api_keys_of(request.user), "now": now}
    return render(request, "accounts/profile/api_keys.html", context)


@signed_in
@require_POST
def revoke_api_key(request: HttpRequest, public_id: str) -> HttpResponse:
    key = get_object_or_404(queries.api_keys_of(request.user), public_id=public_id)
    act(request, commands.revoke_api_key, key, done=f"The key {key.name} is revoked")
    return redirect("account:api_keys")
