"""A real message through one provider account, to see whether it works before it has to."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from core import config, language, rate
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from notifications import accounts, queries
from notifications.channels.base import Account, ChannelError
from notifications.domain import addresses
from notifications.domain.message import Message
from notifications.models import Channel, ContactMethod, Delivery, Provider, Urgency
from notifications.providers.base import kinds

TESTS = 20  # per admin in TEST_WINDOW seconds: each may cost money
TEST_WINDOW = 600


def send_provider_test(
    account: Provider,
    channel: str,
    *,
    user: User,
    by: Actor,
    now: datetime,
    method: ContactMethod | None = None,
    address: str = "",
) -> Delivery:
    """Queues a message pinned to this account, to a way of the admin or to an address.

    Raises ValidationFailed for a channel or address that does not fit, Conflict when asked too
    often.
    """
    kind = kinds().get(account.kind)
    if kind is None or channel not in kind.sends:
        raise ValidationFailed("This account does not send by that channel", field="channel")
    if method is not None and (method.user_id != user.pk or method.channel != channel):
        raise ValidationFailed("That is not your way to be reached", field="method")
    where = method.address if method else _checked(channel, address)
    verdict = rate.hit(f"test-provider:{user.pk}", TESTS, now=now.timestamp(), seconds=TEST_WINDOW)
    if not verdict.allowed:
        raise Conflict(f"Too many tests. Try again in {verdict.reset // 60 + 1} minutes.")
    return Delivery.objects.create(
        subject_kind=queries.PROVIDER_TEST,
        subject_id=account.pk,
        page_key=f"test.{now.timestamp():.6f}",
        target_key=method.public_id if method else f"address:{channel}",
        user=user,
        contact_method=method,
        channel=channel,
        address=where,
        secret=method.secret if method else "",
        provider=account.public_id,
        message=_message(account, kind.label, channel, by, user).to_json(),
        rank=0,
        next_attempt_at=now,
        planned_at=now,
        created_at=now,
    )


def connect_provider(account: Provider) -> str:
    """Lets the vendor check the credentials and tells it where to call; "" for a kind without that.

    Speaks to the vendor, so never in a transaction. Raises Conflict with what it said.
    """
    kind = kinds().get(account.kind)
    if kind is None or kind.connect is None or not account.enabled:
        return ""
    held = Account(account.kind, account.public_id, accounts.fields_of(account))
    try:
        return kind.connect(held, config.public_url())
    except ChannelError as error:
        raise Conflict(f"{kind.label}: {error.reason}") from error


def _message(account: Provider, label: str, channel: str, by: Actor, user: User) -> Message:
    spoken = language.resolve(user.language)
    with language.speaking(spoken):
        way = _(str(Channel(channel).label))
        return Message(
            kind="test",
            subject_id=account.public_id,
            title=_("Test: {account} can reach you").format(account=account.label or label),
            facts=((_("Asked for by"), by.label), (_("Channel"), way)),
            body=_("Nothing is broken. An admin tests whether messages arrive this way."),
            url=config.absolute("/settings/providers/"),
            urgency=Urgency.LOW,
            tag=_("test"),
            language=spoken,
        )


def _checked(channel: str, address: str) -> str:
    try:
        return addresses.checked(channel, address)
    except ValueError as error:
        raise ValidationFailed(str(error), field="address") from error
