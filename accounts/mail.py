"""Mail of accounts: invitation and password reset, as text and HTML, through Django's mail API.

Links carry the configured public origin, never a header of the request.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import int_to_base36
from django.utils.translation import gettext as _

from accounts.models import Invitation, User
from core import clock, config, language
from core.domain.phrase import mark

# name -> (subject, sentence). Each is told to the owner of the account when it happened.
NOTICES = {
    "password_changed": (
        mark("Your OpsKnight password was changed"),
        mark("the password of your account was changed."),
    ),
    "address_changed": (
        mark("Your OpsKnight address was changed"),
        mark("your account has a new address: {email}. Mail and pages go there from now on."),
    ),
    "second_factor_on": (
        mark("Two-factor sign-in is on"),
        mark("signing in to your account now takes a code from an authenticator app."),
    ),
    "second_factor_off": (
        mark("Two-factor sign-in is off"),
        mark("signing in to your account takes no code from an authenticator app any more."),
    ),
    "second_factor_removed": (
        mark("An administrator removed your second factor"),
        mark("an administrator switched off the two-factor sign-in of your account."),
    ),
    "recovery_codes_made": (
        mark("New recovery codes for OpsKnight"),
        mark("new recovery codes were made for your account; the old ones are void."),
    ),
}


class ResetTokens(PasswordResetTokenGenerator):
    """An hour long; signed with password, last sign-in and session version of an active person."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.session_version}"

    def check_token(self, user: Any, token: str | None) -> bool:
        return bool(user and user.is_active) and super().check_token(user, token)

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


def send_invitation(invitation: Invitation, url: str) -> None:
    context = {"person": invitation.user, "url": url, "expires_at": invitation.expires_at}
    _send("invitation", invitation.user.email, context)


def send_reset(person: User) -> None:
    arguments = {"uidb36": int_to_base36(person.pk), "key": ResetTokens().make_token(person)}
    url = config.absolute(reverse("account_reset_password_from_key", kwargs=arguments))
    _send("reset", person.email, {"person": person, "url": url})


def send_new_address(person: User, address: str, url: str) -> None:
    _send("new_address", address, {"person": person, "url": url})


def send_notice(person: User, notice: str, at: datetime, *, to: str) -> None:
    """Tells of a change of what protects the account, and what to do when it was not the owner."""
    subject, what = NOTICES[notice]
    with timezone.override(person.zone), language.speaking_to(person.language):
        context = {
            "person": person,
            "subject": _(subject),
            "what": _(what).format(email=person.email),
            "at": timezone.localtime(at),
            # A reset link would go to the new address: whoever changed it has that.
            "url": config.absolute(reverse("account_reset_password")) if to == person.email else "",
        }
        _send("notice", to, context)


def _send(template: str, to: str, context: dict[str, Any]) -> None:
    """Renders ``accounts/mail/<template>.txt`` (its first line is the subject) and ``.html``."""
    code = language.resolve(context["person"].language)
    with language.speaking(code):
        _leave(template, to, context | {"language": code})


def _leave(template: str, to: str, context: dict[str, Any]) -> None:
    shared = {"origin": config.absolute("/"), **context}
    subject, _, text = render_to_string(f"accounts/mail/{template}.txt", shared).partition("\n")
    message = EmailMultiAlternatives(
        " ".join(subject.split()), text.strip() + "\n", config.get("mail_from"), [to]
    )
    html = render_to_string(f"accounts/mail/{template}.html", shared)
    message.attach_alternative(html, "text/html")
    message.send()
