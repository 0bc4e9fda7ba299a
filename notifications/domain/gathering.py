"""The digest of low urgency: until when a message is gathered with others. Pure.

Only what may wait is asked about. High and medium urgency, news about such incidents, the fallback
contact and whoever is on duty are told at once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from notifications.domain.quiet import DAY, may_be_held
from notifications.domain.words import Urgency

HOUR = timedelta(hours=1)
MORNING = 8  # the hour that is offered first


class Rhythm(StrEnum):
    """How often what is of low urgency comes."""

    AT_ONCE = "AT_ONCE"
    HOURLY = "HOURLY"
    DAILY = "DAILY"


@dataclass(frozen=True, slots=True)
class LowDigest:
    """A person's choice; `hour` (0 to 23) of the daily one, by the clocks of `zone`."""

    rhythm: Rhythm
    hour: int
    zone: ZoneInfo


def may_be_gathered(urgency: str, about: str, *, may_wait: bool, all_channels: bool) -> bool:
    """Whether a digest counts at all. `about`: the urgency of what news tell of, if known."""
    waits = may_be_held(urgency, may_wait=may_wait, all_channels=all_channels)
    return waits and urgency == Urgency.LOW and about in {"", Urgency.LOW}


def next_digest(chosen: LowDigest, at: datetime) -> datetime | None:
    """The first instant after `at` (aware) at which the digest leaves, in UTC; None: at once.

    A clock time that is skipped counts as the moment after the skip, one that comes twice as its
    first.
    """
    local = at.astimezone(chosen.zone)
    if chosen.rhythm is Rhythm.AT_ONCE:
        return None
    if chosen.rhythm is Rhythm.HOURLY:
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return at.astimezone(UTC) + HOUR - past
    days = (local.date() + DAY * number for number in range(3))
    instants = (datetime.combine(day, time(chosen.hour), chosen.zone) for day in days)
    return next(found for one in instants if (found := one.astimezone(UTC)) > at)
