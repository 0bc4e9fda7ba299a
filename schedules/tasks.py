"""django-q2 entry points."""

from core import clock
from schedules import commands


def record_duty() -> None:
    """Brings the record of duty up to now (bounded: the ticker asks again)."""
    commands.record_due(clock.now())
