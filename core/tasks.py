"""Background tasks of the core."""

import os

from core import clock, heartbeat

QUEUE = "q2"


def beat() -> None:
    """Run by a worker of the job queue: the whole way from enqueue to execution works."""
    heartbeat.beat(QUEUE, now=clock.now(), pid=os.getpid())
