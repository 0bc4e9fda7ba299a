"""Subscribers for tests, named by dotted path in the settings."""

from collections.abc import Sequence
from datetime import datetime

from notifications.commands import notify
from notifications.models import DeliveryEvent

heard: list[tuple[str, int]] = []


def note(events: Sequence[DeliveryEvent], now: datetime) -> None:
    heard.extend(("note", event.pk) for event in events)


def write_and_fail_on_failures(events: Sequence[DeliveryEvent], now: datetime) -> None:
    """Writes a row for each event, and breaks on failed deliveries after writing."""
    for event in events:
        notify([event.delivery.user], key=f"event.{event.pk}", title="heard", now=now)
        if event.outcome == "failed":
            raise RuntimeError("cannot cope with failures")
        heard.append(("write", event.pk))
