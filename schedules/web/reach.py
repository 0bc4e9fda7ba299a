"""After a change of a schedule: says whom of those on duty a page may not wake."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest

from notifications.commands import readiness
from schedules import queries
from schedules.models import Schedule


def warn_of_reach(request: HttpRequest, schedule: Schedule, now: datetime) -> None:
    """Of the next 30 days; nothing while everybody can be woken."""
    people = queries.people_ahead([schedule.pk], now)[schedule.pk]
    for text in readiness.doubts(people, now):
        messages.warning(request, text)
