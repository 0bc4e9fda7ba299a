"""Mail of accounts: invitation and password reset, as text and HTML, through Django's mail API.

Links carry the configured public origin, never a header of the request.
"""

from datetime import datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import links
from accounts.models import Invitation, User
from core import config, language
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
    "reset_link_made": (
        mark("An administrator made a link that changes your password"),
        mark("an administrator made a link with which your password can be changed for an hour."),
    ),
    "recovery_codes_made": (
        mark("New recovery codes for OpsKnight"),
        mark("new recovery codes were made for your account; the old ones are void."),
    ),
}


def send_invitation(invitation: Invitation, url: str) -> None:
    context = {"person": invitation.user, "url": url, "expires_at": invitation.expires_at}
    _send("invitation", invitation.user.email, context)


def send_reset(person: User) -> None:
    _send("reset", person.email, {"person": person, "url": links.reset_url(person)})


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
