"""A way back in for somebody whom no mail reaches: an admin passes the link on."""

from datetime import datetime

from django.db import transaction

from accounts import links
from accounts.commands.authority import require
from accounts.commands.second_factor import tell_owner
from accounts.domain.roles import Ability
from accounts.models import User
from core.actor import Actor
from core.errors import Conflict, Forbidden


def make_reset_link(user: User, *, by: Actor, now: datetime) -> str:
    """The link to a new password: once, for an hour. Audited, and its owner is told by mail.

    Raises Forbidden (also for oneself, who has the page of one's own), Conflict for somebody who
    may not sign in.
    """
    with transaction.atomic():
        require(by, Ability.MANAGE_PEOPLE)
        if user.pk == by.user_pk:
            raise Forbidden("Change your own password in your profile")
        person = User.objects.active().filter(pk=user.pk).first()
        if person is None:
            raise Conflict(f"{user.name} may not sign in: there is no password to change")
        tell_owner(person, "reset_link_made", by=by, now=now)
    return links.reset_url(person)
