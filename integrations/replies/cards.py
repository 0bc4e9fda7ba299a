"""Subscriber: pages on phones tell who took the incident, and stop ringing."""

from collections.abc import Sequence
from datetime import datetime

from incidents.models import EventType, IncidentEvent, PageKind
from notifications.commands import cards

# event -> (what is told, what can still be pressed)
TOLD: dict[str, tuple[str, tuple[str, ...]]] = {
    EventType.ACKNOWLEDGED: ("acknowledged", ("resolve",)),
    EventType.RESOLVED: ("resolved", ()),
    EventType.UNACKNOWLEDGED: ("triggered", ("acknowledge", "resolve")),
    EventType.REOPENED: ("triggered", ("acknowledge", "resolve")),
}
Asked = Sequence[tuple[int, int, str, int | None]]


def refresh(events: Sequence[IncidentEvent], now: datetime) -> None:
    """One change per page and event."""
    for event in events:
        if event.type not in TOLD:
            continue
        what, verbs = TOLD[event.type]
        cards.update_cards(
            "incident",
            event.incident_id,
            what=what,
            who=event.actor_label if event.actor_type == "user" else "",
            verbs=verbs,
            key=f"card.{event.pk}",
            but="" if event.type == EventType.RESOLVED else f"{PageKind.RESPONDER}.",
            now=now,
        )


def outdated(asked: Asked, now: datetime) -> dict[int, str]:
    """Guard of these changes: an older one must not come after a newer one."""
    rows = IncidentEvent.objects.filter(
        incident_id__in={incident for _, incident, _, _ in asked}, type__in=list(TOLD)
    )
    newest = dict(rows.order_by("pk").values_list("incident_id", "pk"))
    return {
        delivery: "something newer is told"
        for delivery, incident, key, _ in asked
        if key != f"card.{newest.get(incident)}"
    }
