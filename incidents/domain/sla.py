"""Clocks of a service level: what stands on them follows from what happened, and from nothing else.

An incident has one clock to be resolved, and one to be acknowledged for each time it waits for
somebody. They are read from its changes of status, so that whoever reads them, in whatever order
and however late, reads the same.

- ACK starts when the incident opens, and anew when it opens again after somebody had taken it.
  Acknowledging or resolving stops it.
- RESOLVE starts when the incident is created and stops when it is resolved; reopened, it goes on
  where it stood.
- Snoozed and suppressed time counts for neither, nor does time outside the support hours of the
  target.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from incidents.domain.lifecycle import Status
from schedules.domain.hours import SupportHours

NONE = timedelta()
QUIET = (Status.SNOOZED, Status.SUPPRESSED)


class Clock(StrEnum):
    ACK = "ACK"
    RESOLVE = "RESOLVE"


class Word(StrEnum):
    """What a clock says, in one word."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    BREACHED = "BREACHED"  # and still not done
    MET = "MET"
    LATE = "LATE"  # done after the end


@dataclass(frozen=True, slots=True)
class Change:
    """The incident has had this status since then."""

    at: datetime
    status: Status


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still in [start, end); `why` is the status, None an end that is not yet."""

    start: datetime
    end: datetime | None
    why: Status


@dataclass(frozen=True, slots=True)
class Run:
    """One clock as the timeline has it: started, paused, stopped (`met_at`)."""

    clock: Clock
    round: int
    started_at: datetime
    pauses: tuple[Pause, ...] = ()
    met_at: datetime | None = None

    @property
    def paused(self) -> Pause | None:
        return self.pauses[-1] if self.pauses and self.pauses[-1].end is None else None


@dataclass(frozen=True, slots=True)
class Goal:
    """How much time there is, and how much of it is left when people are warned.

    `shift`: what jumps of the computer's clock added to the readings; no real time passed in it.
    """

    target: timedelta
    notice: timedelta
    hours: SupportHours | None = None
    shift: timedelta = NONE


@dataclass(frozen=True, slots=True)
class Face:
    """What a clock shows at an instant.

    `due`: when the time is (was) used up, None while paused or never; `warn`: the same for the
    warning; `left`: what is left while it stands still; `opens`: when support hours begin again
    and the clock goes on, None while they last; `turns`: when that changes next.
    """

    due: datetime | None
    warn: datetime | None
    left: timedelta = NONE
    opens: datetime | None = None
    turns: datetime | None = None


def runs(history: Sequence[Change]) -> list[Run]:
    """All clocks of an incident, the last of each kind being the present one."""
    found = _acknowledgements(history)
    return [*found, _resolution(history)] if found else []


def face(run: Run, goal: Goal, now: datetime) -> Face:
    """Read one clock at `now`."""
    budget = goal.target + goal.shift
    due, left = _used_up(run, goal, budget)
    warn, _ = _used_up(run, goal, budget - goal.notice)
    if run.met_at or run.paused or goal.hours is None:
        return Face(due, warn, left)
    if goal.hours.open_at(now):
        return Face(due, warn, left, turns=goal.hours.next_close(now))
    opens = goal.hours.next_open(now)
    left = max(NONE, budget - _elapsed(_stretches(run, now), goal))
    return Face(due, warn, left, opens=opens, turns=opens)


def breached(run: Run, due: datetime | None, now: datetime) -> bool:
    """Whether the time was used up before it was done; done at that very instant is in time."""
    return due is not None and (due < run.met_at if run.met_at else due <= now)


def word(*, met: bool, breached: bool, still: bool) -> Word:
    """In one word; `still`: paused, or outside support hours."""
    if met:
        return Word.LATE if breached else Word.MET
    if breached:
        return Word.BREACHED
    return Word.PAUSED if still else Word.RUNNING


@dataclass(slots=True)
class _Draft:
    run: Run
    pauses: list[Pause] = field(default_factory=list)

    def pause(self, at: datetime, why: Status) -> None:
        self.go_on(at)
        self.pauses.append(Pause(at, None, why))

    def go_on(self, at: datetime) -> None:
        if self.pauses and self.pauses[-1].end is None:
            self.pauses[-1] = replace(self.pauses[-1], end=at)

    def done(self, met_at: datetime | None = None) -> Run:
        return replace(self.run, pauses=tuple(self.pauses), met_at=met_at)


def _acknowledgements(history: Sequence[Change]) -> list[Run]:
    found: list[Run] = []
    waits: _Draft | None = None
    for change in history:
        if waits is None:
            if change.status is Status.OPEN:
                waits = _Draft(Run(Clock.ACK, len(found) + 1, change.at))
        elif change.status in QUIET:
            waits.pause(change.at, change.status)
        else:
            waits.go_on(change.at)
            if change.status is not Status.OPEN:
                found.append(waits.done(change.at))
                waits = None
    return [*found, waits.done()] if waits else found


def _resolution(history: Sequence[Change]) -> Run:
    draft = _Draft(Run(Clock.RESOLVE, 1, history[0].at))
    for change in history:
        if change.status in QUIET or change.status is Status.RESOLVED:
            draft.pause(change.at, change.status)
        else:
            draft.go_on(change.at)
    last = draft.pauses[-1] if draft.pauses else None
    if last is None or last.end is not None or last.why is not Status.RESOLVED:
        return draft.done()
    draft.pauses.pop()
    return draft.done(last.start)


def _used_up(run: Run, goal: Goal, budget: timedelta) -> tuple[datetime | None, timedelta]:
    """When so much time has run on the clock, as far as it is known, and what is left until then.

    A clock that was stopped is read as if it had gone on.
    """
    left = budget
    for start, end in _stretches(run, None):
        at = _after(start, left, goal)
        if at is not None and (end is None or at <= end):
            return at, left
        if end is not None:
            left -= _elapsed([(start, end)], goal)
    return None, left


def _stretches(run: Run, now: datetime | None) -> list[tuple[datetime, datetime | None]]:
    """When the clock ran: up to `now` if given, else with an open end unless it is paused."""
    found: list[tuple[datetime, datetime | None]] = []
    at: datetime | None = run.started_at
    for pause in run.pauses:
        if at is not None:
            found.append((at, pause.start))
        at = pause.end
    return [*found, (at, now)] if at is not None else found


def _after(start: datetime, span: timedelta, goal: Goal) -> datetime | None:
    # Without hours also before the start: the computer's clock went back by more than the target.
    return goal.hours.after(start, span) if goal.hours else start + span


def _elapsed(stretches: Sequence[tuple[datetime, datetime | None]], goal: Goal) -> timedelta:
    """Less than nothing where the computer's clock went back: `shift` says by how much."""
    total = NONE
    for start, end in stretches:
        if end is None:
            continue
        if goal.hours is None:
            total += end - start
        elif end > start:
            total += goal.hours.elapsed(start, end)
        else:
            total -= goal.hours.elapsed(end, start)
    return total
