"""Tells the subscribers of settings.DELIVERY_SUBSCRIBERS what became of deliveries, each once."""

from datetime import datetime

from django.conf import settings

from core import fanout
from core.fanout import TRIES
from core.portions import Portion
from notifications.models import DeliveryEvent

__all__ = ["TRIES", "publish_due"]


PORTION = Portion()


def publish_due(now: datetime, limit: int | None = None) -> int:
    """Publishes events, oldest first: `limit`, or what fits into a second; returns how many."""
    rows = DeliveryEvent.objects.select_related("delivery__user")
    rows = rows.defer("delivery__message", "delivery__secret")

    def some(most: int) -> int:
        return fanout.publish(rows, settings.DELIVERY_SUBSCRIBERS, now=now, limit=most)

    return PORTION.timed(some) if limit is None else some(limit)
