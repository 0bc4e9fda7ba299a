"""How many messages a provider account may send in a minute, and who waits until when. Pure.

What left is known to the second, so the limit holds in every sixty seconds, not by the clock's
minute. Whoever is over it waits; nothing ever fails for this reason.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil

WINDOW = 60  # seconds
MOST_PER_MINUTE = 100_000
KEPT = 5  # one in so many of a minute is kept for urgent pages
# Waits end by then to look again: a limit, an account or a vendor may have changed meanwhile.
LONGEST_HOLD = timedelta(minutes=5)

Uses = Sequence[tuple[int, int]]  # second of the epoch, messages that left in it; oldest first


def within(uses: Iterable[Sequence[int]], now: datetime) -> list[tuple[int, int]]:
    """What counts now. A second far ahead is of a clock that was set back, and counts no more."""
    at = int(now.timestamp())
    return sorted((second, many) for second, many in uses if abs(at - second) < WINDOW)


def used(uses: Uses) -> int:
    return sum(many for _, many in uses)


def share(limit: int, rank: int) -> int:
    """What messages of a rank may use of a minute: a part of it is kept for rank 0."""
    return limit if rank == 0 else limit - limit // KEPT


def grant(uses: Uses, limit: int, rank: int, now: datetime) -> list[tuple[int, int]] | None:
    """The uses with one message more, or None when it has to wait. 0 is no limit."""
    if limit and used(uses) >= share(limit, rank):
        return None
    at = int(now.timestamp())
    counts = dict(uses)
    counts[at] = counts.get(at, 0) + 1
    return sorted(counts.items())


def free_at(uses: Uses, limit: int, rank: int, place: int, now: datetime) -> datetime:
    """When the message at `place` (0 the first) of those that wait can leave; never before now.

    A whole second, so that those that can leave together wait together; LONGEST_HOLD at most.
    """
    most = share(limit, rank)
    rounds, place = divmod(place, most)
    late = used(uses) - most + place  # so many have to grow old before, besides one
    second = now.timestamp()
    if late >= 0:
        for at, many in uses:
            late -= many
            if late < 0:
                second = at + WINDOW
                break
    until = now + timedelta(seconds=ceil(second + rounds * WINDOW - now.timestamp()))
    return min(max(until, now + timedelta(seconds=1)), now + LONGEST_HOLD).replace(microsecond=0)


def over_limit(limit: int, waiting: int) -> str:
    """Why a message waits, on its row. `waiting`: how many do, this one included."""
    return f"the account sends {limit} a minute; {waiting} wait"


def asked_to_wait(until: datetime) -> str:
    """The same while the vendor wants to hear nothing (429 with Retry-After)."""
    return f"the provider asked this account to wait until {until:%H:%M:%S} UTC"
