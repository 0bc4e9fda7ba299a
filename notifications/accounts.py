"""Provider accounts as the sender needs them: which one a message leaves through, and the next.

Accounts come from rows; fields that the environment sets win for the oldest account of a kind. What
a process has read is good for a second, so that a storm does not ask for each message.
"""

import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from core import config
from core.errors import Conflict
from notifications.channels import base as channels
from notifications.channels.base import Account
from notifications.domain.health import Health
from notifications.domain.readiness import Service, service_of
from notifications.domain.slots import ACCOUNT_PREFIX
from notifications.domain.words import Channel
from notifications.models import ContactMethod, Delivery, Provider
from notifications.providers import fields as settings_of
from notifications.providers.base import kinds, kinds_for
from notifications.queries import PROVIDER_TEST

CACHE_SECONDS = 1.0
NEVER = float("-inf")  # monotonic seconds begin at any number, and small after a start
FRESH_SECONDS = 0.05  # younger than this, what was read is not read again
NOT_SET_UP = "{channel} is not set up here: an admin adds an account under Settings, Providers"
NONE = "none"  # bulkhead of what waits for an account that nobody has set up


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enabled account with its health as it was read."""

    account: Account
    label: str
    serves: frozenset[str]
    health: Health
    complete: bool = True
    per_minute: int = 0

    def is_well(self, now: datetime) -> bool:
        """Complete, and neither broken nor asked to wait."""
        return self.complete and not self.health.is_open(now) and not self.health.rests(now)


@dataclass(slots=True)
class _Cache:
    read_at: float = NEVER
    found: tuple[Candidate, ...] = ()


_cache = _Cache()


def forget() -> None:
    """The next question reads the rows again: after a change, and between tests."""
    _cache.read_at = NEVER


def candidates(channel: str, now: datetime) -> list[Candidate]:
    """Enabled accounts that serve a channel: broken ones last, else in the admin's order."""
    able = [one for one in _all() if channel in one.serves]
    return sorted(able, key=lambda one: (not one.complete, one.health.is_open(now)))


def first(channel: str, now: datetime, but: Collection[str] = ()) -> Account | None:
    """The account to try: the best one whose key is not among `but`."""
    able = (one.account for one in candidates(channel, now))
    return next((account for account in able if account.key not in but), None)


def services(now: datetime) -> dict[str, Service]:
    """How each channel of people is served: whether messages leave by it, and whether they do now.

    A channel that needs no account is served well; mail also by the server of EMAIL_URL.
    """
    return {one: _service(one, now) for one in settings.CHANNELS if one != Channel.IN_APP}


def mute_ways(methods: Iterable[ContactMethod], now: datetime) -> set[int]:
    """Ids of the ways by which nothing leaves here, because their channel is not set up."""
    served = services(now)
    return {row.pk for row in methods if not leaves(row.channel, row.address, served)}


def require_way(method: ContactMethod, now: datetime) -> None:
    """Raises Conflict for a way by which nothing can leave here: better than a message in vain."""
    if mute_ways([method], now):
        raise Conflict(NOT_SET_UP.format(channel=method.get_channel_display()))


def failing_channels(now: datetime) -> set[str]:
    """Channels of which every account fails at the moment: messages may not leave."""
    return {name for name, one in services(now).items() if one is Service.FAILING}


def leaves(channel: str, address: str, served: Mapping[str, Service]) -> bool:
    """Whether messages to this address leave at all; one that is a URL needs no account."""
    return service_of(channel, served, own_road="://" in address) is not Service.NONE


def _service(channel: str, now: datetime) -> Service:
    able = [one for one in candidates(channel, now) if one.complete]
    if any(not one.health.failures and not one.health.is_open(now) for one in able):
        return Service.WELL
    if able:
        return Service.FAILING
    own_server = channel == Channel.EMAIL and bool(config.get("email_url"))
    return Service.WELL if own_server or not kinds_for(channel) else Service.NONE


def bulkhead(channel: str, address: str, now: datetime) -> str:
    """What a new delivery is counted under: its account, else what the channel says."""
    own: str = channels.module(channel).provider(address)
    if own and channel != Channel.EMAIL:
        return own
    account = first(channel, now)
    return account.key if account else own or NONE


def for_delivery(delivery: Delivery, now: datetime) -> Account | None:
    """The account that a delivery goes through now; None where its channel needs none.

    It keeps the one it was given while that one is well; else the best other one takes over. With
    nothing better a broken one is tried all the same: late and loud, but never silent.
    """
    provider = delivery.provider
    if not provider.startswith(ACCOUNT_PREFIX) and provider != NONE:
        return None
    if is_pinned(delivery):
        return _pinned(provider)
    chosen = _in_order(delivery, now)[:1]
    return chosen[0].account if chosen else None


def paced(delivery: Delivery, now: datetime) -> list[Candidate]:
    """The accounts to ask in turn where one has a limit or rests; empty when none does: no query.

    A test of one account alone is never held back.
    """
    own_way = not delivery.provider.startswith(ACCOUNT_PREFIX) and delivery.provider != NONE
    if own_way or is_pinned(delivery):
        return []
    able = _in_order(delivery, now)
    return able if any(one.per_minute or one.health.rests(now) for one in able) else []


def any_paced(now: datetime) -> bool:
    """Whether any enabled account has a limit or rests."""
    return any(one.per_minute or one.health.rests(now) for one in _all())


def _in_order(delivery: Delivery, now: datetime) -> list[Candidate]:
    able = candidates(delivery.channel, now) or _asked_again(delivery.channel, now)
    return sorted(
        able,
        key=lambda one: one.account.key != delivery.provider or one.health.is_open(now),
    )


def _asked_again(channel: str, now: datetime) -> list[Candidate]:
    """Without an account a delivery fails for good: one that was added a moment ago counts."""
    if time.monotonic() - _cache.read_at >= FRESH_SECONDS:
        forget()
    return candidates(channel, now)


def another(delivery: Delivery, tried: Collection[str], now: datetime) -> Account | None:
    """The account to go on with after those that failed; none when a test asks about one alone."""
    return None if is_pinned(delivery) else first(delivery.channel, now, but=tried)


def is_pinned(delivery: Delivery) -> bool:
    """Whether it shows if one account works: no other may take over."""
    return delivery.subject_kind == PROVIDER_TEST


def label_of(key: str) -> str:
    """The account's name for people; "" for an unknown one."""
    return next((one.label for one in _all() if one.account.key == key), "")


def fields_of(provider: Provider) -> dict[str, str]:
    """All settings, secrets in clear: from the environment, else the row, else the defaults."""
    elder = Provider.objects.filter(kind=provider.kind, pk__lt=provider.pk)
    environ = settings_of.NONE if elder.exists() else os.environ
    kind, stored = kinds()[provider.kind], settings_of.stored(provider.config)
    return settings_of.values(kind, stored, environ)


def _pinned(key: str) -> Account | None:
    """Also a switched-off one: it is tested before it is switched on."""
    row = Provider.objects.filter(public_id=key, kind__in=list(kinds())).first()
    return Account(row.kind, key, fields_of(row)) if row else None


def _all() -> tuple[Candidate, ...]:
    if time.monotonic() - _cache.read_at >= CACHE_SECONDS:
        _cache.found = tuple(_read())
        _cache.read_at = time.monotonic()
    return _cache.found


def _read() -> list[Candidate]:
    rows = list(Provider.objects.select_related("health"))
    oldest = settings_of.oldest_of_each((row.kind, row.pk) for row in rows)
    enabled = [row for row in rows if row.enabled]
    return [one for row in enabled if (one := _candidate(row, row.pk in oldest))]


def _candidate(row: Provider, is_oldest: bool) -> Candidate | None:
    """None for a kind that this version does not know."""
    kind = kinds().get(row.kind)
    if kind is None:
        return None
    environ, stored = os.environ if is_oldest else settings_of.NONE, settings_of.stored(row.config)
    return Candidate(
        account=Account(row.kind, row.public_id, settings_of.values(kind, stored, environ)),
        label=str(row) if row.label else kind.label,
        serves=frozenset(kind.sends),
        health=health_of(row),
        complete=not settings_of.missing(kind, stored, environ),
        per_minute=row.per_minute,
    )


def health_of(row: Provider) -> Health:
    """What its row says; a new account is well."""
    stored = getattr(row, "health", None)
    if stored is None:
        return Health()
    return Health(stored.failures, stored.open_until, stored.last_ok_at, stored.rest_until)
