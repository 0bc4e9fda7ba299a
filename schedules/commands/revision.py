"""What every change of a schedule passes: one at a time, noticed by others, no gap by accident."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from core.errors import Conflict
from schedules import queries
from schedules.domain import preview
from schedules.domain.effort import look_until
from schedules.domain.windows import Interval
from schedules.models import Schedule

STALE = "stale"
ARCHIVED = "archived"
CREATES_GAP = "creates_gap"


class OpensGap(Conflict):
    """A change would leave nobody on call at times when somebody is now: `gaps`, UTC."""

    def __init__(self, gaps: list[Interval]) -> None:
        message = "Nobody would be on call at times when somebody is now; confirm that it is meant"
        super().__init__(message, field="confirmGap", reason=CREATES_GAP)
        self.gaps = gaps


def change(schedule_id: int, *, seen: int | None = None) -> Schedule:
    """Lock the schedule to the end of the transaction and let its revision grow.

    `seen` is the revision that the author looked at; None does not ask. Raises Conflict (reason
    `stale`) when somebody else changed the schedule since, and (`archived`) for one that is gone.
    """
    # The weaker lock: rows that only name the schedule need not wait for it, which ended in
    # deadlocks with whoever holds the lock of a person meanwhile.
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule_id)
    if schedule.archived_at:
        raise Conflict("This schedule is archived; it takes no changes any more", reason=ARCHIVED)
    if seen is not None and seen != schedule.revision:
        raise Conflict(
            "Somebody else changed this schedule meanwhile; look at it and save again",
            field="revision",
            reason=STALE,
        )
    schedule.revision += 1
    schedule.save(update_fields=["revision"])
    return schedule


@contextmanager
def no_new_gap(
    schedule_id: int, *, start: datetime, confirmed: bool, end: datetime | None = None
) -> Iterator[None]:
    """Around the writes of a change: raises OpensGap if they open a gap from `start` to `end`.

    Without an `end` the year after `start` is looked at, or less (domain.effort).
    A gap that was there before is nobody's news. Nothing is asked when it is `confirmed`. The
    caller's transaction takes the writes back.
    """
    if confirmed:
        yield
        return
    year = start + preview.HORIZON
    before = queries.load([schedule_id], start=start, end=end or year)[schedule_id]
    yield
    after = queries.load([schedule_id], start=start, end=end or year)[schedule_id]
    end = end or min(look_until(before, start), look_until(after, start))
    if gaps := preview.new_gaps(before, after, start, end):
        raise OpensGap(gaps)
