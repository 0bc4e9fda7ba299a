"""The engine's clockwork: one loop that does what is due, each kind of work isolated."""

import functools
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error, InterfaceError, OperationalError, connection
from django.utils.module_loading import import_string

from core import clock, heartbeat
from core.portions import briefly
from opsknight.recurring import CLOCK_SHIFTS, ERRANDS, JOBS, Errand, Job
from opsknight.runtime.clock_watch import ClockWatch
from opsknight.runtime.queue import Parcel

log = logging.getLogger("opsknight.ticker")

NAME = "ticker"
BEAT_SECONDS = 1.0
PULSE_SECONDS = 2.0  # between two heartbeat tasks through the queue
SILENT_SECONDS = 5.0  # a task under way for so long means that the queue is silent
AGAIN_SECONDS = 1.0  # the same row still waits after its errand was run
REST_SECONDS = 0.04
SEVERAL = 3  # so many at once are a burst
MAX_REST_AFTER_FAILURE = 2.0
SHIFT_TRIES = 5
LOG_SECONDS = 10.0


@dataclass
class Entry:
    """One kind of work and when it is due (monotonic)."""

    name: str
    call: Callable[[datetime], Any]
    every: float
    busy: float | None = None
    burst: float | None = None
    batch: int = 0
    due: float = 0.0
    failures: int = 0
    logged: float = float("-inf")

    def rest(self, did: Any) -> float:
        """Seconds until the next call after one that did so much."""
        if self.burst is not None and SEVERAL <= did < self.batch:
            return self.burst
        return self.busy if did and self.busy is not None else self.every


class QueueWatch:
    """Whether the job queue does its work; judged by tasks that were sent and never finished."""

    def __init__(self) -> None:
        self.pulse = Parcel("core.tasks.beat")
        self.silent = False

    def look(self, now: datetime) -> None:
        """Called a few times a second. Raises what the queue's table says."""
        try:
            self._look()
        except Error:
            self.broken()
            raise

    def broken(self) -> None:
        """Its table cannot be used: no better than a silent queue."""
        self.pulse.row = None
        self._note(silent=True)

    def _look(self) -> None:
        monotonic = time.monotonic()
        if self.pulse.row is not None:
            if not self.pulse.under_way():
                self._note(silent=False)
            elif self.pulse.age(monotonic) < SILENT_SECONDS:
                return
            else:
                self._note(silent=True)
        if monotonic - self.pulse.sent_at > PULSE_SECONDS:
            self.pulse.send(monotonic)

    def overdue(self, parcel: Parcel) -> bool:
        """Is the queue silent, by this parcel's fate or by what is known already?"""
        if parcel.age(time.monotonic()) > SILENT_SECONDS:
            self._note(silent=True)
        return self.silent

    def _note(self, *, silent: bool) -> None:
        if silent != self.silent:
            words = "is silent; the ticker does its work" if silent else "works again"
            log.warning("the job queue %s", words)
        self.silent = silent


class Porter:
    """Runs one errand through the queue, or right here when the queue is silent."""

    def __init__(self, errand: Errand, queue: QueueWatch) -> None:
        self.parcel = Parcel(errand.task)
        self.run_here = import_string(errand.task)
        self.pending = import_string(errand.pending)
        self.queue = queue
        self.patient = errand.patient
        self.last_oldest: int | None = None

    def look(self, now: datetime) -> None:
        """Something waits? Then exactly one task for it is under way afterwards, or it was done."""
        oldest = self.pending(now)
        if oldest is None:
            return
        try:
            self._bring(oldest)
        except Error:
            self.parcel.row = None
            self.queue.broken()
            if self.patient:
                raise
            self._run_here()

    def _bring(self, oldest: int) -> None:
        under_way = self.parcel.under_way()
        # A patient task that takes its time says nothing about the queue.
        if not self.patient and self.queue.overdue(self.parcel):
            self.parcel.drop()
            self._run_here()
            return
        monotonic = time.monotonic()
        stuck = oldest == self.last_oldest and monotonic - self.parcel.sent_at < AGAIN_SECONDS
        if not under_way and not stuck:
            self.last_oldest = oldest
            self.parcel.send(monotonic)

    def _run_here(self) -> None:
        """A portion for each look: what pages people comes between."""
        with briefly():
            self.run_here()


class Ticker:
    """Runs until SIGTERM. Any number of tickers may run: the work itself is claimed row by row."""

    def __init__(self, entries: Sequence[Entry], watch: ClockWatch) -> None:
        self.entries = entries
        self.watch = watch
        self.stopping = False
        self.shift_failures = 0

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while not self.stopping:
            self.turn()
            rest = min(entry.due for entry in self.entries) - time.monotonic()
            time.sleep(min(REST_SECONDS, max(0.001, rest)))
        connection.close()

    def stop(self, *_: Any) -> None:
        self.stopping = True

    def turn(self) -> None:
        """Everything that is due now, once."""
        for entry in self.entries:
            if entry.due > time.monotonic() or self.stopping:
                continue
            now = clock.now()
            if not self._clock_is_settled(now):
                time.sleep(REST_SECONDS)
                return
            self._run(entry, now)

    def _run(self, entry: Entry, now: datetime) -> None:
        try:
            did = entry.call(now)
        except Exception as error:  # noqa: BLE001 no kind of work may stop another
            entry.failures += 1
            rest = min(MAX_REST_AFTER_FAILURE, entry.every * 2 ** min(entry.failures, 10))
            entry.due = time.monotonic() + rest
            self._say(entry, error)
            return
        entry.failures = 0
        entry.due = time.monotonic() + entry.rest(did)

    def _say(self, entry: Entry, error: Exception) -> None:
        lost = isinstance(error, OperationalError | InterfaceError)
        if lost:
            connection.close()  # the next call opens a new one
        if time.monotonic() - entry.logged < LOG_SECONDS:
            return
        entry.logged = time.monotonic()
        if lost:
            log.warning("%s: the database does not answer: %s", entry.name, str(error).strip())
        else:
            log.error("%s failed; the others go on", entry.name, exc_info=error)

    def _clock_is_settled(self, now: datetime) -> bool:
        try:
            self.watch.check(now, time.monotonic())
        except (OperationalError, InterfaceError) as error:
            log.warning("clock: the database does not answer: %s", str(error).strip())
            connection.close()
            time.sleep(1)
            return False
        except Exception:
            # Late is better than never: a shift that cannot be made must not stop the paging.
            self.shift_failures += 1
            log.exception("due times could not follow the clock (try %d)", self.shift_failures)
            if self.shift_failures < SHIFT_TRIES:
                return False
            self.watch.accept(now, time.monotonic())
        self.shift_failures = 0
        return True


def build(
    jobs: Sequence[Job] = JOBS,
    errands: Sequence[Errand] = ERRANDS,
    shifts: Sequence[str] = CLOCK_SHIFTS,
) -> Ticker:
    """The ticker of this installation. Raises ImportError when a listed path does not exist."""
    queue = QueueWatch()
    beat = functools.partial(_beat, os.getpid())
    entries = [Entry(NAME, beat, BEAT_SECONDS), Entry("job queue", queue.look, 0.25)]
    entries += [_entry(job) for job in jobs]
    entries += [Entry(e.name, Porter(e, queue).look, e.every) for e in errands]
    return Ticker(entries, ClockWatch([import_string(path) for path in shifts]))


def _entry(job: Job) -> Entry:
    return Entry(job.name, import_string(job.path), job.every, job.busy, job.burst, job.batch)


def _beat(pid: int, now: datetime) -> None:
    heartbeat.beat(NAME, now=now, pid=pid)


def run() -> None:
    """The process `ticker`."""
    build().run()
