"""E-mail: HTML and text from templates, one mail per delivery, by SMTP."""

from binascii import b2a_qp
from dataclasses import dataclass, replace
from email.header import Header
from email.utils import formataddr, formatdate, parseaddr
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

from core import clock, smtp
from core.domain.phrase import mark
from core.language import ENGLISH
from notifications import links
from notifications.channels.base import ChannelError, MailSettings, Outgoing, Sent, UnsentMail
from notifications.domain import drills
from notifications.domain.message import REQUEST, Message
from notifications.domain.retry import ATTEMPT_SECONDS
from notifications.domain.text import many_lines, one_line
from notifications.domain.words import Channel, Outcome
from notifications.providers import base as providers

SUBJECT_LENGTH = 200
# Kind of message -> how an answer to it acts.
HINTS = {
    "page": mark("Answer with “ack” or “resolve” in the first line, and it is done."),
    REQUEST: mark("Answer with “accept” or “decline” in the first line, and it is done."),
    drills.KIND: mark("Answer with “arrived” in the first line, and it is done."),
}
NO_SERVER = "no mail server is configured (not sent)"


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail without its envelope. `subject` is one clean line; `hint`: how an answer acts."""

    subject: str
    text: str
    html: str
    urgent: bool = False
    hint: str = ""


def render(message: Message) -> RenderedMail:
    context = {
        "message": message,
        "title": one_line(message.title),
        "facts": _one_line_each(message.facts),
        "details": _one_line_each(message.details),
        "body": many_lines(message.body),
        "actions": [(one_line(a.label), a.url, a.style) for a in message.actions],
        "more_url": "" if message.url in {a.url for a in message.actions} else message.url,
        "urgent": message.urgent,
        "language": message.language or ENGLISH,
    }
    return RenderedMail(
        subject=_subject(message),
        text=render_to_string("notifications/email/message.txt", context).strip() + "\n",
        html=render_to_string("notifications/email/message.html", context),
        urgent=message.urgent,
        hint=_(HINTS[message.kind]) if message.kind in HINTS else "",
    )


def send(rendered: RenderedMail, outgoing: Outgoing) -> Sent | str:
    """Through the chosen account, else by the server of EMAIL_URL; without both it is said so."""
    rendered = _with_hint(rendered, outgoing)
    if outgoing.account:
        return providers.send(Channel.EMAIL, rendered, outgoing)
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
            rcpt=ascii_domain(recipient),
            message_bytes=content,
            deadline_seconds=ATTEMPT_SECONDS,
        )
    except smtp.SmtpError as error:
        raise ChannelError(
            error.reason, permanent=error.permanent, maybe_sent=error.sent
        ) from error


def reply_to(rendered: RenderedMail, outgoing: Outgoing) -> str:
    """The address that takes an answer to this page; "" when answers are not taken."""
    domain = outgoing.mail.reply_domain
    if not rendered.hint or not domain:
        return ""
    return links.reply_address(outgoing.delivery_id, outgoing.address, domain)


def extra_headers(rendered: RenderedMail, outgoing: Outgoing, sender: str) -> dict[str, str]:
    """What a mail says about itself beside its envelope. `sender` is a bare address."""
    domain = sender.rpartition("@")[2] or "localhost"
    headers = {
        "References": f"<opsknight.{outgoing.subject_kind}.{outgoing.subject_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-OpsKnight-Delivery": str(outgoing.delivery_id),
        "X-OpsKnight-Subject": f"{outgoing.subject_kind}:{outgoing.subject_id}",
    }
    return headers | ({"Importance": "high", "X-Priority": "1"} if rendered.urgent else {})


def compose(rendered: RenderedMail, outgoing: Outgoing) -> bytes:
    """The mail as bytes. The Message-ID stays the same over retries, so that readers fold them.

    Written out by hand: the standard library takes six times as long for the same mail.
    """
    sender = parseaddr(outgoing.mail.sender)[1]
    domain = sender.rpartition("@")[2] or "localhost"
    boundary = f"=_opsknight_{outgoing.delivery_id}_{outgoing.number}"
    headers = {
        "From": _named_address(outgoing.mail.sender),
        "To": ascii_domain(outgoing.address),
        "Subject": Header(rendered.subject, "utf-8", header_name="Subject").encode(),
        "Date": formatdate(clock.now().timestamp()),
        "Message-ID": f"<opsknight.{outgoing.delivery_id}@{domain}>",
        **extra_headers(rendered, outgoing, sender),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    answers = reply_to(rendered, outgoing)
    if answers:
        headers["Reply-To"] = answers
    subject = headers.pop("Subject")  # encoded and folded already, the others are one line each
    lines = [f"{name}: {one_line(value, 998)}" for name, value in headers.items()]
    head = "\n".join([f"Subject: {subject}", *lines]).encode()
    parts = [_part("plain", rendered.text), _part("html", rendered.html)]
    opening, end = f"\n--{boundary}\n".encode(), f"\n--{boundary}--\n".encode()
    return b"\n".join([head, opening + parts[0] + opening + parts[1] + end])


def ascii_domain(address: str) -> str:
    """The address with its domain as every mail server knows it."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{punycode(domain)}"
    except UnicodeError:
        return address


def _part(subtype: str, text: str) -> bytes:
    head = f"Content-Type: text/{subtype}; charset=utf-8\n"
    head += "Content-Transfer-Encoding: quoted-printable\n\n"
    return head.encode() + b2a_qp(text.encode("utf-8", "replace"))


def _with_hint(rendered: RenderedMail, outgoing: Outgoing) -> RenderedMail:
    """Says above the last lines that an answer acts, where it does."""
    if not reply_to(rendered, outgoing):
        return rendered
    hint = rendered.hint
    before, seam, after = rendered.text.rpartition("\n-- \n")
    text = f"{before}\n{hint}\n{seam}{after}"
    before, seam, after = rendered.html.rpartition('<p class="quiet"')
    style = 'style="margin:24px 0 0;font-size:13px;color:#4f5d60"'
    html = f'{before}<p class="quiet" {style}>{hint}</p>\n{seam}{after}'
    return replace(rendered, text=text, html=html)


def provider(address: str) -> str:
    """All mail leaves by one server."""
    return "smtp"


def _one_line_each(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(one_line(label), one_line(value, 1000)) for label, value in pairs]


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
