"""E-mail: HTML and text from templates, one mail per delivery, by SMTP."""

from dataclasses import dataclass
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, formatdate, parseaddr
from functools import lru_cache

from django.template.loader import render_to_string

from core import smtp
from notifications.channels.base import ChannelError, MailSettings, Outgoing, UnsentMail
from notifications.domain.message import Message
from notifications.domain.retry import ATTEMPT_SECONDS
from notifications.domain.text import many_lines, one_line
from notifications.domain.words import Outcome, Urgency

SUBJECT_LENGTH = 200
NO_SERVER = "no mail server is configured (not sent)"
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail without its envelope. `subject` is one clean line."""

    subject: str
    text: str
    html: str
    urgent: bool = False


def render(message: Message) -> RenderedMail:
    context = {
        "message": message,
        "title": one_line(message.title),
        "facts": [(one_line(label), one_line(value, 1000)) for label, value in message.facts],
        "body": many_lines(message.body),
        "urgent": message.urgency == Urgency.HIGH,
    }
    return RenderedMail(
        subject=_subject(message),
        text=render_to_string("notifications/email/message.txt", context).strip() + "\n",
        html=render_to_string("notifications/email/message.html", context),
        urgent=context["urgent"],
    )


def send(rendered: RenderedMail, outgoing: Outgoing) -> str:
    """Hands the mail to the configured server; without one nothing leaves, and it is said so."""
    if not outgoing.mail.url:
        unsent = UnsentMail(outgoing.address, rendered.subject, rendered.text, rendered.html)
        raise ChannelError(NO_SERVER, permanent=True, outcome=Outcome.NOT_SENT, unsent=unsent)
    hand_over(outgoing.mail, outgoing.address, compose(rendered, outgoing))
    return "accepted by the mail server"


def hand_over(mail: MailSettings, recipient: str, content: bytes) -> None:
    """One mail to one recipient. Raises ChannelError."""
    try:
        smtp.send(
            _target(mail.url),
            mail_from=parseaddr(mail.sender)[1],
            rcpt=recipient,
            message_bytes=content,
            deadline_seconds=ATTEMPT_SECONDS,
        )
    except smtp.SmtpError as error:
        raise ChannelError(
            error.reason, permanent=error.permanent, maybe_sent=error.sent
        ) from error


def compose(rendered: RenderedMail, outgoing: Outgoing) -> bytes:
    """The mail as bytes. The Message-ID stays the same over retries, so that readers fold them."""
    mail = MIMEMultipart("alternative")
    domain = parseaddr(outgoing.mail.sender)[1].rpartition("@")[2] or "localhost"
    headers = {
        "From": _named_address(outgoing.mail.sender),
        "To": outgoing.address,
        "Subject": Header(rendered.subject, "utf-8", header_name="Subject").encode(),
        "Date": formatdate(),
        "Message-ID": f"<opsknight.{outgoing.delivery_id}@{domain}>",
        "References": f"<opsknight.{outgoing.subject_kind}.{outgoing.subject_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-OpsKnight-Delivery": str(outgoing.delivery_id),
        "X-OpsKnight-Subject": f"{outgoing.subject_kind}:{outgoing.subject_id}",
    }
    if rendered.urgent:
        headers |= {"Importance": "high", "X-Priority": "1"}
    for name, value in headers.items():
        mail[name] = one_line(value, 998) if name != "Subject" else value
    mail.attach(MIMEText(rendered.text, "plain", _UTF8))  # type: ignore[arg-type]
    mail.attach(MIMEText(rendered.html, "html", _UTF8))  # type: ignore[arg-type]
    return mail.as_bytes()


def provider(address: str) -> str:
    """All mail leaves by one server."""
    return "smtp"


def _subject(message: Message) -> str:
    tag = one_line(message.tag, 40)
    return one_line(f"[{tag}] {message.title}" if tag else message.title, SUBJECT_LENGTH)


@lru_cache(maxsize=4)
def _target(url: str) -> smtp.SmtpTarget:
    try:
        return smtp.SmtpTarget.from_url(url)
    except ValueError as error:
        raise ChannelError(str(error), permanent=True) from error


def _named_address(sender: str) -> str:
    name, address = parseaddr(sender)
    return formataddr((one_line(name), address))
