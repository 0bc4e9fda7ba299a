"""Tells the subscribers of settings.INCIDENT_SUBSCRIBERS what happened to incidents, each once."""

from datetime import datetime

from django.conf import settings

from core import fanout
from core.portions import Portion
from incidents.models import IncidentEvent

PORTION = Portion()


def publish_due(now: datetime, limit: int | None = None) -> int:
    """Publishes events, oldest first: `limit`, or what fits into a second; returns how many."""
    rows = IncidentEvent.objects.select_related("incident__service", "incident__assignee")

    def some(most: int) -> int:
        return fanout.publish(rows, settings.INCIDENT_SUBSCRIBERS, now=now, limit=most)

    return PORTION.timed(some) if limit is None else some(limit)
