"""Django's mail backend: invitations and resets leave by the same server as pages.

A mail that cannot leave is kept on the outbox page and shown on the console, link and all: it may
be the only way in. It raises nothing, because a page must not break over a mail server.
"""

import logging
import sys
from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from core import clock, config
from notifications.channels.base import ChannelError, MailSettings
from notifications.channels.email import NO_SERVER, hand_over
from notifications.domain.text import one_line, storable
from notifications.models import OutboxMail

log = logging.getLogger(__name__)


class Backend(BaseEmailBackend):
    """EMAIL_BACKEND: one SMTP delivery per recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Returns how many were accepted for all their recipients."""
        mail = MailSettings(config.get("email_url"), config.get("mail_from"))
        return sum(_send(message, mail) for message in email_messages)


def _send(message: EmailMessage, mail: MailSettings) -> bool:
    message.subject = one_line(str(message.subject), 200)
    if not mail.url:
        _keep(message, NO_SERVER)
        _show(message)
        return False
    try:
        content = message.message().as_bytes()
        for recipient in message.recipients():
            hand_over(mail, recipient, content)
    except ChannelError as error:
        log.error("mail “%s” did not leave: %s", message.subject, error.reason)
        _keep(message, error.reason)
        return False
    return True


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
