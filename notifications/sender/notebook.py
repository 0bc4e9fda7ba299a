"""What went out is noted in a file before the database knows of it.

A sender that is killed between a provider's yes and the write of that result would leave the row
to the end of its lease, and somebody to a second page. The next sender of this computer reads what
the dead one noted, settles those rows, and takes over at once what else the dead one held. While
senders die one after the other that waits for one that lives: each would send the same thing. A
line outlives its process, not a power cut: then the row is repeated, late or loud.
"""

import contextlib
import fcntl
import json
import logging
import os
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from core.database import AWAY
from notifications.models import Delivery, DeliveryState
from notifications.sender import faults, results
from notifications.sender.pool import Result

log = logging.getLogger(__name__)

FOLDER = "sent"  # in the data directory
MAX_BYTES = 16 * 2**20  # beyond it nothing is noted until the database has all of it
TOGETHER = 200
YOUNG = timedelta(seconds=5)  # a sender that dies so soon may be one of many
PATIENCE = timedelta(seconds=30)
STUCK_SECONDS = 0.05  # a disk that hangs keeps one thread, and nobody else for longer
Mark = tuple[int, str]  # delivery and lease token


@dataclass(slots=True)
class Notebook:
    """The notes of one sender, whose lock on the file says that it lives.

    `outstanding`: noted, and not in the database as far as is known; `settled`: in the database,
    and not struck out yet. Without a file, or while a disk hangs, nothing is noted and all goes
    on: what is missing then is only the guard against a second page. Only threads that send touch
    the file while the sender works.
    """

    path: Path | None = None
    file: int | None = None
    outstanding: set[Mark] = field(default_factory=set)
    settled: set[Mark] = field(default_factory=set)
    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def begin(cls, home: Path, name: str, at: float) -> "Notebook":
        """`at`: seconds of the clock that nobody can set (core.clock.monotonic)."""
        path, file = home / FOLDER / f"{name}.{int(at)}.jsonl", None
        unseen = path.with_suffix(".new")  # until it is locked, nobody may take it for a dead one's
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(unseen, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unseen.rename(path)
        except OSError as error:
            log.warning("what is sent cannot be noted in %s: %s", path.parent, error)
            if file is not None:
                os.close(file)
            return cls()
        return cls(path, file)

    def note(self, sent: Sequence[Result]) -> None:
        """By any thread; a disk that is full or hangs is no reason not to go on."""
        lines = [json.dumps(_fields(result), separators=(",", ":")) for result in sent]
        # Each begins a line of its own, also behind one that a full disk tore.
        text = "".join(f"\n{line}\n" for line in lines).encode()
        if not self.lock.acquire(timeout=STUCK_SECONDS):
            return
        try:
            if self.file is not None and self.size and not self.outstanding:
                os.ftruncate(self.file, 0)
                self.size = 0
            if self.file is None or self.size + len(text) > MAX_BYTES:
                return
            self.size += len(text)
            self.outstanding |= _marks(sent)
            os.write(self.file, text)
        except OSError as error:
            self.size = MAX_BYTES  # said once; asked again when all of it is in the database
            log.warning("what was sent cannot be noted: %s", error)
        finally:
            self.lock.release()

    def written(self, results: Iterable[Result]) -> None:
        """These are in the database; when all that was noted is, the next note wipes it first."""
        self.settled |= _marks(results)
        if not self.lock.acquire(blocking=False):
            return
        try:
            self.outstanding -= self.settled
            self.settled.clear()
        finally:
            self.lock.release()

    def end(self) -> None:
        """For a sender that holds nothing any more; else the end of its process does it."""
        if not self.lock.acquire(timeout=STUCK_SECONDS):
            return
        try:
            if self.file is not None and self.path is not None:
                _remove(self.path)
                os.close(self.file)
                self.file = None
        finally:
            self.lock.release()


def settle_left_behind(home: Path, now: datetime, at: float) -> int:
    """Settles what senders that live no more have noted, and sees to what else they held.

    `at`: `now` on the clock that nobody can set. Returns how many deliveries were settled. Raises
    the errors of a database that is away; anything else leaves rows to the end of their leases.
    """
    try:
        with contextlib.ExitStack() as stack:
            dead = []
            for path in (home / FOLDER).glob("*.jsonl"):
                found = stack.enter_context(_of_the_dead(path))
                if found is not None:
                    dead.append((path, found))
            crashing = any(_is_younger(path, YOUNG, at) for path, _ in dead)
            settled = 0
            for path, found in dead:
                settled += _settle(found, now)
                give_up = not _is_younger(path, PATIENCE, at)
                if _hand_over(path, now, crashing=crashing, give_up=give_up):
                    _remove(path)
            return settled
    except AWAY:
        raise
    except Exception:
        log.exception("what senders left behind cannot be settled; leases end by themselves")
        return 0


def _remove(path: Path) -> None:
    """A file that stays is read again by the next sender, and changes nothing any more."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", path, error)


def _hand_over(path: Path, now: datetime, *, crashing: bool, give_up: bool) -> bool:
    """What the dead one holds is claimed by whoever comes first, as a possible duplicate: at once.

    While senders die one after the other it waits for one that lives, else each would send the same
    thing; not for long, late is bad enough. Returns whether that is all that was to be done.
    """
    name = path.stem.partition(".")[0]
    rows = Delivery.objects.filter(state=DeliveryState.SENDING, lease_token__startswith=f"{name}.")
    if not crashing:
        ended = rows.update(next_attempt_at=now, lease_until=now, planned_at=now)
        if ended:
            log.warning("%d messages were in the hands of a sender that was ended; repeated", ended)
        return True
    if give_up:
        return True
    later = now + YOUNG
    due = {"next_attempt_at": later, "lease_until": later, "planned_at": now}
    rows.filter(next_attempt_at__lt=later).update(**due)
    return not rows.exists()


def _is_younger(path: Path, age: timedelta, at: float) -> bool:
    """Whether its sender began so shortly ago. One from before the computer started did not."""
    begun = path.stem.partition(".")[2]
    return begun.isdecimal() and 0 <= at - int(begun) < age.total_seconds()


@contextlib.contextmanager
def _of_the_dead(path: Path) -> Iterator[list[Result] | None]:
    """What stands in the file, which nobody else reads meanwhile; None while its sender lives.

    None, too, for what no sender wrote there.
    """
    with contextlib.ExitStack() as stack:
        found = None
        try:
            # NFS locks only what may be written; a pipe must not be waited for.
            file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            lines = stack.enter_context(os.fdopen(file, encoding="utf-8", errors="replace"))
            about = os.fstat(file)
            if stat.S_ISREG(about.st_mode) and about.st_size <= 2 * MAX_BYTES:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found = [result for result in map(_result, lines) if result is not None]
        except BlockingIOError:
            pass
        except OSError as error:
            log.warning("what stands in %s cannot be read: %s", path, error)
        yield found


def _settle(noted: Sequence[Result], now: datetime) -> int:
    """Those whose rows still wait for just this result."""
    settled = 0
    for start in range(0, len(noted), TOGETHER):
        part = noted[start : start + TOGETHER]
        rows = Delivery.objects.filter(pk__in=[result.delivery_id for result in part])
        waiting = _marks(part) & set(rows.values_list("pk", "lease_token"))
        mine = [result for result in part if (result.delivery_id, result.token) in waiting]
        settled += _record(mine, now) if mine else 0
    if settled:
        log.warning("%d messages had gone out when their sender was ended; noted now", settled)
    return settled


def _record(mine: Sequence[Result], now: datetime) -> int:
    """As of when they left. One that cannot be stored must not hold up the others."""
    left = min(now, max(result.finished_at for result in mine))
    try:
        results.record(mine, now=left, jitter=lambda: 0.0)
        return len(mine)
    except AWAY:
        raise
    except Exception as fault:
        log.exception("what was noted of %d deliveries cannot be stored", len(mine))
        if len(mine) == 1:
            return _settle_barely(mine[0], fault, now)
    return sum(_record([one], now) for one in mine)


def _settle_barely(result: Result, fault: Exception, now: datetime) -> int:
    try:
        return int(faults.settle_barely(result, fault, now=now))
    except AWAY:
        raise
    except Exception:
        log.exception("delivery %d is left to the end of its lease", result.delivery_id)
        return 0


def _marks(results: Iterable[Result]) -> set[Mark]:
    return {(result.delivery_id, result.token) for result in results}


def _fields(result: Result) -> list[object]:
    times = result.started_at.isoformat(), result.finished_at.isoformat()
    said = result.detail, result.account, result.reference
    return [result.delivery_id, result.token, result.number, *times, *said]


def _result(line: str) -> Result | None:
    """None for a line that was torn when its sender died."""
    try:
        pk, token, number, started, finished, detail, account, reference = json.loads(line)
        return Result(
            delivery_id=int(pk),
            token=str(token),
            number=int(number),
            started_at=datetime.fromisoformat(started),
            finished_at=datetime.fromisoformat(finished),
            detail=str(detail),
            account=str(account),
            reference=str(reference),
        )
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return None
