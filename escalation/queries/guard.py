"""What the guard of policies asks before it looks."""

from datetime import datetime

from schedules.models import SubjectKind
from schedules.queries import guard


def oldest_policy_due(now: datetime) -> int | None:
    """Something to be looked at for the guard of policies, or None."""
    return guard.oldest_due(SubjectKind.POLICY, now)
