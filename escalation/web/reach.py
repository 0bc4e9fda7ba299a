"""After a policy was saved: says whom of those it pages a page may not wake."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest

from escalation import queries
from notifications.commands import readiness


def warn_of_reach(request: HttpRequest, public_id: str, now: datetime) -> None:
    """Of everybody its steps page in the next 30 days; nothing while all can be woken."""
    rows = list(queries.with_steps().filter(public_id=public_id))
    steps = [step for found in queries.people_of_steps(rows, now).values() for step in found]
    for text in readiness.doubts({user for step in steps for user in step.people}, now):
        messages.warning(request, text)
