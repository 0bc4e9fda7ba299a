"""What all mail services share: their settings, and a page in the parts that their APIs ask for."""

from email.utils import parseaddr

from notifications.channels.base import Outgoing
from notifications.channels.email import RenderedMail, ascii_domain, extra_headers, reply_to
from notifications.providers.base import Field, account_of

DELIVERY = "opsknight_delivery"  # the name under which a service gives us back the delivery
SENDER = Field("from", "Sender", hint="OpsKnight <pager@example.com>, allowed by the service")
BASE = Field(
    "base_url", "API address", hint="Only for a proxy or a test server", required=False, leads=True
)


def setting(outgoing: Outgoing, name: str) -> str:
    return account_of(outgoing).fields.get(name, "")


def base_url(outgoing: Outgoing, default: str) -> str:
    return (setting(outgoing, "base_url") or default).rstrip("/")


def sender(outgoing: Outgoing) -> tuple[str, str]:
    """(name, address) of the sender."""
    return parseaddr(setting(outgoing, "from"))


def recipient(outgoing: Outgoing) -> str:
    return ascii_domain(outgoing.address)


def headers(rendered: RenderedMail, outgoing: Outgoing) -> dict[str, str]:
    """Headers beside those that an API makes from its own fields."""
    return extra_headers(rendered, outgoing, sender(outgoing)[1])


def answer_address(rendered: RenderedMail, outgoing: Outgoing) -> str:
    """Where an answer goes; "" when answers are not taken."""
    return reply_to(rendered, outgoing)
