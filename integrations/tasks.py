"""Entry points of the job queue."""

from core import clock
from integrations.replies import fetching


def fetch_replies() -> int:
    """Asks vendors for answers that they cannot bring; harmless to repeat."""
    return fetching.fetch(clock.now())
