"""The telephones of demo mode: who has one, what they took, and what each channel says there."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from core import language
from core.actor import Actor
from notifications.channels import base as channels
from notifications.commands import providers
from notifications.commands.methods import add_method
from notifications.domain.message import Message
from notifications.domain.speech import speech_of
from notifications.models import Channel, ContactMethod, Delivery, DeliveryState, Provider
from notifications.providers import simulator

RECENT = timedelta(hours=24)
# Numbers that are set aside for fiction; the last two digits tell the people apart.
NUMBER = "+120255501{:02}"
ADDRESSES = {
    Channel.SMS: NUMBER,
    Channel.VOICE: NUMBER,
    Channel.PUSH: "simulated-device-{:02}",
    Channel.SLACK: "U0DEMO00{:02}",
    Channel.TELEGRAM: "10000{:02}",
}


def hand_out(people: Iterable[User], *, by: Actor, now: datetime) -> None:
    """An account of the simulator, and verified ways to everybody; what is there stays."""
    if not Provider.objects.filter(kind=simulator.KEY).exists():
        account = providers.create(simulator.KEY, {}, label="Simulator", by=by, now=now)
        for served in simulator.KIND.sends:  # the first everywhere: nothing leaves for real
            while providers.move(account, served, up=True, by=by, now=now):
                continue
    for number, person in enumerate(people, 1):
        for channel, address in ADDRESSES.items():
            _add(person, channel, address.format(number), by, now)


def telephone_numbers(people: Iterable[User]) -> dict[int, str]:
    """Person -> number that texts come from, "" without; only those who have a telephone."""
    methods = ContactMethod.objects.filter(user__in=people, channel__in=simulator.CHANNELS)
    found: dict[int, str] = {}
    for method in methods.order_by("-position", "-id"):
        known = found.get(method.user_id, "")
        found[method.user_id] = method.address if method.channel == Channel.SMS else known
    return found


def taken(now: datetime) -> QuerySet[Delivery]:
    """What the simulator took lately."""
    keys = Provider.objects.filter(kind=simulator.KEY).values("public_id")
    rows = Delivery.objects.filter(provider__in=keys, state=DeliveryState.SENT)
    return rows.filter(finished_at__gte=now - RECENT).defer("secret").select_related("user")


def words_of(channel: str, message: Message) -> str:
    """The words as the channel puts them; of a card its facts and its text."""
    with language.speaking(message.language):
        if channel == Channel.VOICE:
            speech = speech_of(message, _)
            return f"{speech.text} {speech.keys}".strip()
        if channel == Channel.SMS:
            return str(channels.module(channel).render(message).body)
    facts = [f"{label}: {value}" for label, value in message.facts]
    return "\n".join([*facts, *([message.body] if message.body else [])])


def _add(person: User, channel: Channel, address: str, by: Actor, now: datetime) -> None:
    if ContactMethod.objects.filter(user=person, channel=channel).exists():
        return
    method = add_method(person, channel=channel, address=address, label="Demo", by=by, now=now)
    ContactMethod.objects.filter(pk=method.pk).update(verified_at=now)
