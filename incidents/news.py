"""Subscriber: tells everyone who was paged, once and quietly, that it is over."""

from collections.abc import Sequence
from datetime import datetime

from incidents import messages, queries
from incidents.models import EventType, IncidentEvent
from notifications import commands as notifications

WORDS = {EventType.ACKNOWLEDGED: "Acknowledged", EventType.RESOLVED: "Resolved"}


def tell_those_paged(events: Sequence[IncidentEvent], now: datetime) -> None:
    """Whoever did it is not told. The page key makes it once per run, whatever comes first."""
    for event in events:
        word = WORDS.get(EventType(event.type))
        if word is not None:
            _tell(event, word, now)


def _tell(event: IncidentEvent, word: str, now: datetime) -> None:
    incident = event.incident
    people = [user for user in queries.people_paged(incident) if user.public_id != event.actor_id]
    who = event.actor_label if event.actor_type == "user" else ""
    requests = [
        notifications.PageRequest(
            subject_kind="incident-news",
            subject_id=incident.pk,
            page_key=f"over.{incident.run}.{user.pk}",
            user=user,
            message=messages.over_message(incident, word, who, now=now),
            urgency="LOW",
            rank=9,
            quiet=True,
        )
        for user in people
    ]
    if requests:
        notifications.enqueue(requests, now=now)
