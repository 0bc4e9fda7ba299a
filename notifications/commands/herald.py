"""A message to people by every way they have, now and from here: no row, no queue, no sender.

For what cannot be trusted to the parts that it is about. Ways are read while the database answers;
telling needs no database.
"""

import logging
import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from core import config
from notifications import accounts
from notifications.channels import base
from notifications.channels.base import Account, ChannelError, MailSettings, Outgoing
from notifications.commands.methods import ensure_default_methods
from notifications.domain.message import Message
from notifications.domain.retry import ATTEMPT_SECONDS
from notifications.domain.words import Channel

log = logging.getLogger("opsknight.watch")

SUBJECT = "alarm"
MOST_ACCOUNTS = 2  # tried one after the other
PATIENCE_SECONDS = (MOST_ACCOUNTS + 1) * ATTEMPT_SECONDS
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Way:
    """One address of one person, or a receiver that the installation names: values only."""

    label: str
    channel: str
    address: str
    secret: str = field(default="", repr=False)
    accounts: tuple[Account | None, ...] = (None,)
    mail: MailSettings = field(default_factory=MailSettings)
    origin: str = ""


def ways_of(people: Sequence[User], hooks: Iterable[str], now: datetime) -> list[Way]:
    """Every way that is switched on, and the mail address of whoever has none."""
    mail = MailSettings(config.get("email_url"), config.get("mail_from"))
    origin = str(config.get("public_url"))
    found = [Way(f"webhook {url}", Channel.WEBHOOK, url) for url in hooks]
    methods = ensure_default_methods(people) if people else {}
    for person in people:
        usable = [row for row in methods[person.pk] if row.enabled and row.channel != "IN_APP"]
        targets = [(row.channel, row.address, row.secret) for row in usable]
        for channel, address, secret in targets or [(Channel.EMAIL, person.email, "")]:
            through = _accounts(channel, address, mail, now)
            label = f"{person}: {Channel(channel).replace('_', ' ').lower()}"
            found.append(Way(label, channel, address, secret, through, mail, origin))
    return found


def _accounts(
    channel: str, address: str, mail: MailSettings, now: datetime
) -> tuple[Account | None, ...]:
    """Those to try in turn; None: the channel goes without one."""
    able = [one.account for one in accounts.candidates(channel, now)[:MOST_ACCOUNTS]]
    own = base.module(channel).provider(address)
    direct: list[Account | None] = [None] if own and (channel != Channel.EMAIL or mail.url) else []
    return (*able, *direct)


def tell(ways: Sequence[Way], message: Message) -> dict[str, str]:
    """By all ways at once; label -> what went wrong, "" where it was accepted. Never raises."""
    if not ways:
        return {}
    pool = ThreadPoolExecutor(max_workers=min(AT_ONCE, len(ways)))
    tries = {pool.submit(_try, way, message): way for way in ways}
    done, late = wait(tries, timeout=PATIENCE_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return {tries[one].label: _fault(one) if one in done else "no end" for one in {*done, *late}}


def _try(way: Way, message: Message) -> str:
    """What the last account said against it; "" when one took it."""
    fault = "no account serves this channel"
    for account in way.accounts:
        outgoing = Outgoing(
            delivery_id=secrets.randbits(62),  # of no delivery, only another each time
            address=way.address,
            secret=way.secret,
            subject_kind=SUBJECT,
            mail=way.mail,
            account=account,
            origin=way.origin,
        )
        try:
            channel = base.module(way.channel)
            channel.send(channel.render(message), outgoing)
        except ChannelError as error:
            fault = error.reason
        else:
            return ""
    return fault


def _fault(done: Future[str]) -> str:
    error = done.exception()
    if error is None:
        return done.result()
    log.error("an alarm could not be sent", exc_info=error)
    return type(error).__name__
