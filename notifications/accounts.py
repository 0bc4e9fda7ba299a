"""Provider accounts as the sender needs them: which one a message leaves through, and the next.

Accounts come from rows; fields that the environment sets win. What a process has read is good for
a second, so that a storm does not ask for each message.
"""

import json
import logging
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.crypto import UNREADABLE
from notifications.channels import base as channels
from notifications.channels.base import Account
from notifications.domain.health import Health
from notifications.domain.slots import ACCOUNT_PREFIX
from notifications.domain.words import Channel
from notifications.models import Provider
from notifications.providers.base import kinds

log = logging.getLogger(__name__)

CACHE_SECONDS = 1.0
NONE = "none"  # bulkhead of what waits for an account that nobody has set up


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enabled account with its health as it was read."""

    account: Account
    label: str
    serves: frozenset[str]
    health: Health


@dataclass(slots=True)
class _Cache:
    read_at: float = -CACHE_SECONDS
    found: tuple[Candidate, ...] = ()


_cache = _Cache()


def forget() -> None:
    """The next question reads the rows again: after a change, and between tests."""
    _cache.read_at = -CACHE_SECONDS


def candidates(channel: str, now: datetime) -> list[Candidate]:
    """Enabled accounts that serve a channel, healthy ones first, else in the admin's order."""
    able = [one for one in _all() if channel in one.serves]
    return sorted(able, key=lambda one: one.health.is_open(now))


def first(channel: str, now: datetime, but: Collection[str] = ()) -> Account | None:
    """The account to try: the best one whose key is not among `but`."""
    able = (one.account for one in candidates(channel, now))
    return next((account for account in able if account.key not in but), None)


def bulkhead(channel: str, address: str, now: datetime) -> str:
    """What a new delivery is counted under: its account, else what the channel says."""
    own: str = channels.module(channel).provider(address)
    if own and channel != Channel.EMAIL:
        return own
    account = first(channel, now)
    return account.key if account else own or NONE


def for_delivery(channel: str, provider: str, now: datetime) -> Account | None:
    """The account that a delivery goes through now; None where its channel needs none.

    It keeps the one it was given while that one is well; else the best other one takes over. With
    nothing better a broken one is tried all the same: late and loud, but never silent.
    """
    if not provider.startswith(ACCOUNT_PREFIX) and provider != NONE:
        return None
    able = candidates(channel, now)
    kept = [one for one in able if one.account.key == provider and not one.health.is_open(now)]
    chosen = (kept or able)[:1]
    return chosen[0].account if chosen else None


def label_of(key: str) -> str:
    """The account's name for people; "" for an unknown one."""
    return next((one.label for one in _all() if one.account.key == key), "")


def overridden(kind: str) -> dict[str, str]:
    """Fields of a kind that the environment sets: name -> variable."""
    declared = kinds()[kind].fields
    return {field.name: field.env for field in declared if field.env and os.environ.get(field.env)}


def fields_of(provider: Provider) -> dict[str, str]:
    """All settings of an account: defaults, then the row, then the environment."""
    declared = kinds()[provider.kind].fields
    stored: Mapping[str, str] = {}
    if provider.config != UNREADABLE:
        stored = json.loads(provider.config)
    values = {field.name: stored.get(field.name) or field.default for field in declared}
    for name, variable in overridden(provider.kind).items():
        values[name] = os.environ[variable]
    return values


def _all() -> tuple[Candidate, ...]:
    if time.monotonic() - _cache.read_at >= CACHE_SECONDS:
        _cache.found = tuple(_read())
        _cache.read_at = time.monotonic()
    return _cache.found


def _read() -> list[Candidate]:
    rows = Provider.objects.filter(enabled=True).select_related("health")
    return [one for row in rows if (one := _candidate(row))]


def _candidate(row: Provider) -> Candidate | None:
    """None for a kind that this version does not know, or settings that cannot be read."""
    kind = kinds().get(row.kind)
    if kind is None:
        return None
    try:
        fields = fields_of(row)
    except ValueError:
        log.error("the settings of provider %s are not JSON", row.public_id)
        return None
    return Candidate(
        account=Account(row.kind, row.public_id, fields),
        label=str(row) if row.label else kind.label,
        serves=frozenset(kind.sends),
        health=health_of(row),
    )


def health_of(row: Provider) -> Health:
    """What its row says; a new account is well."""
    stored = getattr(row, "health", None)
    if stored is None:
        return Health()
    return Health(stored.failures, stored.open_until, stored.last_ok_at)
