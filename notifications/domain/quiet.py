"""Quiet hours: until when what is not urgent waits. Pure.

Only what says that it may wait is asked about. High urgency, the fallback contact and whoever is on
duty are never held back, and nothing is lost: it goes out when the quiet time ends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.words import Urgency

DAY = timedelta(days=1)
FAR = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end` by the clocks of `zone`, beginning on these `days` (0 is Monday).

    An end at or before the start lies on the next day. `mail_meanwhile`: what would wait goes by
    mail at once instead, where the person has mail.
    """

    start: time
    end: time
    days: Collection[int]
    zone: ZoneInfo
    mail_meanwhile: bool = False


def may_be_held(urgency: str, *, may_wait: bool, all_channels: bool) -> bool:
    """Whether quiet hours count at all for a message."""
    return may_wait and urgency != Urgency.HIGH and not all_channels


def is_far(begins: datetime | None, now: datetime) -> bool:
    """Whether news of what begins then may wait for the end of a night."""
    return begins is not None and begins > now + FAR


def quiet_until(hours: QuietHours, at: datetime) -> datetime | None:
    """The end of the quiet time that `at` (aware) lies in, in UTC; None when it is not quiet.

    A clock time that is skipped counts as the moment after the skip, one that comes twice as its
    first.
    """
    today = at.astimezone(hours.zone).date()
    for day in (today - DAY, today):
        if day.weekday() not in hours.days:
            continue
        last = day if hours.end > hours.start else day + DAY
        begin = datetime.combine(day, hours.start, hours.zone).astimezone(UTC)
        end = datetime.combine(last, hours.end, hours.zone).astimezone(UTC)
        if begin <= at < end:
            return end
    return None
