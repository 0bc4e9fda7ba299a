"""The only writers of incidents, one function per verb."""

from incidents.commands.alerts import Outcome, ingest
from incidents.commands.assignment import assign
from incidents.commands.bundles import Taken, acknowledge_bundle, go_on_taking
from incidents.commands.create import create
from incidents.commands.delete import delete
from incidents.commands.edit import (
    change_priority,
    change_urgency,
    edit_text,
    merge_details,
)
from incidents.commands.escalation import (
    escalate_now,
    restart_escalation,
    shift_due_times,
    take_in_strays,
)
from incidents.commands.faults import forget_faults
from incidents.commands.notes import add_note
from incidents.commands.patience import look_again
from incidents.commands.responders import Helpers, answer, ask, withdraw
from incidents.commands.silence import expire_requests
from incidents.commands.sla import (
    apply_levels,
    follow_events,
    mind_clocks,
    shift_clocks,
    start_missing,
)
from incidents.commands.status import (
    acknowledge,
    move,
    reopen,
    resolve,
    snooze,
    suppress,
    unacknowledge,
    unsuppress,
    wake,
    wake_due,
)
from incidents.commands.timeouts import expire_acknowledgements, time_untimed
from incidents.commands.timers import shift_timers, take_in_stray_timers
from incidents.commands.watch_news import tell_watchers
from incidents.commands.watching import unwatch, unwatch_service, watch, watch_service
from incidents.links import Grant, grant_of, request_grant_of

__all__ = [
    "Grant",
    "Helpers",
    "Outcome",
    "Taken",
    "acknowledge",
    "acknowledge_bundle",
    "add_note",
    "answer",
    "apply_levels",
    "ask",
    "assign",
    "change_priority",
    "change_urgency",
    "create",
    "delete",
    "edit_text",
    "escalate_now",
    "expire_acknowledgements",
    "expire_requests",
    "follow_events",
    "forget_faults",
    "go_on_taking",
    "grant_of",
    "ingest",
    "look_again",
    "merge_details",
    "mind_clocks",
    "move",
    "reopen",
    "request_grant_of",
    "resolve",
    "restart_escalation",
    "shift_clocks",
    "shift_due_times",
    "shift_timers",
    "snooze",
    "start_missing",
    "suppress",
    "take_in_stray_timers",
    "take_in_strays",
    "tell_watchers",
    "time_untimed",
    "unacknowledge",
    "unsuppress",
    "unwatch",
    "unwatch_service",
    "wake",
    "wake_due",
    "watch",
    "watch_service",
    "withdraw",
]
