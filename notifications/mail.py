"""Django's mail backend: invitations and resets leave by the same accounts and server as pages.

A mail that cannot leave is kept on the outbox page and shown on the console, link and all: it may
be the only way in. It raises nothing, because a page must not break over a mail server.
"""

import logging
import secrets
import sys
from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.html import escape

from core import clock, config
from notifications import accounts
from notifications.channels import email
from notifications.channels.base import ChannelError, MailSettings, Outgoing
from notifications.channels.email import NO_SERVER, RenderedMail, hand_over
from notifications.domain.text import one_line, storable
from notifications.domain.words import Channel
from notifications.models import OutboxMail

log = logging.getLogger(__name__)

MOST_ACCOUNTS = 2  # tried while somebody waits for the page


class Backend(BaseEmailBackend):
    """EMAIL_BACKEND: one SMTP delivery per recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Returns how many were accepted for all their recipients."""
        mail = MailSettings(config.get("email_url"), config.get("mail_from"))
        return sum(_send(message, mail) for message in email_messages)


def _send(message: EmailMessage, mail: MailSettings) -> bool:
    message.subject = one_line(str(message.subject), 200)
    able = accounts.candidates(Channel.EMAIL, clock.now())
    if not mail.url and not able:
        _keep(message, NO_SERVER)
        _show(message)
        return False
    try:
        for recipient in message.recipients():
            _deliver(message, recipient, mail)
    except ChannelError as error:
        log.error("mail “%s” did not leave: %s", message.subject, error.reason)
        _keep(message, error.reason)
        return False
    return True


def _deliver(message: EmailMessage, recipient: str, mail: MailSettings) -> None:
    """Through the first account that takes it, then by the server. Raises the last ChannelError."""
    refused: ChannelError | None = None
    for one in accounts.candidates(Channel.EMAIL, clock.now())[:MOST_ACCOUNTS]:
        outgoing = Outgoing(
            delivery_id=secrets.randbits(62),  # of no delivery: it only has to be another each time
            address=recipient,
            subject_kind="mail",
            mail=mail,
            account=one.account,
        )
        try:
            email.send(_rendered(message), outgoing)
            return
        except ChannelError as error:
            log.warning("mail “%s” not by %s: %s", message.subject, one.label, error.reason)
            refused = error
    if refused is not None and not mail.url:
        raise refused
    hand_over(mail, recipient, message.message().as_bytes())


def _rendered(message: EmailMessage) -> RenderedMail:
    text = str(message.body)
    html = _html(message) or f"<pre>{escape(text)}</pre>"
    return RenderedMail(subject=str(message.subject), text=text, html=html)


def _keep(message: EmailMessage, reason: str) -> None:
    OutboxMail.objects.create(
        to=", ".join(message.recipients())[:500],
        subject=storable(str(message.subject), 500),
        text=storable(str(message.body), 100_000),
        html=storable(_html(message), 200_000),
        reason=reason[:300],
        created_at=clock.now(),
    )


def _html(message: EmailMessage) -> str:
    if not isinstance(message, EmailMultiAlternatives):
        return ""
    bodies = [str(part[0]) for part in message.alternatives if part[1] == "text/html"]
    return bodies[0] if bodies else ""


def _show(message: EmailMessage) -> None:
    """On the console itself: a log would redact the link."""
    to = ", ".join(message.recipients())
    sys.stdout.write(f"\n--- mail to {to}: {message.subject}\n{message.body}\n--- not sent\n\n")
    sys.stdout.flush()
