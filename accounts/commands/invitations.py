"""Invitations: a link by which an invited person chooses a password. Seven days, single use."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.urls import reverse
from django_q.tasks import async_task

from accounts import queries
from accounts.commands import fields
from accounts.commands.addresses import mailbox_proven
from accounts.commands.authority import require
from accounts.commands.trace import trace_user
from accounts.domain.roles import Ability
from accounts.models import Invitation, User, UserStatus
from core import config
from core.actor import Actor
from core.crypto import encrypt, key_hash
from core.errors import Conflict, IllegalTransition, NotFound

LIFETIME = timedelta(days=7)


def invite(
    *, email: str, name: str, role: str, by: Actor, now: datetime, time_zone: str = "UTC"
) -> tuple[User, str]:
    """The invited person and the link, which is also mailed.

    Raises Forbidden, ValidationFailed, or Conflict when the address is known.
    """
    user = User(
        email=fields.email(email),
        name=fields.name(name),
        role=fields.role(role),
        time_zone=fields.time_zone(time_zone),
        status=UserStatus.INVITED,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            require(by, Ability.MANAGE_PEOPLE)
            user.save()
            url = _new_link(user, now)
            trace_user("user.invited", user, by, now, email=user.email, role=user.role)
    except IntegrityError as error:
        message = f"A person with the address {user.email} exists already"
        raise Conflict(message, field="email", reason="unique") from error
    return user, url


def renew_invitation(user: User, *, by: Actor, now: datetime) -> str:
    """A new link, mailed again; older links stop working.

    Raises Forbidden, or IllegalTransition when the person is not waiting for an invitation.
    """
    with transaction.atomic():
        require(by, Ability.MANAGE_PEOPLE)
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if locked.status != UserStatus.INVITED:
            raise IllegalTransition(f"{locked.name} has accepted an invitation or is disabled")
        url = _new_link(locked, now)
        trace_user("user.invitation_renewed", locked, by, now)
    return url


def accept_invitation(
    token: str, password: str, *, now: datetime, ip: str | None = None, request_id: str = ""
) -> User:
    """Sets the password and activates the person. Raises NotFound for a dead or used link."""
    invitation = queries.invitation_for(token, now)
    gone = NotFound("This invitation is not valid any more; ask an admin for a new one")
    if invitation is None:
        raise gone
    hashed = make_password(password)  # slow on purpose: done before the transaction
    with transaction.atomic():
        unused = Invitation.objects.filter(pk=invitation.pk, used_at=None, expires_at__gt=now)
        if not unused.update(used_at=now):
            raise gone
        user = User.objects.select_for_update(no_key=True).get(pk=invitation.user_id)
        if user.status != UserStatus.INVITED:
            raise gone
        user.become(UserStatus.ACTIVE)
        user.password = hashed
        user.save(update_fields=["status", "is_active", "password"])
        mailbox_proven(user, now)
        trace_user("user.activated", user, user.as_actor("web", ip, request_id), now)
    return user


def _new_link(user: User, now: datetime) -> str:
    Invitation.objects.filter(user=user, used_at=None, expires_at__gt=now).update(expires_at=now)
    token = secrets.token_hex(16)  # 32 hex: the form that the log filter takes out of paths
    invitation = Invitation.objects.create(
        user=user, token_hash=key_hash(token), expires_at=now + LIFETIME
    )
    url = config.absolute(reverse("invitation", args=[token]))
    # The queue keeps its payloads: the link travels encrypted, as only its hash is stored.
    async_task("accounts.tasks.mail_invitation", invitation.pk, encrypt(url))
    return url
