"""Tells the subscribers of settings.DELIVERY_SUBSCRIBERS what became of deliveries, each once."""

from datetime import datetime

from django.conf import settings

from core import fanout
from core.fanout import TRIES
from notifications.models import DeliveryEvent

__all__ = ["TRIES", "publish_due"]


def publish_due(now: datetime, limit: int = 200) -> int:
    """Publishes up to `limit` events, oldest first; returns how many."""
    rows = DeliveryEvent.objects.select_related("delivery__user")
    rows = rows.defer("delivery__message", "delivery__secret")
    return fanout.publish(rows, settings.DELIVERY_SUBSCRIBERS, now=now, limit=limit)
