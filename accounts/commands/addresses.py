"""One's own e-mail address: asked for with the password, proven by a link, told to the old one."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django_q.tasks import async_task

from accounts import links
from accounts.commands import fields
from accounts.commands.trace import trace_user
from accounts.models import User
from core.actor import Actor
from core.errors import Conflict, NotFound, ValidationFailed


def ask_for_address(user: User, address: str, *, by: Actor, now: datetime) -> str:
    """Mails a link to the new address; nothing changes before it is used. Returns the address.

    Raises ValidationFailed for the address one has, Conflict for that of somebody else.
    """
    wanted = fields.email(address)
    if wanted == user.email:
        raise ValidationFailed("This is your address already", field="email")
    _refuse_taken(wanted)
    with transaction.atomic():
        trace_user("user.address_asked_for", user, by, now, email=[user.email, wanted])
        async_task("accounts.tasks.mail_new_address", user.pk, wanted)
    return wanted


def change_address(
    token: str, *, now: datetime, ip: str | None = None, request_id: str = ""
) -> User:
    """Makes the proven address the person's: to sign in, and where pages went to the old one.

    Ends all sessions. Raises NotFound for a dead link, Conflict when the address was taken since.
    """
    found = links.new_address_of(token, now)
    if found is None:
        raise NotFound("This link is not valid any more; ask for a new one in your profile")
    user, address = found
    try:
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
            old, user.email = user.email, address
            user.session_version += 1
            user.save(update_fields=["email", "session_version"])
            for path in settings.ADDRESS_FOLLOWERS:
                import_string(path)(user, old)
            mailbox_proven(user, now)
            by = user.as_actor("web", ip, request_id)
            trace_user("user.address_changed", user, by, now, email=[old, address])
            async_task("accounts.tasks.mail_address_changed", user.pk, old, now.isoformat())
    except IntegrityError as error:
        raise Conflict("Somebody else has this address by now", field="email") from error
    return user


def mailbox_proven(user: User, now: datetime) -> None:
    """A link that only the mailbox of the account got was used; whoever relies on it is told."""
    for path in settings.MAILBOX_PROOFS:
        import_string(path)(user, now)


def _refuse_taken(address: str) -> None:
    if User.objects.filter(email=address).exists():
        raise Conflict("Somebody else has this address", field="email")
