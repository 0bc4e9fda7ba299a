"""The job queue as the runtime uses it: one cluster, small errands, a heartbeat through it."""

import logging
import multiprocessing
import time
from typing import Any

from django.db import Error
from django_q.brokers.orm import ORM
from django_q.cluster import Cluster
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signals import post_execute_in_worker
from django_q.tasks import async_task

from core import tasks
from opsknight.runtime import linux

log = logging.getLogger("opsknight.queue")

NOTE_SECONDS = 2.0
# Sentinel, pusher and monitor stand beside the workers.
FAMILY = Conf.WORKERS + 3


class _Recorder(ORM):
    """Remembers the row of the last task, which is gone as soon as the task was done."""

    row: int | None = None

    def enqueue(self, task: str) -> int:
        self.row = int(super().enqueue(task))
        return self.row


class Parcel:
    """One task at a time: sent, and under way until the queue has dropped its row."""

    def __init__(self, task: str) -> None:
        self.task = task
        self.row: int | None = None
        self.sent_at = float("-inf")

    def send(self, now: float) -> None:
        """Enqueues the task; one that is still under way is replaced. `now` is monotonic."""
        self.drop()
        broker = _Recorder()
        async_task(self.task, broker=broker)
        self.row, self.sent_at = broker.row, now

    def under_way(self) -> bool:
        """Asks the queue; one cheap SELECT while something was sent."""
        if self.row is not None and not OrmQ.objects.filter(pk=self.row).exists():
            self.row = None
        return self.row is not None

    def drop(self) -> None:
        """Takes it back. A worker that has it already may still run it."""
        if self.row is not None:
            OrmQ.objects.filter(pk=self.row).delete()
            self.row = None

    def age(self, now: float) -> float:
        """Seconds since it was sent; 0 when nothing is under way."""
        return now - self.sent_at if self.row is not None else 0.0


class Diligence:
    """Notes after a task, now and then, that the workers get on: a heartbeat task may have to wait
    behind a long queue that is being worked off."""

    def __init__(self) -> None:
        self.noted_at = float("-inf")

    def note(self, **_: Any) -> None:
        """Must not raise: the worker would die of it."""
        if time.monotonic() - self.noted_at < NOTE_SECONDS:
            return
        self.noted_at = time.monotonic()
        try:
            tasks.beat()
        except Error as error:
            log.warning("the job queue cannot note its progress: %s", str(error).strip())


def run_cluster() -> None:
    """The main process of the job queue; ends after SIGTERM when its workers have ended."""
    multiprocessing.set_start_method("fork", force=True)
    linux.chain_deaths()
    post_execute_in_worker.connect(Diligence().note, weak=False)
    cluster = Cluster()
    cluster.start()
    sentinel: Any = cluster.sentinel
    sentinel.join()
