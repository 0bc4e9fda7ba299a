"""Subscriber: tells everyone who was paged, once and quietly, that it is over.

A notification that stands on a device would go on asking: it is replaced too, without a sound.
"""

from collections.abc import Sequence
from datetime import datetime

from core import language
from incidents import messages, queries
from incidents.models import EventType, IncidentEvent
from notifications import commands as notifications
from services import queries as services

NEWS = "incident-news"
STATES = {EventType.ACKNOWLEDGED: "acknowledged", EventType.RESOLVED: "resolved"}


def tell_those_paged(events: Sequence[IncidentEvent], now: datetime) -> None:
    """Whoever did it is not told. The page key makes it once per run, whatever comes first."""
    for event in events:
        state = STATES.get(EventType(event.type))
        if state is not None:
            _tell(event, state, now)


def _tell(event: IncidentEvent, state: str, now: datetime) -> None:
    incident = event.incident
    people = [user for user in queries.people_paged(incident) if user.public_id != event.actor_id]
    who = event.actor_label if event.actor_type == "user" else ""
    mine = {user.pk: language.resolve(user.language) for user in people}
    said = {
        code: messages.over_message(incident, state, who, now=now, code=code)
        for code in {language.resolve(""), *mine.values()}
    }
    requests = [
        notifications.PageRequest(
            subject_kind=NEWS,
            subject_id=incident.pk,
            page_key=f"over.{incident.run}.{user.pk}",
            user=user,
            message=said[mine[user.pk]],
            urgency="LOW",
            rank=9,
            quiet=True,
            may_wait=True,
        )
        for user in people
    ]
    told = notifications.enqueue(requests, now=now) if requests else []
    notifications.close_pushes(
        ("incident", incident.pk, f"{incident.run}."),
        (NEWS, f"closed.{incident.run}"),
        said,
        but=[row.contact_method_id for row in told if row.contact_method_id],
        now=now,
    )


def tell_of_service_level(events: Sequence[IncidentEvent], now: datetime) -> None:
    """Subscriber: a clock runs out, or has; each told once, as loud as the incident is urgent."""
    for event in events:
        if event.type in (EventType.SLA_WARNING, EventType.SLA_BREACHED):
            _tell_of_clock(event, now)


def _tell_of_clock(event: IncidentEvent, now: datetime) -> None:
    """A warning that comes after the end is only on record: the breach says it all."""
    incident = event.incident
    warning = event.type == EventType.SLA_WARNING
    level = services.level_of(incident.service)
    if not level.tells_people or (warning and event.details.get("late")):
        return
    requests = [
        notifications.PageRequest(
            subject_kind=NEWS,
            subject_id=incident.pk,
            page_key=f"sla.{event.pk}.{user.pk}",
            user=user,
            message=messages.clock_message(event, user),
            urgency=incident.urgency,
            rank=5,
            may_wait=True,
        )
        for user in queries.concerned_by_clocks(incident, breached=not warning)
    ]
    if requests:
        notifications.enqueue(requests, now=now)
