"""Provider accounts as an admin sees them: per channel, with health, and who depends on them."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts.models import User
from core import config
from notifications import accounts, held, queries
from notifications.domain.standing import LOOKS, Look, Standing, standing, usable
from notifications.models import Channel, ContactMethod, Provider, ProviderHealth
from notifications.providers import fields as settings_of
from notifications.providers.base import Kind, kinds, kinds_for
from notifications.providers.fields import Value

USES = {
    Channel.SMS: "Reaches any telephone, also without internet. Can be answered with one digit.",
    Channel.VOICE: "Rings until somebody wakes up. Acknowledged with a key.",
    Channel.WHATSAPP: "For people who live in WhatsApp; needs internet on the telephone.",
    Channel.PUSH: "Free of charge, straight to the browser or the home screen.",
    Channel.EMAIL: "Through a mail server of your own, or the API of a vendor.",
    Channel.SLACK: "A direct message with buttons, where the team talks anyway.",
    Channel.TELEGRAM: "Free of charge, with buttons, on any telephone.",
    Channel.NTFY: "Push through a server of your own, with a sound that breaks through silence.",
    Channel.PUSHOVER: "Push that repeats until it is acknowledged.",
}
ANY_USE = "One more way to be reached."


@dataclass(frozen=True, slots=True)
class Card:
    """One account. `kind` is None for one that this version does not know.

    `used`: messages of the last sixty seconds, counted where there is a limit; `waiting` for it.
    """

    account: Provider
    kind: Kind | None
    values: Sequence[Value]
    missing: Sequence[str]
    standing: Standing
    health: ProviderHealth
    used: int = 0
    waiting: int = 0

    @property
    def label(self) -> str:
        return self.account.label or (self.kind.label if self.kind else self.account.kind)

    @property
    def sort(self) -> str:
        """What kind it is, where its name does not say so already."""
        known = self.kind.label if self.kind else ""
        return "" if known == self.label else known

    @property
    def look(self) -> Look:
        return LOOKS[self.standing]

    @property
    def usable(self) -> bool:
        return usable(self.standing)

    @property
    def variables(self) -> list[str]:
        return [value.variable for value in self.values if value.variable]

    @property
    def channels(self) -> list[Channel]:
        return channels_of(self.kind) if self.kind else []


@dataclass(frozen=True, slots=True)
class Group:
    """A channel with its accounts in order, and the kinds that could be added to it."""

    channel: Channel
    use: str
    cards: Sequence[Card]
    offers: Sequence[Kind]

    @property
    def works(self) -> bool:
        return any(card.usable for card in self.cards)


@dataclass(frozen=True, slots=True)
class Loss:
    """What goes with an account: channels that nothing else serves, and whose ways they were."""

    channels: Sequence[Channel] = ()
    cut_off: Sequence[User] = ()
    weakened: Sequence[User] = ()

    def sentences(self) -> list[str]:
        """Warnings for people and programs; none when nothing is lost."""
        if not self.channels:
            return []
        ways = " and ".join(channel.label for channel in self.channels)
        said = [f"Nothing else sends by {ways}."]
        if self.cut_off:
            said.append(f"Nobody else could reach {_names(self.cut_off)} by any way.")
        if self.weakened:
            said.append(f"{_names(self.weakened)} would have one way less.")
        return said


def channels_of(kind: Kind) -> list[Channel]:
    return [Channel(channel) for channel in kind.sends]


def cards(now: datetime) -> list[Card]:
    """All accounts in order; two queries."""
    rows = list(Provider.objects.select_related("health", "pace").order_by("position", "id"))
    waiting = held.throttled(row.public_id for row in rows)
    oldest = settings_of.oldest_of_each((row.kind, row.pk) for row in rows)
    return [_card(row, row.pk in oldest, sum(waiting[row.public_id].values()), now) for row in rows]


def card_of(account: Provider, now: datetime) -> Card:
    """The same for one account."""
    return next(card for card in cards(now) if card.account.pk == account.pk)


def groups(found: Sequence[Card]) -> list[Group]:
    """Every channel that some kind serves, in the order of the channels."""
    served = {channel.value for kind in kinds().values() for channel in kind.sends}
    return [_group(channel, found) for channel in Channel if channel.value in served]


def loss_of(card: Card, found: Sequence[Card]) -> Loss:
    """What nobody could be reached by without this account."""
    if not card.usable or card.kind is None:
        return Loss()
    others = [one for one in found if one.account.pk != card.account.pk and one.usable]
    lost = [channel for channel in card.channels if not _served(channel, others)]
    if not lost:
        return Loss()
    people = User.objects.pageable().filter(
        contact_methods__channel__in=lost, contact_methods__enabled=True
    )
    affected = list(people.distinct().order_by("name", "id"))
    methods = queries.methods_by_user(user.pk for user in affected)
    cut_off = [user for user in affected if not _reachable(user, methods[user.pk], lost, others)]
    weakened = [user for user in affected if user not in cut_off]
    return Loss(lost, cut_off, weakened)


def _card(row: Provider, is_oldest: bool, waiting: int, now: datetime) -> Card:
    kind = kinds().get(row.kind)
    environ = os.environ if is_oldest else settings_of.NONE
    stored = settings_of.stored(row.config)
    values = settings_of.resolve(kind, stored, environ) if kind else []
    missing = [value.field.label for value in values if value.missing]
    health = getattr(row, "health", None) or ProviderHealth(provider=row)
    found = standing(
        enabled=row.enabled,
        missing=missing if kind else ["kind"],
        failures=health.failures,
        open_until=health.open_until,
        used=bool(health.last_ok_at),
        now=now,
        rests=accounts.health_of(row).rests(now),
    )
    used = held.used_by(row, now)
    return Card(row, kind, values, missing, found, health, used, waiting)


def _group(channel: Channel, found: Sequence[Card]) -> Group:
    mine = [card for card in found if channel in card.channels]
    offers = [kinds()[key] for key in kinds_for(channel)]
    return Group(channel, USES.get(channel, ANY_USE), mine, offers)


def _served(channel: str, others: Collection[Card]) -> bool:
    """Whether messages leave by the channel: through an account, or because it needs none."""
    if any(channel in card.channels for card in others):
        return True
    if channel == Channel.EMAIL:
        return bool(config.get("email_url"))
    needs_account = bool(kinds_for(channel))
    return channel in settings.CHANNELS and not needs_account and channel != Channel.IN_APP


def _reachable(
    user: User, methods: Sequence[ContactMethod], lost: Collection[str], others: Collection[Card]
) -> bool:
    ways = {method.channel for method in methods if method.enabled}
    if user.email and not any(method.channel == Channel.EMAIL for method in methods):
        ways.add(Channel.EMAIL)  # the account's address, until the person says otherwise
    return any(way not in lost and _served(way, others) for way in ways)


def _names(people: Sequence[User], most: int = 10) -> str:
    named = ", ".join(str(user) for user in people[:most])
    rest = len(people) - most
    return f"{named} and {rest} more" if rest > 0 else named
