"""How many requests were answered how, and how fast: counted in memory that web processes share.

Each process writes a slot of its own and reads all of them: no query, no lock between processes.
Counts go on when a process is replaced, and begin anew when everything is started.
"""

import mmap
import threading
from bisect import bisect_left
from collections.abc import Iterator
from itertools import product

# Longest first where one begins like another; everything else is a page.
ROUTES = (
    ("/api/events", "events"),
    ("/v2/", "events"),
    ("/api/integrations/", "integrations"),
    ("/api/inbound/", "inbound"),
    ("/api/slack/actions", "inbound"),
    ("/api/health", "health"),
    ("/api/", "api"),
    ("/static/", "static"),
)
PAGES = "pages"
CLASSES = (*dict.fromkeys(name for _, name in ROUTES), PAGES)
STATUSES = ("2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_DURATIONS = len(STATUSES)  # where the histogram of a class begins; its sum stands last
_SUM = _DURATIONS + len(BOUNDS) + 1
_WIDTH = _SUM + 1
_NUMBER = 8


def class_of(path: str) -> str:
    """The kind of route; from a fixed list, whatever is asked for."""
    return next((name for prefix, name in ROUTES if path.startswith(prefix)), PAGES)


class Board:
    """The shared memory: for each slot and class counts by status, durations and their sum."""

    def __init__(self, slots: int = 1) -> None:
        self._slot = len(CLASSES) * _WIDTH
        memory = mmap.mmap(-1, self._slot * _NUMBER * slots)
        self._cells = memoryview(memory).cast("d")
        self._lock = threading.Lock()
        self._offset = 0

    def take(self, slot: int) -> None:
        """This process writes there from now on."""
        self._offset = slot * self._slot

    def count(self, path: str, status: int, seconds: float) -> None:
        """One answer; some microseconds."""
        row = self._offset + CLASSES.index(class_of(path)) * _WIDTH
        sort = row + min(max(status // 100 - 2, 0), len(STATUSES) - 1)
        bucket = row + _DURATIONS + bisect_left(BOUNDS, seconds)
        with self._lock:
            self._cells[sort] += 1
            self._cells[bucket] += 1
            self._cells[row + _SUM] += seconds

    def answers(self) -> Iterator[tuple[str, str, float]]:
        """(class, status, how many)."""
        for (at, name), (to, status) in product(enumerate(CLASSES), enumerate(STATUSES)):
            yield name, status, self._total(at * _WIDTH + to)

    def durations(self) -> Iterator[tuple[str, list[float], float]]:
        """(class, how many within each of BOUNDS and above all of them, seconds in all)."""
        for at, name in enumerate(CLASSES):
            row = at * _WIDTH
            found = [self._total(row + _DURATIONS + n) for n in range(len(BOUNDS) + 1)]
            yield name, found, self._total(row + _SUM)

    def _total(self, cell: int) -> float:
        return sum(self._cells[cell :: self._slot])


class _Here:
    """The board of this process; one of its own where no supervisor gave one."""

    board = Board()


def use(board: Board, slot: int) -> None:
    """Called once in a new web process."""
    board.take(slot)
    _Here.board = board


def board() -> Board:
    return _Here.board
