"""Tells the subscribers of settings.INCIDENT_SUBSCRIBERS what happened to incidents, each once."""

from datetime import datetime

from django.conf import settings

from core import fanout
from incidents.models import IncidentEvent


def publish_due(now: datetime, limit: int = 200) -> int:
    """Publishes up to `limit` events, oldest first; returns how many."""
    rows = IncidentEvent.objects.select_related("incident__service", "incident__assignee")
    return fanout.publish(rows, settings.INCIDENT_SUBSCRIBERS, now=now, limit=limit)
