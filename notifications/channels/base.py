"""What every channel shares: what it is given, what it may raise. No database in here.

A channel module has `render(message)`, pure; `send(rendered, outgoing)`, which returns a short
detail or raises ChannelError within retry.ATTEMPT_SECONDS; and `provider(address)`, the bulkhead.
"""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from django.conf import settings

from notifications.domain.words import Outcome


class ChannelError(Exception):
    """The message did not get through.

    `permanent`: trying the same again is pointless. `retry_after`: seconds the provider asked
    for. `maybe_sent`: the provider may have taken it, so a repetition may be a duplicate.
    `answer`: how the provider's answer began. `unsent`: what to keep in the outbox.
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
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.maybe_sent = maybe_sent
        self.answer = answer
        self.outcome = outcome
        self.unsent = unsent


@dataclass(frozen=True, slots=True)
class UnsentMail:
    """A mail for the outbox page."""

    to: str
    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail leaves (`url` "" = nowhere) and whom it comes from; read by the caller."""

    url: str = ""
    sender: str = "OpsKnight <opsknight@localhost>"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery as a worker thread sees it: values only. `number` counts the attempts."""

    delivery_id: int
    address: str
    secret: str = ""
    number: int = 1
    subject_kind: str = ""
    subject_id: int = 0
    mail: MailSettings = MailSettings()


def module(channel: str) -> ModuleType:
    """The module of settings.CHANNELS. Raises KeyError for a channel nobody implements."""
    return import_module(settings.CHANNELS[channel])
