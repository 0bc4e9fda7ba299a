"""How much to take in one go, so that a slow computer still gets done with what it takes.

A transaction that takes longer than whoever watches over its process has patience for is rolled
back with all it did, begun again, and never ends: it must stay far below that.
"""

import time
from collections.abc import Callable
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

    def learn(self, done: int, seconds: float) -> None:
        """`done` rows took `seconds`; fewer than were allowed say nothing about more."""
        if seconds > self.slow:
            self.size = max(self.least, self.size // 2)
        elif seconds < self.quick and done >= self.size:
            self.size = min(self.most, self.size * 2)

    def timed(self, work: Callable[[int], int]) -> int:
        """Calls `work` with the size; returns what it returns, how many rows it did."""
        begun = time.monotonic()
        done = work(self.size)
        self.learn(done, time.monotonic() - begun)
        return done


def while_time(work: Callable[[], int], seconds: float = TASK_SECONDS) -> None:
    """Repeats `work` until it finds nothing to do or `seconds` are over: the next call goes on."""
    end = time.monotonic() + seconds
    while work() and time.monotonic() < end:
        pass
