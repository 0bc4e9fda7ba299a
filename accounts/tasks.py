"""Slow work of accounts: mail, sent after the answer so that its time tells nothing."""

from datetime import datetime

from accounts import links, mail
from accounts.models import Invitation, User
from core import clock
from core.crypto import decrypt


def mail_invitation(invitation_id: int, sealed_url: str) -> None:
    unused = Invitation.objects.select_related("user").filter(pk=invitation_id, used_at=None)
    invitation = unused.first()
    if invitation is not None:
        mail.send_invitation(invitation, decrypt(sealed_url))


def mail_reset_link(email: str) -> None:
    """Asked for with any address: only here is it looked up."""
    person = User.objects.active().filter(email=email).first()
    if person is not None:
        mail.send_reset(person)


def mail_new_address(user_id: int, address: str) -> None:
    """The link is made here: the queue keeps its payloads, and this one must stay no secret."""
    person = User.objects.active().filter(pk=user_id).first()
    if person is not None:
        mail.send_new_address(person, address, links.new_address_url(person, address, clock.now()))


def mail_address_changed(user_id: int, old: str, at: str) -> None:
    """To the old address, whose owner may not be the one who did it."""
    mail.send_notice(User.objects.get(pk=user_id), "address_changed", _when(at), to=old)


def mail_notice(user_id: int, notice: str, at: str) -> None:
    """One of accounts.mail.NOTICES to its owner."""
    person = User.objects.get(pk=user_id)
    mail.send_notice(person, notice, _when(at), to=person.email)


def _when(at: str) -> datetime:
    return datetime.fromisoformat(at)
