"""How much to take in one go, so that a slow computer still gets done with what it takes.

A transaction that takes longer than whoever watches over its process has patience for is rolled
back with all it did, begun again, and never ends: it must stay far below that.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

TASK_SECONDS = 3.0  # the queue ends a task after 20 s, the supervisor a silent ticker after 15 s


@dataclass
class Portion:
    """Rows per transaction: begins small, doubles while it is quick, halves when it was slow."""

    size: int = 25
    least: int = 5
    most: int = 200
    quick: float = 0.5  # seconds
    slow: float = 1.5
    full: bool = False  # the last one was: more may wait

    def learn(self, done: int, seconds: float) -> None:
        """`done` rows took `seconds`; fewer than were allowed say nothing about more."""
        self.full = done >= self.size
        if seconds > self.slow:
            self.size = max(self.least, self.size // 2)
        elif seconds < self.quick and self.full:
            self.size = min(self.most, self.size * 2)

    def timed(self, work: Callable[[int], int]) -> int:
        """Calls `work` with the size; returns what it returns, how many rows it did."""
        begun = time.monotonic()
        done = work(self.size)
        self.learn(done, time.monotonic() - begun)
        return done


_allowed: ContextVar[float] = ContextVar("allowed", default=TASK_SECONDS)


@contextmanager
def briefly() -> Iterator[None]:
    """Whoever has more to do than this: `while_time` does its work once and no more."""
    token = _allowed.set(0.0)
    try:
        yield
    finally:
        _allowed.reset(token)


def while_time(work: Callable[[], object], seconds: float | None = None) -> None:
    """Repeats `work` until it finds nothing to do or time is over: the next call goes on.

    `seconds`: TASK_SECONDS unless told; never more than one call inside of `briefly`.
    """
    end = time.monotonic() + min(_allowed.get(), TASK_SECONDS if seconds is None else seconds)
    while work() and time.monotonic() < end:
        pass
