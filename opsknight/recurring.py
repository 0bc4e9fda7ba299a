"""Which periodic work exists: all that ticker and supervisor know of the apps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """Done by the ticker itself: the callable gets `now` and may return how much it did.

    `every`: seconds between two calls; `busy`: seconds when the last call did something; `burst`:
    seconds when it did several things but not a full `batch`: what arrives together is cheaper
    done together, and leaves the computer to those that report more.
    """

    name: str
    path: str
    every: float
    busy: float | None = None
    burst: float | None = None
    batch: int = 100


@dataclass(frozen=True, slots=True)
class Errand:
    """Carried by the job queue, at most one under way; by the ticker when the queue is silent.

    `pending` gets `now` and returns what is waiting (its oldest id) or None; `task` is run by a
    worker and gets nothing; `every`: seconds between two looks. `patient`: it may be slow, so it
    waits for the queue rather than hold up what the ticker pages itself.
    """

    name: str
    task: str
    pending: str
    every: float
    patient: bool = False


JOBS = (
    Job("escalations", "incidents.paging.advance", every=0.04, busy=0.03, burst=0.2),
    Job("bundles of incidents", "incidents.shield.departure.depart", every=0.5),
    Job("bundles that are acknowledged", "incidents.commands.go_on_taking", every=0.5, busy=0.1),
    Job("snoozes that end", "incidents.commands.wake_due", every=0.2),
    Job("acknowledgements that end", "incidents.commands.expire_acknowledgements", every=0.5),
    Job("acknowledgements without a timer", "incidents.commands.time_untimed", every=30),
    Job("help that nobody gave", "incidents.commands.expire_requests", every=1),
    Job("timers of a clock ahead", "incidents.commands.take_in_stray_timers", every=2),
    Job("support hours that changed", "incidents.commands.look_again", every=30),
    Job("strays of a jump of the clock", "incidents.commands.take_in_strays", every=2),
    Job("bundles of a clock ahead", "incidents.shield.departure.take_in_strays", every=2),
    Job("deliveries of a clock ahead", "notifications.commands.take_in_strays", every=2),
    Job("paging check", "dashboard.commands.look", every=60, busy=10),
    Job("requests for cover that nobody took", "schedules.commands.expire_covers", every=10),
    Job("what is older than kept", "notifications.commands.pruning.prune", every=600, busy=2),
    Job("rate buckets", "opsknight.runtime.housekeeping.prune_rate_buckets", every=60),
    Job("sessions", "opsknight.runtime.housekeeping.prune_sessions", every=3600),
    Job("failed tasks", "opsknight.runtime.housekeeping.prune_failed_tasks", every=3600),
)

ERRANDS = (
    Errand(
        "notices of shifts",
        task="schedules.tasks.tell_shifts",
        pending="schedules.queries.shift_notices_wait",
        every=20,
    ),
    Errand(
        "incident events",
        task="incidents.tasks.publish",
        pending="opsknight.runtime.housekeeping.oldest_incident_event",
        every=0.5,
    ),
    Errand(
        "news for watchers",
        task="incidents.tasks.tell_watchers",
        pending="incidents.commands.watch_news.oldest_change_due",
        every=5,
        patient=True,
    ),
    Errand(
        "clocks of service levels",
        task="incidents.tasks.mind_clocks",
        pending="incidents.queries.oldest_clock_due",
        every=1,
    ),
    Errand(
        "changed service levels",
        task="incidents.tasks.apply_levels",
        pending="services.queries.oldest_level_to_apply",
        every=5,
        patient=True,
    ),
    Errand(
        "incidents without their clocks",
        task="incidents.tasks.start_missing_clocks",
        pending="incidents.queries.oldest_without_clocks",
        every=60,
        patient=True,
    ),
    Errand(
        "delivery events",
        task="notifications.tasks.publish",
        pending="opsknight.runtime.housekeeping.oldest_delivery_event",
        every=0.5,
    ),
    Errand(
        "monthly test pages",
        task="notifications.tasks.send_monthly_drills",
        pending="notifications.queries.oldest_drill_plan_due",
        every=20,
    ),
    Errand(
        "test pages that end",
        task="notifications.tasks.conclude_drills",
        pending="notifications.queries.oldest_drill_to_conclude",
        every=15,
    ),
    Errand(
        "answers that vendors cannot bring",
        task="integrations.tasks.fetch_replies",
        pending="integrations.replies.fetching.waits",
        every=3,
        patient=True,
    ),
    Errand(
        "record of duty",
        task="schedules.tasks.record_duty",
        pending="schedules.queries.oldest_to_record",
        every=10,
        patient=True,
    ),
    Errand(
        "duty of people who are away",
        task="schedules.tasks.tell_conflicts",
        pending="schedules.queries.oldest_untold",
        every=5,
    ),
    Errand(
        "calendars of time off",
        task="schedules.tasks.read_calendars",
        pending="schedules.queries.oldest_calendar_due",
        every=5,
        patient=True,
    ),
    Errand(
        "guard of schedules",
        task="schedules.tasks.guard_schedules",
        pending="schedules.queries.guard.oldest_schedule_due",
        every=3,
        patient=True,
    ),
    Errand(
        "guard of policies",
        task="escalation.tasks.guard_policies",
        pending="escalation.queries.guard.oldest_policy_due",
        every=3,
        patient=True,
    ),
    Errand(
        "news of coverage ahead",
        task="schedules.tasks.tell_coverage",
        pending="schedules.queries.guard.oldest_finding_untold",
        every=60,
        patient=True,
    ),
)

# After a jump of the clock, in one transaction: hook(old_now=…, delta=…, now=…) moves what is due.
# Clocks of service levels before incidents: rows are locked in this order everywhere.
CLOCK_SHIFTS = (
    "incidents.commands.shift_clocks",
    "incidents.commands.shift_due_times",
    "incidents.commands.shift_timers",
    "incidents.shield.departure.shift_due_times",
    "notifications.commands.shift_due_times",
    "notifications.commands.drill_plans.shift_due_times",
)


def modules() -> set[str]:
    """What all this is in: loaded before the processes part, it is in memory once."""
    paths = [job.path for job in JOBS]
    for errand in ERRANDS:
        paths += [errand.task, errand.pending]
    return {path.rpartition(".")[0] for path in (*paths, *CLOCK_SHIFTS)}
