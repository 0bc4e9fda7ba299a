"""Slow work of accounts: mail, sent after the answer so that its time tells nothing."""

from accounts import mail
from accounts.models import Invitation, User
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
