"""What every channel shares: what it is given, what it may raise. No database in here.

A channel module has `render(message)`, pure; `send(rendered, outgoing)`, which returns a short
detail or Sent, or raises ChannelError within retry.ATTEMPT_SECONDS; and `provider(address)`, the
bulkhead where no account is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

from django.conf import settings

from notifications.domain.words import Outcome


class ChannelError(Exception):
    """The message did not get through.

    `permanent`: trying the same again is pointless. `retry_after`: seconds the provider asked
    for. `maybe_sent`: the provider may have taken it, so a repetition may be a duplicate.
    `answer`: how the provider's answer began. `unsent`: what to keep in the outbox.
    `provider_fault`: the account or its provider is to blame, so another one may do better; by
    default everything that is not permanent. A bad address is not the provider's fault.
    `throttled`: too many at once through this account, so `retry_after` is meant for all of it.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        maybe_sent: bool = False,
        answer: str = "",
        outcome: Outcome = Outcome.FAILED,
        unsent: "UnsentMail | None" = None,
        provider_fault: bool | None = None,
        throttled: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.maybe_sent = maybe_sent
        self.answer = answer
        self.outcome = outcome
        self.unsent = unsent
        self.throttled = throttled
        self.provider_fault = not permanent if provider_fault is None else provider_fault


@dataclass(frozen=True, slots=True)
class UnsentMail:
    """A mail for the outbox page."""

    to: str
    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail leaves (`url` "" = nowhere) and whom it comes from; read by the caller.

    `reply_domain`: where answers to pages are taken; "" when nowhere.
    """

    url: str = ""
    sender: str = "OpsKnight <opsknight@localhost>"
    reply_domain: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account as a worker thread sees it: values only, secrets in clear.

    `key` is its public id, which is bulkhead and health key too; `fields` are those that its
    kind asks for (notifications.providers).
    """

    kind: str
    key: str
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a provider said when it took a message. `reference`: its name for it, if any."""

    detail: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery as a worker thread sees it: values only. `number` counts the attempts.

    `account`: the provider account to use, where the channel needs one. `origin`: the public
    address of this installation, under which providers call back; "" when it is not known.
    """

    delivery_id: int
    address: str
    secret: str = ""
    number: int = 1
    subject_kind: str = ""
    subject_id: int = 0
    mail: MailSettings = MailSettings()
    account: Account | None = None
    origin: str = ""


def module(channel: str) -> ModuleType:
    """The module of settings.CHANNELS. Raises KeyError for a channel nobody implements."""
    return import_module(settings.CHANNELS[channel])
