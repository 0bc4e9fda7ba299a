"""The signed link that proves a new e-mail address: one person, one address, one hour.

It dies with what it was made from: the old address, the password and the sessions of the person.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.urls import reverse

from accounts.models import User
from core import config

SALT = "opsknight.accounts.new_address"
LIFETIME = timedelta(hours=1)


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
