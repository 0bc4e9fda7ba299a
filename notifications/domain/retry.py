"""When a failed attempt is repeated, and when it is given up. Pure."""

from datetime import datetime, timedelta

MAX_ATTEMPTS = 5
OWN_FAULT_TRIES = 3  # a fault of our own code heals more rarely than a provider
ATTEMPT_SECONDS = 8.0  # one attempt in all, connection included
LEASE = timedelta(seconds=15)  # a sender that has not reported by then is taken for dead
BACKOFF_SECONDS = (3, 10, 30, 120)  # after the first, second … failure
JITTER = 0.25
LONGEST_WAIT = timedelta(minutes=5)  # what a provider may ask for by Retry-After
# A row may be claimed more often than it is tried: the sender can die in between.
MAX_CLAIMS = 2 * MAX_ATTEMPTS


def asked_wait(seconds: float, most: timedelta) -> timedelta:
    """What a provider asked for, within bounds: its header may say anything."""
    return timedelta(seconds=max(0.0, min(seconds, most.total_seconds())))


def next_attempt(
    attempts: int,
    *,
    permanent: bool,
    now: datetime,
    jitter: float,
    retry_after: float | None = None,
) -> datetime | None:
    """When to try again after `attempts` failures, or None to give up.

    `jitter` in [0, 1) spreads the wait by ± JITTER; `retry_after` are the seconds that the
    provider asked for, a lower bound up to LONGEST_WAIT.
    """
    if permanent or attempts >= MAX_ATTEMPTS:
        return None
    seconds = BACKOFF_SECONDS[max(attempts, 1) - 1] * (1 + JITTER * (2 * jitter - 1))
    wait = timedelta(seconds=seconds)
    if retry_after is not None:
        wait = max(wait, asked_wait(retry_after, LONGEST_WAIT))
    return now + wait
