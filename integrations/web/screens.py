"""What the telephones of demo mode show: the deliveries that the simulator took, by person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from incidents.models import EventType, Incident, IncidentEvent, Status
from notifications.commands import simulator
from notifications.domain.message import Message
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
    """How an incident stands, and what of it is told on a screen."""

    status: str = ""
    said: str = ""


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
    fates = _fates(shown)
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


def _fates(rows: Sequence[Delivery]) -> dict[int, Fate]:
    """How the incidents stand that these messages are about."""
    ids = {row.subject_id for row in rows if row.subject_kind == "incident"}
    status = dict(Incident.objects.filter(pk__in=ids).values_list("pk", "status"))
    ended = IncidentEvent.objects.filter(incident__in=ids, type__in=SAID).order_by("pk")
    last = {event.incident_id: event for event in ended}
    return {pk: Fate(status.get(pk, ""), _said(last.get(pk), status.get(pk))) for pk in ids}


def _said(event: IncidentEvent | None, status: str | None) -> str:
    """ "Acknowledged by Ann" while that is how it stands."""
    if event is None or status in (None, Status.OPEN):
        return "" if status else "Deleted"
    what = SAID[event.type]
    return f"{what} by {event.actor_label}" if event.actor_type == "user" else what


def _verbs(row: Delivery, status: str) -> Sequence[str]:
    if row.subject_kind == "bundle":
        return ("acknowledge",)
    if row.subject_kind != "incident":
        return ()
    return VERBS.get(status, ())


def _item(row: Delivery, fates: Mapping[int, Fate], now: datetime) -> Item:
    message = Message.from_json(row.message)
    fate = fates.get(row.subject_id, Fate()) if row.subject_kind == "incident" else Fate()
    open_still = not fate.said
    fresh = row.finished_at is not None and now - row.finished_at < RINGS
    return Item(
        delivery=row,
        look=LOOKS.get(Channel(row.channel), "card"),
        title=message.title,
        text=simulator.words_of(row.channel, message),
        rings=row.channel == Channel.VOICE and fresh and row.seen_at is None and open_still,
        verbs=_verbs(row, fate.status),
        fate=fate.said,
    )
