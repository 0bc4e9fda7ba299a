"""Subscribers for tests, named by dotted path in the settings."""

from datetime import datetime

from notifications.commands import notify
from notifications.models import DeliveryEvent

heard: list[tuple[str, int]] = []


def note(event: DeliveryEvent, now: datetime) -> None:
    heard.append(("note", event.pk))


def write_and_fail_on_failures(event: DeliveryEvent, now: datetime) -> None:
    """Writes a row for each event, and breaks on failed deliveries after writing."""
    notify([event.delivery.user], key=f"event.{event.pk}", title="heard", now=now)
    if event.outcome == "failed":
        raise RuntimeError("cannot cope with failures")
    heard.append(("write", event.pk))
