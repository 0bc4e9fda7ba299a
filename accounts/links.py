"""Signed links of one person that work for an hour: to a new password, and for a new address.

They die with what they were made from: the password, the sessions and the address of the person.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.urls import reverse
from django.utils.http import int_to_base36

from accounts.models import User
from core import clock, config

SALT = "opsknight.accounts.new_address"
LIFETIME = timedelta(hours=1)


class ResetTokens(PasswordResetTokenGenerator):
    """An hour long; signed with password, last sign-in and session version of an active person."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.session_version}"

    def check_token(self, user: Any, token: str | None) -> bool:
        return bool(user and user.is_active) and super().check_token(user, token)

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


def reset_url(user: User) -> str:
    """The link to a new password; it works once."""
    arguments = {"uidb36": int_to_base36(user.pk), "key": ResetTokens().make_token(user)}
    return config.absolute(reverse("account_reset_password_from_key", kwargs=arguments))


def new_address_url(user: User, address: str, now: datetime) -> str:
    """The link for the mail to `address`."""
    until = int((now + LIFETIME).timestamp())
    token = signing.dumps([user.pk, address, until, _state(user)], salt=SALT)
    return config.absolute(reverse("new_address", args=[token]))


def new_address_of(token: str, now: datetime) -> tuple[User, str] | None:
    """The person and the address of a genuine, fresh link; else None."""
    try:
        user_pk, address, until, state = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.active().filter(pk=user_pk).first()
    if user is None or now.timestamp() > until or state != _state(user):
        return None
    return user, address


def _state(user: User) -> str:
    return f"{user.email} {user.get_session_auth_hash()[:24]}"
