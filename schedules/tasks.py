"""django-q2 entry points."""

from core import clock
from schedules import commands


def tell_shifts() -> None:
    """Tells people of shifts that start soon, have started or are over, each once."""
    commands.tell_shifts(clock.now())


def record_duty() -> None:
    """Brings the record of duty up to now (bounded: the ticker asks again)."""
    commands.record_due(clock.now())


def tell_conflicts() -> None:
    """Tells of duty within new time off (bounded: the ticker asks again)."""
    commands.tell_conflicts(clock.now())


def read_calendars() -> None:
    """Reads people's calendars that are due (bounded: the ticker asks again)."""
    commands.read_calendars()


def guard_schedules() -> None:
    """Looks at schedules that are due, and tells of what is new (the ticker asks again)."""
    now = clock.now()
    commands.guard_schedules(now)
    commands.tell_coverage(now)


def tell_coverage() -> None:
    """Tells the owners of what was found (the ticker asks again)."""
    commands.tell_coverage(clock.now())
