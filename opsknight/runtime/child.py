"""A process of the installation: forked, in a group of its own, gone when the supervisor goes."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.db import connections

from opsknight.runtime import linux
from opsknight.runtime.database import Role, take
from opsknight.runtime.progress import Progress

log = logging.getLogger("opsknight.supervisor")

FIRST_DELAY = 0.1
LONGEST_DELAY = 2.0
SETTLED_SECONDS = 10.0
# So many ends within so many seconds are no accident any more; a hang counts for two of them.
OFTEN, OFTEN_SECONDS = 4, 180.0


@dataclass
class Child:
    """What shall run, and what is known of the process that runs it. Times are monotonic.

    `stall_seconds`: longest silence before it counts as hanging. `family`: how many descendants it
    has when complete; one that is gone afterwards is a stall. What it starts in a session of its
    own is no family: it comes and goes.
    """

    name: str
    run: Callable[[], None]
    role: Role
    stall_seconds: float
    family: int = 0
    pid: int = 0
    started: float = 0.0
    start_at: float = 0.0
    delay: float = FIRST_DELAY
    progress: Progress = field(default_factory=lambda: Progress(0.0))
    relatives: list[int] = field(default_factory=list)
    restarts: int = 0
    failures: list[float] = field(default_factory=list)

    def start(self, now: float, release: Callable[[], None], blocked: Collection[int]) -> None:
        """Forks. `release` closes what belongs to the supervisor; `blocked` signals are freed."""
        connections.close_all()
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(parent, release, blocked)
        self.pid, self.started = pid, now
        self.progress, self.relatives = Progress(now), []

    def ended(self, now: float) -> None:
        """The process is gone: when may it start again?"""
        if now - self.started > SETTLED_SECONDS:
            self.delay = FIRST_DELAY
        self.pid, self.start_at = 0, now + self.delay
        self.delay = min(LONGEST_DELAY, self.delay * 2)
        self.restarts += 1
        self.failed(now)

    def failed(self, now: float) -> None:
        """It ended, or hung and had to be ended: then both are noted."""
        self.failures = [at for at in self.failures if now - at < OFTEN_SECONDS] + [now]

    def keeps_failing(self, now: float) -> bool:
        """Does starting it again not help?"""
        return sum(now - at < OFTEN_SECONDS for at in self.failures) >= OFTEN

    def lost_relatives(self) -> bool:
        """Has anyone of its family gone since it was complete?"""
        family = linux.descendants(self.pid)
        now_there = [pid for pid in family if linux.session(pid) == self.pid]
        if not self.relatives:
            self.relatives = now_there if len(now_there) >= self.family else []
            return False
        return not set(self.relatives) <= set(now_there)

    def _become(self, parent: int, release: Callable[[], None], blocked: Collection[int]) -> None:
        status = 1
        try:
            os.setsid()
            linux.die_with_parent(parent)
            linux.name_process(f"ok-{self.name}")
            for number in blocked:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)
            release()
            take(self.role)
            self.run()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            log.exception("%s failed", self.name)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
