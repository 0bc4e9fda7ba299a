"""Mail servers as accounts: several of them, each with its own sign-in and sender."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.channels.email import RenderedMail, compose, hand_over
from notifications.domain.words import Channel
from notifications.providers.base import Field, Kind, account_of
from notifications.providers.mail import SENDER

SCHEMES = {"none": "smtp", "starttls": "smtp+tls", "implicit": "smtps"}
# A refusal with these words is about the recipient; every other one about the account.
ABOUT_RECIPIENT = "the mail server refused: 5"


def send_mail(rendered: RenderedMail, outgoing: Outgoing) -> Sent:
    """Raises ChannelError."""
    fields = account_of(outgoing).fields
    mail = replace(outgoing.mail, url=_url(fields), sender=fields["from"])
    content = compose(rendered, replace(outgoing, mail=mail))
    try:
        hand_over(mail, outgoing.address, content)
    except ChannelError as error:
        error.provider_fault = not error.reason.startswith(ABOUT_RECIPIENT)
        raise
    return Sent(f"accepted by {fields['host']}")


def _url(fields: Mapping[str, str]) -> str:
    scheme = SCHEMES.get(fields.get("security", ""), "smtp+tls")
    user, password = (quote(fields.get(name, ""), safe="") for name in ("user", "password"))
    sign_in = f"{user}:{password}@" if user else ""
    return f"{scheme}://{sign_in}{fields['host']}:{fields.get('port') or 587}"


KIND = Kind(
    key="mail_smtp",
    label="Mail server (SMTP)",
    sends={Channel.EMAIL: send_mail},
    fields=(
        Field("host", "Server", hint="mail.example.com", leads=True),
        Field("port", "Port", hint="587 for STARTTLS, 465 for TLS, 25 for none", default="587"),
        Field(
            "security",
            "Encryption",
            default="starttls",
            choices=(
                ("starttls", "STARTTLS"),
                ("implicit", "TLS from the start"),
                ("none", "None"),
            ),
        ),
        Field("user", "User name", required=False),
        Field("password", "Password", secret=True, required=False),
        SENDER,
    ),
    guide="providers/smtp.md",
)
