"""Bulkheads: how many sends a provider may have under way, so that one hanging delays no other."""

from collections.abc import Iterable, Mapping

POOL = 32
MAIL_SLOTS = 8
HOST_SLOTS = 4
ACCOUNT_SLOTS = 8
MAIL_PREFIX = "smtp"
ACCOUNT_PREFIX = "prv_"


def cap(provider: str) -> int:
    """The most sends at once to one provider: mail server, account or host."""
    if provider.startswith(MAIL_PREFIX):
        return MAIL_SLOTS
    return ACCOUNT_SLOTS if provider.startswith(ACCOUNT_PREFIX) else HOST_SLOTS


def room(provider: str, under_way: Mapping[str, int], pool: int = POOL) -> int:
    """Free slots of a provider: up to its cap and half of what the others leave it.

    So many that hang, whatever their number, leave something for one that works.
    """
    free = pool - sum(under_way.values())
    if free <= 0:
        return 0
    mine = under_way.get(provider, 0)
    share = max(1, (free + mine) // 2)
    return max(0, min(cap(provider), share) - mine)


def full(under_way: Mapping[str, int], pool: int = POOL) -> list[str]:
    """Providers that get nothing more at present."""
    return [provider for provider in under_way if not room(provider, under_way, pool)]


def fitting(
    candidates: Iterable[tuple[int, str]],
    under_way: Mapping[str, int],
    pool: int = POOL,
) -> list[int]:
    """Of (id, provider) in order of importance: the ids for which there is room."""
    taken = dict(under_way)
    chosen = []
    for delivery_id, provider in candidates:
        if room(provider, taken, pool):
            taken[provider] = taken.get(provider, 0) + 1
            chosen.append(delivery_id)
    return chosen
