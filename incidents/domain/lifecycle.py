"""The life cycle of an incident: statuses, allowed moves and what each move sets.

Source: the table "Status Transitions" of the Incidents API; SUPPRESSED may go to OPEN or RESOLVED.
"""

from enum import StrEnum


class Status(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SNOOZED = "SNOOZED"
    SUPPRESSED = "SUPPRESSED"
    RESOLVED = "RESOLVED"


class EscalationState(StrEnum):
    ESCALATING = "ESCALATING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    EXHAUSTED = "EXHAUSTED"


class HoursWait(StrEnum):
    """Whether a LOW incident waits for support hours, or somebody has said that it shall not."""

    NONE = ""
    WAITING = "WAITING"
    WAIVED = "WAIVED"


ACTIVE = (Status.OPEN, Status.ACKNOWLEDGED, Status.SNOOZED, Status.SUPPRESSED)

MOVES: dict[Status, frozenset[Status]] = {
    Status.OPEN: frozenset(
        {Status.ACKNOWLEDGED, Status.RESOLVED, Status.SNOOZED, Status.SUPPRESSED}
    ),
    Status.ACKNOWLEDGED: frozenset({Status.OPEN, Status.RESOLVED, Status.SNOOZED}),
    Status.SNOOZED: frozenset({Status.OPEN, Status.ACKNOWLEDGED, Status.RESOLVED}),
    Status.SUPPRESSED: frozenset({Status.OPEN, Status.RESOLVED}),
    Status.RESOLVED: frozenset({Status.OPEN}),
}


class IllegalMove(ValueError):
    """The table has no such move; the message says what is possible instead."""


def check_move(current: Status, wanted: Status) -> bool:
    """True when there is something to do, False when it is already so. Raises IllegalMove."""
    if current == wanted:
        return False
    allowed = MOVES[current]
    if wanted not in allowed:
        options = ", ".join(sorted(allowed))
        raise IllegalMove(f"{current} cannot become {wanted}; possible: {options}")
    return True


# What the escalation does while an incident has this status (OPEN: the engine's own state).
ESCALATION_WHILE: dict[Status, EscalationState] = {
    Status.OPEN: EscalationState.ESCALATING,
    Status.ACKNOWLEDGED: EscalationState.COMPLETED,
    Status.SNOOZED: EscalationState.PAUSED,
    Status.SUPPRESSED: EscalationState.PAUSED,
    Status.RESOLVED: EscalationState.COMPLETED,
}
