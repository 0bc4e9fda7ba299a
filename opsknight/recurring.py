"""Which periodic work exists: all that ticker and supervisor know of the apps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """Done by the ticker itself: the callable gets `now` and may return how much it did.

    `every`: seconds between two calls; `busy`: seconds when the last call did something.
    """

    name: str
    path: str
    every: float
    busy: float | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """Carried by the job queue, at most one under way; by the ticker when the queue is silent.

    `pending` gets `now` and returns what is waiting (its oldest id) or None; `task` is run by a
    worker and gets nothing; `every`: seconds between two looks.
    """

    name: str
    task: str
    pending: str
    every: float


JOBS = (
    Job("escalations", "incidents.paging.advance", every=0.04, busy=0.03),
    Job("snoozes that end", "incidents.commands.wake_due", every=0.2),
    Job("strays of a jump of the clock", "incidents.commands.take_in_strays", every=2),
    Job("rate buckets", "opsknight.runtime.housekeeping.prune_rate_buckets", every=60),
    Job("sessions", "opsknight.runtime.housekeeping.prune_sessions", every=3600),
    Job("failed tasks", "opsknight.runtime.housekeeping.prune_failed_tasks", every=3600),
)

ERRANDS = (
    Errand(
        "incident events",
        task="incidents.tasks.publish",
        pending="opsknight.runtime.housekeeping.oldest_incident_event",
        every=0.25,
    ),
    Errand(
        "delivery events",
        task="notifications.tasks.publish",
        pending="opsknight.runtime.housekeeping.oldest_delivery_event",
        every=0.25,
    ),
)

# After a jump of the clock, in one transaction: hook(old_now=…, delta=…, now=…) moves what is due.
CLOCK_SHIFTS = ("incidents.commands.shift_due_times", "notifications.commands.shift_due_times")
