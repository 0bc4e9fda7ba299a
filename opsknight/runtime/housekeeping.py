"""Small looks and sweeps of the ticker that belong to no app."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django_q.models import Failure

from core import fanout, rate
from incidents.models import IncidentEvent
from notifications.models import DeliveryEvent

FAILED_TASKS_KEPT = timedelta(days=14)


def oldest_incident_event(now: datetime) -> int | None:
    """The oldest timeline event that was not published yet and is not kept for a later try."""
    rows = IncidentEvent.objects.filter(fanout.ripe(now), published_at=None).order_by("pk")
    return rows.values_list("pk", flat=True).first()


def oldest_delivery_event(now: datetime) -> int | None:
    """The oldest fate of a delivery that was not published yet and is not kept for a later try."""
    rows = DeliveryEvent.objects.filter(fanout.ripe(now), published_at=None).order_by("pk")
    return rows.values_list("pk", flat=True).first()


def prune_rate_buckets(now: datetime) -> None:
    """Windows that ended long ago."""
    rate.prune(now.timestamp())


def prune_sessions(now: datetime) -> None:
    """Sessions that expired."""
    Session.objects.filter(expire_date__lt=now).delete()


def prune_failed_tasks(now: datetime) -> None:
    """The job queue keeps every failure for ever; two weeks are enough to look at them."""
    Failure.objects.filter(stopped__lt=now - FAILED_TASKS_KEPT).delete()
