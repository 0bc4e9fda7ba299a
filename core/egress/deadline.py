"""One instant by which everything must be over, however slowly the peer drips."""

import time


class Deadline:
    """A total time budget in seconds, counted on the monotonic clock from creation.

    Socket time-outs start anew with each byte; asking `remaining()` before each operation
    makes the sum of all operations bounded instead.
    """

    __slots__ = ("_end", "seconds", "started")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.started = time.monotonic()
        self._end = self.started + seconds

    def remaining(self, limit: float | None = None) -> float:
        """Seconds left, at most `limit`. Raises TimeoutError when none are left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time budget is used up")
        return left if limit is None else min(left, limit)

    @property
    def expired(self) -> bool:
        return time.monotonic() >= self._end

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)
