"""django-q2 entry points."""

from core import clock
from incidents import commands, publishing


def publish() -> None:
    """Publishes until nothing is left (bounded: the ticker asks again)."""
    for _ in range(50):
        if not publishing.publish_due(clock.now()):
            return


def tell_watchers() -> None:
    """Tells until nobody waits (bounded: the ticker asks again)."""
    for _ in range(20):
        if not commands.tell_watchers(clock.now()):
            return


def mind_clocks() -> None:
    """Bounded as well: what is left is found at the next look."""
    for _ in range(50):
        if not commands.mind_clocks(clock.now()):
            return


def apply_levels() -> None:
    commands.apply_levels(clock.now())


def start_missing_clocks() -> None:
    commands.start_missing(clock.now())
