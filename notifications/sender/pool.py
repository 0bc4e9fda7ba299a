"""Threads that send. They get values, put results into a queue and never touch the database."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from core import clock
from core.language import speaking
from notifications.channels import base as channels
from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.domain import slots
from notifications.domain.message import Message
from notifications.domain.retry import OWN_FAULT_TRIES

log = logging.getLogger(__name__)

# Channels keep to 8 s themselves; a look-up that ignores every limit is written off after this.
WRITE_OFF_SECONDS = 12.0
# Results that come almost together are written together: half the statements in a storm.
LINGER = 0.008
MAX_THREADS = 2 * slots.POOL


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed delivery. `begin_before` (monotonic): later the lease would not last."""

    outgoing: Outgoing
    channel: str
    provider: str
    message: Mapping[str, Any]
    token: str
    begin_before: float

    @property
    def delivery_id(self) -> int:
        return self.outgoing.delivery_id


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a job. `begun` False: nothing left, the row may be claimed again at once."""

    delivery_id: int
    token: str
    number: int
    started_at: datetime
    finished_at: datetime
    detail: str = ""
    error: ChannelError | None = None
    begun: bool = True
    account: str = ""
    reference: str = ""

    @property
    def ok(self) -> bool:
        return self.begun and self.error is None


@dataclass(slots=True)
class _UnderWay:
    job: Job
    since: float
    at: datetime


@dataclass(slots=True)
class Pool:
    """Bounded: the caller asks `under_way` and submits no more than slots.room allows.

    `note` hears of what went out, by the thread that sent it, before anybody else.
    """

    note: Callable[[Result], None] = lambda result: None
    jobs: "SimpleQueue[Job | None]" = field(default_factory=SimpleQueue)
    done: "SimpleQueue[Result]" = field(default_factory=SimpleQueue)
    running: dict[int, _UnderWay] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)
    abandoned: int = 0

    def submit(self, job: Job) -> None:
        """Raises RuntimeError, and begins nothing, when not a single thread can be had."""
        if len(self.threads) < min(len(self.running) + 1 + self.abandoned, MAX_THREADS):
            self._hire()
        self.running[job.delivery_id] = _UnderWay(job, clock.monotonic(), clock.now())
        self.jobs.put(job)

    def under_way(self) -> Counter[str]:
        """Sends per provider."""
        return Counter(entry.job.provider for entry in self.running.values())

    def collect(self, seconds: float) -> list[Result]:
        """Finished results: waits up to `seconds` for the first, then LINGER for company."""
        found: list[Result] = []
        wait = seconds
        while True:
            try:
                result = self.done.get(timeout=wait) if wait > 0 else self.done.get_nowait()
            except Empty:
                return found + self._written_off()
            if not found:
                linger_until = clock.monotonic() + LINGER
            found.append(result)
            self._forget(result)
            wait = linger_until - clock.monotonic() if self.running else 0

    def close(self) -> None:
        """Lets idle threads end; a busy one is a daemon and dies with the process."""
        for _ in self.threads:
            self.jobs.put(None)

    def _hire(self) -> None:
        """One thread more; when the machine gives none, those that are there carry on."""
        thread = threading.Thread(target=self._work, name="sender", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            if not self.threads:
                raise
            log.warning("%s: %d threads carry on", error, len(self.threads))
            return
        self.threads.append(thread)

    def _forget(self, result: Result) -> None:
        entry = self.running.get(result.delivery_id)
        if entry and entry.job.token == result.token:
            del self.running[result.delivery_id]
        else:
            self.abandoned -= 1  # it was written off and came back after all

    def _written_off(self) -> list[Result]:
        """Sends that no time limit could end: counted as failed, their threads as lost."""
        limit = clock.monotonic() - WRITE_OFF_SECONDS
        stuck = [entry for entry in self.running.values() if entry.since < limit]
        for entry in stuck:
            del self.running[entry.job.delivery_id]
            self.abandoned += 1
            log.error("delivery %d does not come back from %s", *_names(entry.job))
        return [_no_answer(entry) for entry in stuck]

    def _work(self) -> None:
        while (job := self.jobs.get()) is not None:
            result = attempt(job)
            if result.ok:
                self.note(result)
            self.done.put(result)


def attempt(job: Job) -> Result:
    """Renders and sends; any surprise is a failure to be repeated, never a lost result."""
    started = clock.now()
    sent, error, begun = Sent(""), None, True
    try:
        channel, message = channels.module(job.channel), Message.from_json(job.message)
        with speaking(message.language):
            rendered = channel.render(message)
            begun = clock.monotonic() < job.begin_before
            if begun:
                answer = channel.send(rendered, job.outgoing)
                sent = answer if isinstance(answer, Sent) else Sent(answer)
    except ChannelError as refused:
        error = refused
    except Exception as surprise:
        log.exception("delivery %d by %s failed in an unforeseen way", *_names(job))
        error = own_fault(surprise, job.outgoing.number)
    return Result(
        delivery_id=job.delivery_id,
        token=job.token,
        number=job.outgoing.number,
        started_at=started,
        finished_at=clock.now(),
        detail=sent.detail,
        error=error,
        begun=begun,
        account=_account(job),
        reference=sent.reference,
    )


def own_fault(fault: Exception, number: int) -> ChannelError:
    """A fault of ours as the failure of attempt `number`. Only its kind is told: see the log."""
    permanent = number >= OWN_FAULT_TRIES
    return ChannelError(f"internal error: {type(fault).__name__}", permanent=permanent)


def _no_answer(entry: _UnderWay) -> Result:
    return Result(
        delivery_id=entry.job.delivery_id,
        token=entry.job.token,
        number=entry.job.outgoing.number,
        started_at=entry.at,
        finished_at=clock.now(),
        error=ChannelError(f"no end after {WRITE_OFF_SECONDS:.0f} s", maybe_sent=True),
        account=_account(entry.job),
    )


def _account(job: Job) -> str:
    return job.outgoing.account.key if job.outgoing.account else ""


def _names(job: Job) -> tuple[int, str]:
    return job.delivery_id, job.provider
