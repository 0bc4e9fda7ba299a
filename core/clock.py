"""The one place where the clock is read.

With OPSKNIGHT_TESTING=1 the file `clock_offset` in the data directory holds seconds that are added
to the real time at each call, so that a test can move the time of running processes.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

OFFSET_FILE = "clock_offset"


def now() -> datetime:
    """The current instant, timezone-aware UTC."""
    return datetime.now(UTC) + timedelta(seconds=_offset())


def monotonic() -> float:
    """Seconds of a clock that nobody can set; the same for all processes since boot."""
    return time.monotonic()


def _offset() -> float:
    if not settings.TESTING:
        return 0.0
    try:
        return float(Path(settings.DATA_DIR, OFFSET_FILE).read_text() or 0)
    except (FileNotFoundError, ValueError):
        return 0.0
