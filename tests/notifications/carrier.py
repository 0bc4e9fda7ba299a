"""A channel and a kind of provider for tests: SMS that land in a list, and misbehave on demand."""

from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.domain.message import Message
from notifications.domain.words import Channel
from notifications.providers import base
from notifications.providers.base import Field, Kind

BROKEN = "broken"
sent: list[tuple[str, str]] = []  # (account key, text)


def render(message: Message) -> str:
    return message.title


def provider(address: str) -> str:
    return ""


def send(rendered: str, outgoing: Outgoing) -> Sent | str:
    return base.send(Channel.SMS, rendered, outgoing)


def _send_sms(rendered: str, outgoing: Outgoing) -> Sent:
    account = base.account_of(outgoing)
    if account.fields["token"] == BROKEN:
        raise ChannelError("carrier: 401 wrong token", permanent=True, provider_fault=True)
    sent.append((account.key, rendered))
    return Sent("accepted by the carrier", reference=f"sms-{outgoing.delivery_id}")


def _connect(account: Account, origin: str) -> str:
    if BROKEN in account.fields.values():
        raise ChannelError("401 wrong token", permanent=True, provider_fault=True)
    return f"The carrier knows {account.fields['number']}."


KIND = Kind(
    key="carrier",
    label="Carrier",
    sends={Channel.SMS: _send_sms},
    fields=(
        Field("number", "Sender number", "Bought at the carrier", env="CARRIER_NUMBER"),
        Field("token", "Token", "Shown once", secret=True, env="CARRIER_TOKEN"),
        Field("extra", "Second token", secret=True, required=False),
        Field(
            "region",
            "Region",
            required=False,
            default="eu",
            choices=(("eu", "Europe"), ("us", "America")),
        ),
    ),
    guide="providers/carrier.md",
    connect=_connect,
)
