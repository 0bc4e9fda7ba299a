"""django-q2 entry points."""

from core import clock
from escalation import commands
from schedules import commands as schedules


def guard_policies() -> None:
    """Looks at policies that are due, and tells of what is new (the ticker asks again)."""
    now = clock.now()
    commands.guard_policies(now)
    schedules.tell_coverage(now)
