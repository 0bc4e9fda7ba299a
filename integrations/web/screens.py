"""What the telephones of demo mode show: the deliveries that the simulator took, by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from incidents.models import (
    Bundle,
    EventType,
    Incident,
    IncidentEvent,
    IncidentResponder,
    ResponderState,
    Status,
)
from notifications.commands import simulator
from notifications.domain import drills
from notifications.domain.message import REQUEST, Message
from notifications.models import Channel, Delivery

SHOWN = 8  # the newest on one screen
RINGS = timedelta(seconds=45)
VERBS: dict[str, tuple[str, ...]] = {
    Status.OPEN: ("acknowledge", "resolve"),
    Status.ACKNOWLEDGED: ("resolve",),
}
SAID: dict[str, str] = {
    EventType.ACKNOWLEDGED: "Acknowledged",
    EventType.RESOLVED: "Resolved",
}
ANSWERED: dict[str, str] = {
    ResponderState.ACCEPTED: "Accepted",
    ResponderState.DECLINED: "Declined",
    ResponderState.WITHDRAWN: "Not needed any more",
    ResponderState.ENDED: "It is over",
}
LOOKS = {Channel.SMS: "bubble", Channel.WHATSAPP: "bubble", Channel.VOICE: "call"}


@dataclass(frozen=True, slots=True)
class Item:
    """One message on a screen. `text` is what its channel says.

    `fate`: what became of what it is about, by whomever and through whatever door; `verbs`: what
    can still be pressed.
    """

    delivery: Delivery
    look: str
    title: str
    text: str
    rings: bool
    verbs: Sequence[str] = ()
    fate: str = ""


@dataclass(frozen=True, slots=True)
class Fate:
    """What of it is told on a screen, and what can still be pressed."""

    said: str = ""
    verbs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Phone:
    """One person's telephone, newest message first. `number`: where texts are answered from."""

    person: User
    number: str
    items: Sequence[Item]

    @property
    def rings(self) -> bool:
        return any(item.rings for item in self.items)


def phones(people: Sequence[User], now: datetime) -> list[Phone]:
    """Of the people that have one; those that ring come first, then those that were used."""
    numbers = simulator.telephone_numbers(people)
    rows = simulator.taken(now).filter(user__in=numbers).order_by("-id")
    items: dict[int | None, list[Item]] = {}
    shown = list(rows[: SHOWN * 2 * max(len(numbers), 1)])
    fates = _Fates(shown)
    for row in shown:
        screen = items.setdefault(row.user_id, [])
        if len(screen) < SHOWN:
            screen.append(_item(row, fates, now))
    found = [
        Phone(person, numbers[person.pk], _ringing_first(items.get(person.pk, [])))
        for person in people
        if person.pk in numbers
    ]
    return sorted(found, key=lambda phone: (not phone.rings, not phone.items))


def _ringing_first(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda item: not item.rings)


class _Fates:
    """How everything stands that these messages are about, read once."""

    def __init__(self, rows: Sequence[Delivery]) -> None:
        ids = {row.subject_id for row in rows if row.subject_kind == "incident"}
        self._status = dict(Incident.objects.filter(pk__in=ids).values_list("pk", "status"))
        ended = IncidentEvent.objects.filter(incident__in=ids, type__in=SAID).order_by("pk")
        self._last = {event.incident_id: event for event in ended}
        bundles = {row.subject_id for row in rows if row.subject_kind == "bundle"}
        taken = Bundle.objects.filter(pk__in=bundles, taken_at__isnull=False)
        self._taken = set(taken.order_by().values_list("pk", flat=True))
        asked = IncidentResponder.objects.filter(incident__in=ids).order_by("pk")
        self._asked = {(row.incident_id, row.user_id): row.state for row in asked}

    def of(self, row: Delivery) -> Fate:
        kind = row.message.get("kind")
        if kind == drills.KIND:
            return Fate(verbs=() if row.seen_at else (drills.ARRIVED,))
        if row.subject_kind == "bundle":
            taken = row.subject_id in self._taken
            return Fate("All acknowledged") if taken else Fate(verbs=("acknowledge",))
        if row.subject_kind != "incident":
            return Fate()
        if kind == REQUEST:
            state = self._asked.get((row.subject_id, row.user_id or 0), ResponderState.ENDED)
            waits = state not in ANSWERED
            return Fate(ANSWERED.get(state, ""), ("accept", "decline") if waits else ())
        status = self._status.get(row.subject_id)
        said = _said(self._last.get(row.subject_id), status)
        return Fate(said, VERBS.get(status or "", ()))


def _said(event: IncidentEvent | None, status: str | None) -> str:
    """ "Acknowledged by Ann" while that is how it stands."""
    if event is None or status in (None, Status.OPEN):
        return "" if status else "Deleted"
    what = SAID[event.type]
    return f"{what} by {event.actor_label}" if event.actor_type == "user" else what


def _item(row: Delivery, fates: _Fates, now: datetime) -> Item:
    message = Message.from_json(row.message)
    fate = fates.of(row)
    open_still = not fate.said
    fresh = row.finished_at is not None and now - row.finished_at < RINGS
    return Item(
        delivery=row,
        look=LOOKS.get(Channel(row.channel), "card"),
        title=message.title,
        text=simulator.words_of(row.channel, message),
        rings=row.channel == Channel.VOICE and fresh and row.seen_at is None and open_still,
        verbs=fate.verbs,
        fate=fate.said,
    )
