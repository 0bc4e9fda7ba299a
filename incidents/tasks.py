"""django-q2 entry points."""

from core import clock
from core.portions import while_time
from incidents import commands, publishing


def publish() -> None:
    """Publishes full portions, and one that is not: what comes meanwhile gathers for the next look.

    Bounded: the ticker asks again, or does it itself.
    """
    while_time(lambda: publishing.publish_due(clock.now()) and publishing.PORTION.full)


def tell_watchers() -> None:
    """Tells until nobody waits (bounded: the ticker asks again)."""
    while_time(lambda: commands.tell_watchers(clock.now()))


def mind_clocks() -> None:
    """Bounded as well: what is left is found at the next look."""
    while_time(lambda: commands.mind_clocks(clock.now()))


def apply_levels() -> None:
    commands.apply_levels(clock.now())


def start_missing_clocks() -> None:
    commands.start_missing(clock.now())
