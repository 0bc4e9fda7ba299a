"""A new e-mail address of one's own: asked for with the password, proven from the new mailbox."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import commands, links, throttle
from accounts.models import User
from accounts.web.forms import AddressForm
from core import clock
from core.errors import Conflict, NotFound
from core.web import signed_in, submit

TOO_MANY = "Too many new addresses were asked for. Try again in an hour."


@never_cache
@sensitive_post_parameters("password")
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Nothing changes before the link in the mail is used."""
    user: Any = request.user
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_owner(user, form):
        asked = submit(
            request, form, commands.ask_for_address, user, address=form.cleaned_data["email"]
        )
        if asked:
            messages.success(request, f"Now open the link in the mail to {asked}")
            return redirect("account:profile")
    status = 422 if form.errors else 200
    return render(request, "accounts/profile/address.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing: mail scanners open links. Nobody need be signed in: the link proves."""
    found = links.new_address_of(token, clock.now())
    if found is None:
        return _dead(request)
    if request.method != "POST":
        context = {"person": found[0], "address": found[1]}
        return render(request, "accounts/new_address.html", context)
    try:
        user = commands.change_address(
            token,
            now=clock.now(),
            ip=request.ip,  # type: ignore[attr-defined]
            request_id=request.id,  # type: ignore[attr-defined]
        )
    except NotFound:
        return _dead(request)
    except Conflict as error:
        return _dead(request, error.message)
    return _done(request, user)


def _is_owner(user: User, form: AddressForm) -> bool:
    """Guesses wait as they do at the sign-in; mails to strangers are few."""
    try:
        right = get_adapter().reauthenticate(user, form.cleaned_data["password"])
    except ValidationError as error:
        form.add_error("password", error)
        return False
    if not right:
        form.add_error("password", "This is not your password.")
    elif not throttle.may_mail_new_address(user.pk, clock.now()):
        form.add_error(None, TOO_MANY)
    return form.is_valid()


def _done(request: HttpRequest, user: User) -> HttpResponse:
    messages.success(request, f"Your address is {user.email} now")
    if request.user.pk != user.pk:
        return redirect("account_login")
    update_session_auth_hash(request, user)
    return redirect("account:profile")


def _dead(request: HttpRequest, why: str = "") -> HttpResponse:
    return render(request, "accounts/new_address_dead.html", {"why": why}, status=404)
