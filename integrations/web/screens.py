"""What the telephones of demo mode show: the deliveries that the simulator took, by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from notifications.commands import simulator
from notifications.domain.message import Message
from notifications.models import Channel, Delivery

SHOWN = 8  # the newest on one screen
RINGS = timedelta(seconds=45)
LOOKS = {Channel.SMS: "bubble", Channel.WHATSAPP: "bubble", Channel.VOICE: "call"}


@dataclass(frozen=True, slots=True)
class Item:
    """One message on a screen. `text` is what its channel says."""

    delivery: Delivery
    look: str
    title: str
    text: str
    rings: bool
    answerable: bool


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
    """The telephones of the people that have one; those that ring come first."""
    numbers = simulator.telephone_numbers(people)
    rows = simulator.taken(now).filter(user__in=numbers).order_by("-id")
    items: dict[int | None, list[Item]] = {}
    for row in rows[: SHOWN * 2 * max(len(numbers), 1)]:
        screen = items.setdefault(row.user_id, [])
        if len(screen) < SHOWN:
            screen.append(_item(row, now))
    found = [
        Phone(person, numbers[person.pk], _ringing_first(items.get(person.pk, [])))
        for person in people
        if person.pk in numbers
    ]
    return sorted(found, key=lambda phone: not phone.rings)


def _ringing_first(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda item: not item.rings)


def _item(row: Delivery, now: datetime) -> Item:
    message = Message.from_json(row.message)
    fresh = row.finished_at is not None and now - row.finished_at < RINGS
    return Item(
        delivery=row,
        look=LOOKS.get(Channel(row.channel), "card"),
        title=message.title,
        text=simulator.words_of(row.channel, message),
        rings=row.channel == Channel.VOICE and fresh and row.seen_at is None,
        answerable=row.subject_kind == "incident",
    )
