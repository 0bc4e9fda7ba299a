"""When a provider account counts as broken: a circuit breaker whose state lies in a row. Pure.

Only faults of the provider or the account count (transport, 5xx, credentials), never a bad
address: three wrong numbers must not keep SMS from everybody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.retry import LONGEST_WAIT, asked_wait

TRIPS_AT = 3  # failures in a row
REST = timedelta(seconds=60)  # others go first for so long; then one of its sends is the probe
LONGEST_REST = timedelta(minutes=15)  # what a provider may ask for by Retry-After
NEWS_EVERY = timedelta(seconds=60)  # a success is written down no more often than this


@dataclass(frozen=True, slots=True)
class Health:
    """Failures in a row, and until when others should go first."""

    failures: int = 0
    open_until: datetime | None = None
    last_ok_at: datetime | None = None
    rest_until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether the account is left alone while there is another one."""
        return self.open_until is not None and self.open_until > now

    def rests(self, now: datetime) -> bool:
        """Whether the vendor asked to be left alone. Far ahead: a clock was set back since."""
        return self.rest_until is not None and now < self.rest_until <= now + LONGEST_WAIT


def after_success(health: Health, now: datetime) -> Health | None:
    """The new state, or None when it is not worth a write."""
    fresh = health.last_ok_at is not None and now - health.last_ok_at < NEWS_EVERY
    if fresh and not health.failures and health.open_until is None:
        return None
    return Health(last_ok_at=now, rest_until=health.rest_until)


def after_failure(
    health: Health,
    now: datetime,
    *,
    final: bool = False,
    retry_after: float | None = None,
    throttled: bool = False,
) -> Health:
    """`final`: credentials or balance, which the next message would meet as well.

    `retry_after`: seconds that the provider asked for; `throttled`: by a 429, for all of it.
    """
    failures, rest = health.failures + 1, health.rest_until
    until = health.open_until
    if final or failures >= TRIPS_AT:
        until = now + REST
    if retry_after is not None:
        asked = now + asked_wait(retry_after, LONGEST_REST)
        until = max(until or asked, asked)
        if throttled:
            asked = now + asked_wait(retry_after, LONGEST_WAIT)
            rest = max(rest, asked) if health.rests(now) and rest else asked
    return Health(failures, until, health.last_ok_at, rest)
