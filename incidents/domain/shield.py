"""The storm shield: whether a person may be told again of one cause now, and if not, when. Pure.

The cause is the service. Of the messages that a window allows the last is kept for a bundle, which
gathers whatever else comes, and one more for what is urgent: low urgency never uses up the place
of high urgency. Nothing is left out, it only travels together.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

QUIET = timedelta(seconds=15)  # a bundle leaves when nothing new came for so long …
LONGEST = timedelta(seconds=75)  # … and never gathers for longer, once a message is allowed
AHEAD = timedelta(seconds=30)  # an instant further ahead was written by another clock
REMEMBERED = 16  # instants of messages that are kept for one person and cause
DIGITS = 13  # of Unix time in milliseconds, until the year 2286


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so many messages in any `window`; 0 `pages`: no shield."""

    pages: int
    window: timedelta

    def places(self, *, urgent: bool) -> int:
        return self.pages if urgent else max(1, self.pages - 1)


def at_once(recent: Collection[datetime], now: datetime, limits: Limits, *, urgent: bool) -> bool:
    """Whether a message of its own may leave, while nothing is being gathered."""
    alone = max(1, limits.places(urgent=urgent) - 1)
    return not limits.pages or len(within(recent, now, limits)) < alone


def free_at(
    recent: Collection[datetime], now: datetime, limits: Limits, *, urgent: bool
) -> datetime:
    """When the window allows one message more: `now` when it does."""
    used = within(recent, now, limits)
    places = limits.places(urgent=urgent)
    if not limits.pages or len(used) < places:
        return now
    return used[places - 1] + limits.window


def leaves_at(
    opened: datetime,
    recent: Collection[datetime],
    now: datetime,
    limits: Limits,
    *,
    urgent: bool,
) -> datetime:
    """When a bundle leaves that was opened then and got its newest member `now`."""
    gathered = min(now + QUIET, opened + LONGEST)
    return max(gathered, free_at(recent, now, limits, urgent=urgent))


def within(recent: Collection[datetime], now: datetime, limits: Limits) -> list[datetime]:
    """The instants that still count, newest first."""
    begin, end = now - limits.window, now + AHEAD
    return sorted((at for at in recent if begin < at <= end), reverse=True)


def written(instants: Iterable[datetime]) -> str:
    """Instants as one text of equal parts, so that the database can put new ones in front."""
    return "".join(f"{int(at.timestamp() * 1000):0{DIGITS}d}" for at in instants)


def read(text: str) -> list[datetime]:
    """The inverse of `written`."""
    parts = (text[start : start + DIGITS] for start in range(0, len(text), DIGITS))
    return [datetime.fromtimestamp(int(part) / 1000, UTC) for part in parts if part.isdecimal()]
