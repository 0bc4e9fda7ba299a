"""What a calendar feed tells, compared with what it told last: identities, changes, removals. Pure.

A shift keeps its UID when its end moves, when its reason changes, and when its start moves while
it still overlaps what was told of it. Every change raises SEQUENCE. A shift that is no more is
told as cancelled for KEEP_REMOVED.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from operator import attrgetter

KEEP_REMOVED = timedelta(days=30)


@dataclass(frozen=True)
class Wanted:
    """A shift that shall be told. `owner` names schedule and person: see `owner_of`."""

    owner: str
    start: datetime
    end: datetime
    summary: str


@dataclass(frozen=True)
class Told:
    """One event as the feed tells it."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    sequence: int
    modified: datetime
    removed: datetime | None = None

    @property
    def owner(self) -> str:
        return self.uid.split("-", 1)[0]


def owner_of(schedule: str, user: str) -> str:
    """Name the series of one person's shifts in one schedule; both are public ids."""
    return _digest(schedule, user)


def reconcile(told: Sequence[Told], wanted: Iterable[Wanted], now: datetime) -> list[Told]:
    """Return every event as it is to be told from `now` on, in order of start.

    `told`: what was told last of the period that the feed covers. Given the same shifts again,
    nothing changes. A removal older than KEEP_REMOVED is told no more.
    """
    pairs, lost = _matched(told, sorted(wanted, key=attrgetter("start", "owner")))
    used = {one.uid for one in told}
    events = [_retold(was, shift, now) for was, shift in pairs if was is not None]
    for was, shift in pairs:
        if was is None:
            uid = _new_uid(shift, used)
            used.add(uid)
            events.append(Told(uid, shift.start, shift.end, shift.summary, 0, now))
    events += [_removed(one, now) for one in lost]
    kept = [one for one in events if one.removed is None or one.removed > now - KEEP_REMOVED]
    return sorted(kept, key=attrgetter("start", "uid"))


def _matched(
    told: Sequence[Told], wanted: Sequence[Wanted]
) -> tuple[list[tuple[Told | None, Wanted]], list[Told]]:
    """Pair each shift with what was told of it, if anything was; and what was told of nothing."""
    # Live ones last: of two with the same start they win.
    left = {one.uid: one for one in sorted(told, key=lambda one: one.removed is None)}
    by_start = {(one.owner, one.start): one for one in left.values()}
    pairs: list[tuple[Told | None, Wanted]] = []
    moved = []
    for shift in wanted:
        was = by_start.get((shift.owner, shift.start))
        if was is None:
            moved.append(shift)
        else:
            del left[was.uid]
            pairs.append((was, shift))
    for shift in moved:
        was = next((one for one in left.values() if _is_moved(one, shift)), None)
        if was is not None:
            del left[was.uid]
        pairs.append((was, shift))
    return pairs, list(left.values())


def _is_moved(was: Told, shift: Wanted) -> bool:
    live = was.removed is None and was.owner == shift.owner
    return live and was.start < shift.end and shift.start < was.end


def _retold(was: Told, shift: Wanted, now: datetime) -> Told:
    same = (was.start, was.end, was.summary) == (shift.start, shift.end, shift.summary)
    if same and was.removed is None:
        return was
    return Told(was.uid, shift.start, shift.end, shift.summary, was.sequence + 1, now)


def _removed(was: Told, now: datetime) -> Told:
    if was.removed is not None:
        return was
    return replace(was, sequence=was.sequence + 1, modified=now, removed=now)


def _new_uid(shift: Wanted, used: set[str]) -> str:
    """Derived from schedule, person and start; numbered when something moved away from there."""
    tries = (
        f"{shift.owner}-{_digest(shift.owner, shift.start.isoformat(), str(number))}@opsknight"
        for number in count()
    )
    return next(uid for uid in tries if uid not in used)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
