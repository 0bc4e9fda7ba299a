"""Subscriber of delivery events: what became of a bundle stands in the timeline of each member."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from incidents.models import Bundle, BundleMember, IncidentEvent, Status
from incidents.receipts import NOBODY_REACHED, entry, move_on
from notifications.models import DeliveryEvent

CHUNK = 500  # members that one statement writes or asks about


def record(events: Sequence[DeliveryEvent], now: datetime) -> None:
    """One entry per member that the message spoke of; a step that reached nobody moves on."""
    ours = [event for event in events if event.delivery.subject_kind == "bundle"]
    bundles = Bundle.objects.in_bulk({event.delivery.subject_id for event in ours}) if ours else {}
    for event in ours:
        bundle = bundles.get(event.delivery.subject_id)
        if bundle is not None:
            for members in _told(bundle, event):
                _record(bundle, event, members, now)


def _record(
    bundle: Bundle, event: DeliveryEvent, members: Sequence[BundleMember], now: datetime
) -> None:
    among = f"in one message about {bundle.named} incidents"
    detail = f"{event.detail}, {among}" if event.detail else among
    IncidentEvent.objects.bulk_create(
        entry(event, member.incident_id, detail, now) for member in members
    )
    if bundle.pages and event.outcome in NOBODY_REACHED:
        move_on([(member.incident_id, member.page_key) for member in members], now)


def _told(bundle: Bundle, event: DeliveryEvent) -> Iterator[Sequence[BundleMember]]:
    """Members that had not fallen out by then, in portions."""
    rows = BundleMember.objects.filter(bundle=bundle).order_by("id")
    if bundle.pages:
        there = Q(incident__status=Status.OPEN) | Q(incident__last_status_change__gte=event.at)
        rows = rows.filter(there)
    last = 0
    while members := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield members
        last = members[-1].pk
