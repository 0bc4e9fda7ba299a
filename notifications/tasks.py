"""Entry points of the job queue."""

from core import clock
from notifications.publishing import publish_due


def publish() -> int:
    """Publishes what is due; harmless to repeat and to run twice at once."""
    return publish_due(clock.now())
