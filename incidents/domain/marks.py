"""Words that say where an escalation stands, and what made a page. Pure.

A mark travels with every button "Escalate now": pressed twice, or pressed after the step fired by
itself, it names a place that is past, so no step is skipped without anybody noticing.
"""

from datetime import datetime, timedelta

# A press that carries no mark counts as the second one of a pair within this time after a step.
FRESH = timedelta(seconds=10)

OWNER, RESPONDER = "owner", "responder"
CALLS = (OWNER, RESPONDER)  # pages that a person asked for, beside the escalation
# In the details of an entry: this run, which a new one continues, so that its pages are wanted.
CONTINUES = "continues"
# Columns of a page that make its key.
PLACE = ("kind", "run", "cycle", "step", "user_id")
# What deliveries about incidents are of.
NEWS = "incident-news"
SUBJECTS = {"incident", NEWS, "incident-hook", "incident-clock-hook"}


def mark(run: int, cycle: int, next_step: int) -> str:
    """The place of an escalation, such as `1.1.2`: run, cycle, 0-based step that fires next."""
    return f"{run}.{cycle}.{next_step}"


def page_key(kind: str, run: int, cycle: int, step: int, user: int) -> str:
    """Those of the escalation begin with their run: ending the run ends them and nothing else."""
    if kind in CALLS:
        return f"{calls_of(kind, user)}{run}.{cycle}"
    return f"{run}.{cycle}.{step}.{kind}.{user}"


def calls_of(kind: str, user: int) -> str:
    """How the keys of all such pages of a person begin."""
    return f"{kind}.{user}."


def call_of(key: str) -> str:
    """OWNER or RESPONDER for a page that a person asked for; "" for one of the escalation."""
    kind = key.partition(".")[0]
    return kind if kind in CALLS else ""


def run_of(key: str) -> int:
    """The run of a page of the escalation; 0 for any other key."""
    run = key.partition(".")[0]
    return int(run) if run.isdecimal() else 0


def is_stale(
    seen: str, current: str, fired_at: datetime | None, first: bool, now: datetime
) -> bool:
    """Whether a press meant a step that has fired since.

    `seen`: the mark that the button carried, "" for none: then a press right after a step counts
    as meant for that step, but for the `first` of all, which no press can have caused.
    """
    if seen:
        return seen != current
    if fired_at is None or first:
        return False
    # The press may have read the clock just before the step fired, and waited for it meanwhile.
    return abs(now - fired_at) < FRESH
