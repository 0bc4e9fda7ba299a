"""Watchers are told, quietly: what happens within a minute is one message for each of them.

The subscriber writes down who has to hear of what; an errand puts together what is a minute old.
Whether somebody may still see an incident is asked when the message is written, and again right
before it is sent, because quiet hours may lie between.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import User, UserStatus
from core.database import AWAY
from incidents import messages, queries
from incidents.domain import watching
from incidents.models import EventType, Incident, IncidentEvent, WatchedChange
from notifications import commands as notifications
from notifications.models import Delivery

log = logging.getLogger("opsknight.watching")

SUBJECT = "watch"
GATHER = timedelta(seconds=60)
PEOPLE = 50  # told by one call
CHANGES = 1000  # of one person in one message
Lines = list[tuple[Incident, str]]


def note_changes(events: Sequence[IncidentEvent], now: datetime) -> None:
    """Subscriber: a few queries for a whole batch, and rows only where somebody watches."""
    news = [event for event in events if watching.is_news(event.type, event.details)]
    pairs = [*_heard(news), *_added(events)]
    rows = [WatchedChange(user_id=user, event=event, at=now) for event, user in pairs]
    WatchedChange.objects.bulk_create(rows, ignore_conflicts=True)


def _heard(events: Sequence[IncidentEvent]) -> Iterator[tuple[IncidentEvent, int]]:
    """Each event with everybody who hears of it: never the one who did it, nobody disabled."""
    if not events:
        return
    of_incident = queries.watches(
        {event.incident_id: event.incident.service_id for event in events}
    )
    for event in events:
        for watch in of_incident[event.incident_id]:
            own = watch.user.public_id == event.actor_id
            disabled = watch.user.status == UserStatus.DISABLED
            if not (own or disabled) and watching.hears(watch.role, event.type, event.details):
                yield event, watch.user.pk


def _added(events: Sequence[IncidentEvent]) -> Iterator[tuple[IncidentEvent, int]]:
    """Whom somebody else made a watcher."""
    added = {
        event: event.details.get("user_id")
        for event in events
        if event.type == EventType.WATCHER_ADDED and event.details.get("user_id") != event.actor_id
    }
    people = User.objects.pageable().filter(public_id__in=set(added.values())) if added else ()
    keys = {user.public_id: user.pk for user in people}
    yield from ((event, keys[who]) for event, who in added.items() if who in keys)


def oldest_change_due(now: datetime) -> int | None:
    """Something that a watcher is to be told of now, or None."""
    return _due(now).order_by("pk").values_list("pk", flat=True).first()


def tell_watchers(now: datetime) -> int:
    """One message for each person of whom a change is a minute old; returns how many."""
    due = _due(now).order_by("user_id").values_list("user_id", flat=True).distinct()
    told = 0
    for user in list(due[:PEOPLE]):
        try:
            told += _tell(user, now)
        except AWAY:
            raise
        except Exception:
            log.exception("user %d cannot be told what happened to watched incidents", user)
    return told


def _due(now: datetime) -> QuerySet[WatchedChange]:
    """A minute old, or written by a clock that was ahead."""
    return WatchedChange.objects.filter(Q(at__lte=now - GATHER) | Q(at__gt=now + GATHER))


def _tell(user_pk: int, now: datetime) -> int:
    """Whatever waits for this person is taken, whoever else tries the same; 1 when told."""
    with transaction.atomic():
        rows = WatchedChange.objects.filter(user_id=user_pk).order_by("event_id")
        skip = connection.features.has_select_for_update_skip_locked
        rows = rows.select_for_update(skip_locked=skip, of=("self",))
        rows = rows.select_related("event__incident__service", "event__incident__assignee")
        changes = list(rows[:CHANGES])
        WatchedChange.objects.filter(pk__in=[row.pk for row in changes]).delete()
        user = User.objects.pageable().filter(pk=user_pk).first()
        events = _wanted(user, [row.event for row in changes]) if user else []
        if user is None or not events:
            return 0
        lines = _lines(events)
        notifications.enqueue(
            [
                notifications.PageRequest(
                    subject_kind=SUBJECT,
                    subject_id=user.pk,
                    page_key=f"{events[0].pk}-{events[-1].pk}",
                    user=user,
                    message=messages.watch_message(lines, user),
                    urgency="LOW",
                    rank=9,
                    quiet=True,
                    may_wait=True,
                )
            ],
            now=now,
        )
    return 1


def _wanted(user: User, events: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """What the person may still see, and was not told as one who was paged."""
    ids = {event.incident_id for event in events}
    seen = set(queries.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    paged = queries.paged_in_present_run(user, ids)
    return [
        event
        for event in events
        if event.incident_id in seen
        and not (event.incident_id in paged and event.type in watching.TOLD_TO_THOSE_PAGED)
    ]


def _lines(events: Sequence[IncidentEvent]) -> Lines:
    """Each incident once, the one that changed first in front."""
    first: dict[int, int] = {}
    for at, event in enumerate(events):
        first.setdefault(event.incident_id, at)
    ordered = sorted(events, key=lambda event: (first[event.incident_id], event.pk))
    found: Lines = []
    for _, group in groupby(ordered, key=lambda event: event.incident_id):
        of_one = list(group)
        found.append((of_one[0].incident, watching.in_one_line([_change(e) for e in of_one])))
    return found


def _change(event: IncidentEvent) -> watching.Change:
    who = event.actor_label if event.actor_type == "user" else ""
    return watching.Change(event.type, who, event.details)


def unwanted_news(
    asked: Sequence[tuple[int, int, str, int | None]], now: datetime
) -> dict[int, str]:
    """Guard: who was disabled, or lost sight of what it tells, is not told.

    `data` of such a message names its incidents.
    """
    users = User.objects.pageable().in_bulk({user for *_, user in asked if user})
    rows = Delivery.objects.filter(pk__in=[pk for pk, *_ in asked])
    told = dict(rows.values_list("pk", "message__data__incidents"))
    refused = {}
    for pk, _, _, user_pk in asked:
        user = users.get(user_pk or 0)
        ids = set(told.get(pk) or ())
        if user is None:
            refused[pk] = "the person is disabled"
        elif ids and queries.visible_to(user).filter(pk__in=ids).count() < len(ids):
            refused[pk] = "the person may not see it any more"
    return refused
