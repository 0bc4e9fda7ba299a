"""Notices that the wall clock was moved, and moves what is due along, once.

The wall clock less the monotonic clock is constant until somebody sets the clock, or the machine
sleeps. A jump would fire (or hold back) every escalation at once; instead future due times are
shifted by as much. The row `clock` makes one of several tickers act: see `_settle`.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from core.models import Heartbeat

log = logging.getLogger("opsknight.clock")

ROW = "clock"
JUMP_SECONDS = 30.0
DRIFT_SECONDS = 1.0
Shift = Callable[..., object]


def boot_id() -> str:
    """Names the time since boot in which monotonic clocks can be compared."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class ClockWatch:
    """Asked before each piece of work with the two clocks read together."""

    def __init__(self, shifts: Sequence[Shift], boot: str | None = None) -> None:
        self.shifts = shifts
        self.boot = boot or boot_id()
        self.offset: float | None = None  # wall less monotonic at the last look
        self.saved = 0.0

    def check(self, now: datetime, monotonic: float) -> timedelta | None:
        """By how much due times were shifted by this call; None almost always.

        Work that depends on `now` must not go on when this raises: the shift is still owed.
        """
        offset = now.timestamp() - monotonic
        if self.offset is None or abs(offset - self.offset) > JUMP_SECONDS:
            return self._settle(offset, now)
        self.offset = offset
        if abs(offset - self.saved) > DRIFT_SECONDS:
            self._save(offset, now)
        return None

    def accept(self, now: datetime, monotonic: float) -> None:
        """Goes on with the clock as it is, without a shift; the next look saves it."""
        self.offset = now.timestamp() - monotonic

    def _settle(self, offset: float, now: datetime) -> timedelta | None:
        """One transaction: whoever moves the row forward shifts; the others wait for its commit."""
        with transaction.atomic():
            row, _ = Heartbeat.objects.get_or_create(
                name=ROW, defaults={"at": now, "detail": self._detail(offset)}
            )
            before = row.detail["offset"] if row.detail.get("boot_id") == self.boot else self.offset
            jump = offset - (offset if before is None else before)
            mine = Heartbeat.objects.filter(pk=row.pk, at=row.at).update(
                at=now, detail=self._detail(offset)
            )
            moved = bool(mine) and abs(jump) > JUMP_SECONDS
            delta = timedelta(seconds=jump) if moved else None
            for shift in self.shifts if delta else ():
                shift(old_now=now - timedelta(seconds=jump), delta=delta, now=now)
        self.offset = self.saved = offset
        if delta:
            log.warning("the clock moved by %+.0f s; what was due later moved along", jump)
        return delta

    def _save(self, offset: float, now: datetime) -> None:
        rows = Heartbeat.objects.filter(name=ROW)
        rows.update(at=now, detail=self._detail(offset))
        self.saved = offset

    def _detail(self, offset: float) -> dict[str, str | float]:
        return {"boot_id": self.boot, "offset": offset}
