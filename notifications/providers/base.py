"""What a provider module declares: its settings, the channels it serves, how it sends on each.

`settings.PROVIDERS` names the modules; each has `KIND`. No database in here: a worker thread
calls the senders with values only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings

from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.domain.words import Channel

NO_ACCOUNT = "no provider is set up for this channel"

Send = Callable[[Any, Outgoing], Sent | str]


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of an account. `secret` ones are never shown again; `env`: a variable that wins.

    `choices` are (value, label); `hint` says where the value is found; `lines`: it has several.
    `leads`: secrets are sent to where it says, so that a change of it takes them anew. `begins`:
    every value does; one that begins otherwise is some other number of the same vendor.
    """

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    env: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    lines: bool = False
    leads: bool = False
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of provider. `sends`: how it sends per channel; `guide`: a page below docs/guide.

    `connect(account, origin)` is called after an account is saved: it checks the credentials and
    tells the vendor where to call. It returns a sentence for the admin or raises ChannelError.
    `per_minute`: the limit of a new account, where the vendor documents one; 0 for none.
    """

    key: str
    label: str
    sends: Mapping[Channel, Send]
    fields: tuple[Field, ...] = field(default=())
    guide: str = ""
    connect: Callable[[Account, str], str] | None = None
    per_minute: int = 0


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by key, in the order of settings.PROVIDERS."""
    return {key: import_module(path).KIND for key, path in settings.PROVIDERS.items()}


def kinds_for(channel: str) -> list[str]:
    """Keys of the kinds that can send on a channel; empty when it needs no account."""
    return [key for key, kind in kinds().items() if channel in kind.sends]


def send(channel: Channel, rendered: Any, outgoing: Outgoing) -> Sent | str:
    """Sends through the account chosen for this delivery. Raises ChannelError."""
    account = outgoing.account
    if account is None:
        raise ChannelError(NO_ACCOUNT, permanent=True, provider_fault=True)
    return kinds()[account.kind].sends[channel](rendered, outgoing)


def account_of(outgoing: Outgoing) -> Account:
    """The account of a delivery that has one. Raises ChannelError."""
    if outgoing.account is None:
        raise ChannelError(NO_ACCOUNT, permanent=True, provider_fault=True)
    return outgoing.account
