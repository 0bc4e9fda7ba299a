"""The second factor of signing in: what changes is audited and mailed to its owner."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django_q.tasks import async_task

from accounts.commands.authority import require
from accounts.commands.trace import trace_user
from accounts.domain.roles import Ability
from accounts.models import User
from core.actor import Actor
from core.errors import Conflict, Forbidden


def tell_owner(user: User, notice: str, *, by: Actor, now: datetime) -> None:
    """A change of a credential, named as in accounts.mail.NOTICES: audited and mailed."""
    trace_user(f"user.{notice}", user, by, now)
    async_task("accounts.tasks.mail_notice", user.pk, notice, now.isoformat())


def remove_second_factor(user: User, *, by: Actor, now: datetime) -> None:
    """For somebody who lost phone and recovery codes; the password alone opens afterwards.

    Raises Forbidden (also for oneself, who has the page of one's own), Conflict without any.
    """
    with transaction.atomic():
        require(by, Ability.MANAGE_PEOPLE)
        if user.pk == by.user_pk:
            raise Forbidden("Switch your own second factor off in your profile")
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if not removed:
            raise Conflict(f"{user.name} has no second factor")
        tell_owner(user, "second_factor_removed", by=by, now=now)
