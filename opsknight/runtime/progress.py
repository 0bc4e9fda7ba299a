"""Is a process getting on? Judged by values that change, never by a process being there."""

import mmap
import struct
import time
from typing import Any

_SLOT = struct.Struct("dd")


class Progress:
    """Since when a value has not changed. All times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self.since = now
        self.value: Any = None
        self.moved = False

    def observe(self, value: Any, now: float) -> None:
        """The first value seen may be left from an earlier run: it proves nothing."""
        if value != self.value:
            self.moved = self.moved or self.value is not None
            self.value, self.since = value, now

    def excuse(self, now: float) -> None:
        """Silence up to now had another cause."""
        self.since = now

    def silent_for(self, now: float) -> float:
        return now - self.since


class Board:
    """Memory that the supervisor shares with the web processes: one slot of two times for each."""

    def __init__(self, slots: int) -> None:
        self.memory = mmap.mmap(-1, _SLOT.size * max(1, slots))

    def read(self, slot: int) -> tuple[float, float]:
        """When the loop last turned and when an answer was last finished."""
        turned, answered = _SLOT.unpack_from(self.memory, slot * _SLOT.size)
        return turned, answered

    def pulse(self, slot: int) -> "Pulse":
        return Pulse(self, slot)


class Pulse:
    """The web process's end of a slot."""

    def __init__(self, board: Board | None = None, slot: int = 0) -> None:
        self.board = board or Board(1)
        self.offset = slot * _SLOT.size

    def turned(self) -> None:
        struct.pack_into("d", self.board.memory, self.offset, time.monotonic())

    def answered(self) -> None:
        struct.pack_into("d", self.board.memory, self.offset + 8, time.monotonic())
