"""Mail of accounts: invitation and password reset, as text and HTML, through Django's mail API.

Links carry the configured public origin, never a header of the request.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import int_to_base36

from accounts.models import Invitation, User
from core import clock, config


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


def _send(template: str, to: str, context: dict[str, Any]) -> None:
    """Renders ``accounts/mail/<template>.txt`` (its first line is the subject) and ``.html``."""
    shared = {"origin": config.absolute("/"), **context}
    subject, _, text = render_to_string(f"accounts/mail/{template}.txt", shared).partition("\n")
    message = EmailMultiAlternatives(
        " ".join(subject.split()), text.strip() + "\n", config.get("mail_from"), [to]
    )
    html = render_to_string(f"accounts/mail/{template}.html", shared)
    message.attach_alternative(html, "text/html")
    message.send()
