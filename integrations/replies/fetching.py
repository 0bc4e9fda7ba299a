"""Answers that are fetched: vendors cannot call an installation without a public address.

Receipts of alarms are asked for in any case, because a callback that is lost comes only once.
"""

import logging
from datetime import datetime
from typing import Any

from core import rate
from core.database import AWAY
from integrations.replies import pushover, telegram
from notifications.commands import alarms, chats, vendors

log = logging.getLogger(__name__)

ROUNDS = 5  # batches of one bot in one go
AT_ONCE = 20  # alarms asked for in one go
PAUSE_SECONDS = 60  # after a bot did not answer
RECEIPT_SECONDS = 5  # between two questions about one receipt, as Pushover asks for


def waits(now: datetime) -> int | None:
    """Whether there is anything to ask a vendor for: 1, or None."""
    return 1 if chats.fetching() or alarms.ringing(now).exists() else None


def fetch(now: datetime) -> int:
    """Asks the vendors; returns how many answers were dealt with. Harmless to repeat."""
    bots = sum(_updates(account, now) for account in chats.fetching())
    return bots + _receipts(now)


def _updates(account: Any, now: datetime) -> int:
    """What waits at Telegram, in batches; asking for the next one confirms the last."""
    at, trouble = now.timestamp(), f"telegram-trouble:{account.key}"
    if rate.peek(trouble, now=at, seconds=PAUSE_SECONDS):
        return 0
    total, after = 0, None
    for _ in range(ROUNDS):
        updates = chats.fetch(account, after)
        if updates is None:
            rate.hit(trouble, 1, now=at, seconds=PAUSE_SECONDS)
            break
        for update in updates:
            _take(account, update, now)
        numbers = [one["update_id"] for one in updates if isinstance(one.get("update_id"), int)]
        if not numbers:
            break
        after, total = max(numbers), total + len(numbers)
    return total


def _take(account: Any, update: dict[str, Any], now: datetime) -> None:
    """One update that cannot be dealt with must not stand in the way of all later ones."""
    try:
        telegram.take(account, update, now=now)
    except AWAY:
        raise
    except Exception:
        log.exception("update %s of a Telegram bot is given up", update.get("update_id"))


def _receipts(now: datetime) -> int:
    total = 0
    for delivery in alarms.ringing(now).order_by("?")[:AT_ONCE]:
        account = vendors.account(delivery.provider, ("pushover",))
        asked = rate.hit(f"receipt:{delivery.pk}", 1, now=now.timestamp(), seconds=RECEIPT_SECONDS)
        if account is not None and asked.allowed:
            total += pushover.settle(account, delivery, now=now)
    return total
