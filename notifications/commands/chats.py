"""Chats with the Telegram bot: whose they are, what their buttons mean, what the bot says."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.crypto import constant_time_compare

from accounts.models import User
from audit import commands as audit
from core import config
from notifications import links
from notifications.channels.base import Account, ChannelError
from notifications.commands import vendors
from notifications.domain.text import one_line
from notifications.models import Channel, ContactMethod, Delivery
from notifications.providers import telegram

log = logging.getLogger(__name__)

KIND = "telegram"
LINK_LIFETIME = links.LINK_LIFETIME
ANSWER_LENGTH = 200  # of the words that a phone shows after a press
FETCH_SECONDS = 6.0


def is_genuine(account: Account, secret: str) -> bool:
    """Whether a call carries the secret that was given to Telegram for this account."""
    expected = links.webhook_secret(account.key, account.fields["token"])
    return constant_time_compare(secret.encode(), expected.encode())


def link_of(user: User, now: datetime) -> str:
    """The address that opens the bot and brings the code back; "" when there is no bot."""
    bots = vendors.enabled(KIND)
    if not bots:
        return ""
    name = bots[0].fields["username"].removeprefix("@")
    return f"https://t.me/{name}?start={links.chat_code(user, now)}"


def link_chat(code: str, chat: int, name: str, *, now: datetime) -> ContactMethod | None:
    """Makes the chat a verified way to reach whoever asked for the code; None for a bad code."""
    person = links.person_of_chat_code(code, now)
    if person is None:
        return None
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if links.person_of_chat_code(code, now) is None:
            return None  # used a moment ago
        last = ContactMethod.objects.filter(user=person).aggregate(last=Max("position"))["last"]
        method, _ = ContactMethod.objects.get_or_create(
            user=person,
            channel=Channel.TELEGRAM,
            address=str(chat),
            defaults={"label": one_line(name, 60), "position": (last or 0) + 1},
        )
        method.verified_at, method.enabled = now, True
        method.save(update_fields=["verified_at", "enabled"])
        audit.record(
            "contact_method.verified",
            by=person.as_actor("telegram"),
            now=now,
            target_type="contact_method",
            target_id=method.public_id,
            target_label=str(method),
        )
    return method


def pressed(data: str, chat: int) -> tuple[str, Delivery] | None:
    """(verb, delivery) of a button pressed in the chat it was sent to; None for anything else."""
    said = links.button_of(data)
    if said is None:
        return None
    verb, number = said
    row = Delivery.objects.select_related("user").filter(pk=number, channel=Channel.TELEGRAM)
    delivery = row.defer("message", "secret").first()
    if delivery is None or delivery.user is None or delivery.address != str(chat):
        return None
    if not links.is_button(data, verb, delivery.pk, delivery.address):
        return None
    proven = ContactMethod.objects.filter(
        user=delivery.user, channel=Channel.TELEGRAM, address=str(chat), verified_at__isnull=False
    )
    return (verb, delivery) if proven.exists() else None


def say(account: Account, chat: int, text: str) -> None:
    """A line of the bot. That it does not arrive is no fault of what it tells about."""
    _try(account, "sendMessage", chat_id=chat, text=text)


def answer(account: Account, query: str, text: str, *, loud: bool = False) -> None:
    """What the phone shows after a press; `loud` waits for an OK."""
    short = one_line(text, ANSWER_LENGTH)
    _try(account, "answerCallbackQuery", callback_query_id=query, text=short, show_alert=loud)


def fetching() -> list[Account]:
    """The bots whose updates are not sent to us, because there is no public https address."""
    return [] if telegram.takes_calls(config.public_url()) else vendors.enabled(KIND)


def fetch(account: Account, after: int | None) -> list[dict[str, Any]] | None:
    """Updates that wait, None when Telegram does not give them.

    `after` is the last one dealt with: Telegram forgets it and those before.
    """
    offset = {} if after is None else {"offset": after + 1}
    try:
        found = telegram.api(
            account,
            "getUpdates",
            seconds=FETCH_SECONDS,
            timeout=0,
            allowed_updates=telegram.UPDATES,
            **offset,
        )
    except ChannelError as error:
        log.warning("the updates of Telegram bot %s are not fetched: %s", account.key, error.reason)
        return None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _try(account: Account, method: str, **payload: Any) -> None:
    try:
        telegram.api(account, method, seconds=4.0, **payload)
    except ChannelError as error:
        log.warning("Telegram bot %s could not answer: %s", account.key, error.reason)
