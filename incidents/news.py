"""Subscriber: tells everyone who was paged, once and quietly, that it is over.

A notification that stands on a device would go on asking: it is replaced too, without a sound.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from accounts.models import User
from core import language
from incidents import concern, messages
from incidents.domain.marks import NEWS
from incidents.models import BundleKind, BundleMember, EventType, IncidentEvent, Urgency
from incidents.shield.admit import Ask, gathered
from incidents.shield.departure import close_finished
from notifications import commands as notifications
from notifications.models import Delivery
from services import queries as services

FEW_CLOCKS = 3  # so many are told singly
URGENT_FIRST = [urgency.value for urgency in Urgency]
STATES = {EventType.ACKNOWLEDGED: "acknowledged", EventType.RESOLVED: "resolved"}


def tell_those_paged(events: Sequence[IncidentEvent], now: datetime) -> None:
    """Whoever did it is not told. The page key makes it once per run, whatever comes first.

    Where many are over at once, the storm shield gathers the news of one service into one message.
    """
    over = [event for event in events if EventType(event.type) in STATES]
    paged = concern.people_paged([event.incident for event in over])
    asks = {
        (ask.incident.pk, ask.page_key): ask
        for event in over
        for ask in _asks(event, paged.get(event.incident_id, ()))
    }
    for told in _told_already(asks):
        asks.pop(told, None)
    for ask in gathered(BundleKind.NEWS, list(asks.values()), now):
        del asks[ask.incident.pk, ask.page_key]
    for event in over:
        _tell(event, [ask for ask in asks.values() if ask.incident is event.incident], now)
    close_finished({event.incident_id for event in over}, now)


def _asks(event: IncidentEvent, paged: Iterable[User]) -> list[Ask]:
    incident = event.incident
    return [
        Ask(incident, user, f"over.{incident.run}.{user.pk}", "LOW", may_wait=True)
        for user in paged
        if user.public_id != event.actor_id
    ]


def _told_already(keys: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Who takes an incident and then resolves it is news once."""
    if not keys:
        return set()
    ids, marks = {incident for incident, _ in keys}, {mark for _, mark in keys}
    sent = Delivery.objects.filter(subject_kind=NEWS, subject_id__in=ids, page_key__in=marks)
    members = BundleMember.objects.filter(incident__in=ids, page_key__in=marks)
    return {
        *sent.values_list("subject_id", "page_key"),
        *members.values_list("incident_id", "page_key"),
    }


def _tell(event: IncidentEvent, asks: Sequence[Ask], now: datetime) -> None:
    incident, state = event.incident, STATES[EventType(event.type)]
    who = event.actor_label if event.actor_type == "user" else ""
    mine = {ask.user.pk: language.resolve(ask.user.language) for ask in asks}
    said = {
        code: messages.over_message(incident, state, who, now=now, code=code)
        for code in {language.resolve(""), *mine.values()}
    }
    requests = [
        notifications.PageRequest(
            subject_kind=NEWS,
            subject_id=incident.pk,
            page_key=ask.page_key,
            user=ask.user,
            message=said[mine[ask.user.pk]],
            urgency="LOW",
            rank=9,
            quiet=True,
            may_wait=True,
            about=incident.urgency,
        )
        for ask in asks
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
    """Subscriber: clocks run out, or have; each told once, as loud as its incident is urgent.

    Many at once are one message to each person: in a storm everything is late together.
    """
    mine: dict[User, list[IncidentEvent]] = {}
    loud = _told_of(events)
    asked = [(event.incident, event.type == EventType.SLA_BREACHED) for event in loud]
    for event, people in zip(loud, concern.by_clocks(asked) if asked else [], strict=True):
        for user in people:
            mine.setdefault(user, []).append(event)
    requests = [
        _of_clocks(user, part)
        for user, heard in mine.items()
        for part in ([heard] if len(heard) > FEW_CLOCKS else [[event] for event in heard])
    ]
    if requests:
        notifications.enqueue(requests, now=now)


def _told_of(events: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """A warning that comes after the end is only on record: the breach says it all."""
    news = [
        one
        for one in events
        if one.type == EventType.SLA_BREACHED
        or (one.type == EventType.SLA_WARNING and not one.details.get("late"))
    ]
    if not news:
        return []
    levels = services.levels_of({one.incident.service_id for one in news})
    return [one for one in news if levels[one.incident.service_id].tells_people]


def _of_clocks(user: User, events: Sequence[IncidentEvent]) -> notifications.PageRequest:
    first = events[0]
    return notifications.PageRequest(
        subject_kind=NEWS,
        subject_id=first.incident_id,
        page_key=f"sla.{first.pk}.{user.pk}",
        user=user,
        message=messages.clock_message(events, user),
        urgency=min((event.incident.urgency for event in events), key=URGENT_FIRST.index),
        rank=5,
        may_wait=True,
    )
