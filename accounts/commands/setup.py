"""The first admin of an installation, made exactly once."""

import secrets
import string
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts.commands import fields
from accounts.models import Role, User, UserStatus
from audit import commands as audit
from core import config
from core.actor import Actor
from core.errors import Conflict
from core.models import Setting

SETUP_DONE = "setup_done"  # this row exists once: of two set-ups at the same moment one wins
PASSWORD_LENGTH = 20
PASSWORD_ALPHABET = "".join(set(string.ascii_letters + string.digits) - set("Il1O0o"))


def generate_password() -> str:
    """20 characters that are easily told apart, 116 bits."""
    return "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(PASSWORD_LENGTH))


def create_first_admin(
    *,
    email: str,
    name: str,
    by: Actor,
    now: datetime,
    public_url: str = "",
    time_zone: str = "UTC",
) -> tuple[User, str]:
    """The admin and the password, which is stored nowhere in clear.

    `public_url` is kept unless the environment gives one. The admin becomes the fallback contact
    of the installation. Raises Conflict when a person exists already, ValidationFailed for bad
    values.
    """
    origin = fields.public_origin(public_url) if public_url else ""
    password = generate_password()
    user = User(
        email=fields.email(email),
        name=fields.name(name),
        role=Role.ADMIN,
        time_zone=fields.time_zone(time_zone),
        password=make_password(password),  # slow on purpose: done before the transaction
    )
    user.become(UserStatus.ACTIVE)
    try:
        with transaction.atomic():
            _save_first(user, now)
            if origin and config.from_environment("public_url") is None:
                config.put("public_url", origin)
            config.put("fallback_users", [user.pk])
            audit.record(
                "user.bootstrap",
                by=by,
                now=now,
                target_type="user",
                target_id=user.public_id,
                target_label=user.name,
                changes={"email": user.email, "public_url": origin},
            )
    except IntegrityError as error:
        raise Conflict("This installation is set up already; sign in instead") from error
    return user, password


def _save_first(user: User, now: datetime) -> None:
    Setting.objects.create(name=SETUP_DONE, value=now.isoformat())
    if User.objects.exists():
        raise Conflict("This installation is set up already; sign in instead")
    user.save()
