"""Time off that meets a policy: duty in its schedules, and people whom a step names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from escalation.models import EscalationPolicy, StepTarget
from schedules import queries as schedules
from schedules.queries import LOOK_AHEAD, Clash

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody whom a step of the policy names is away in [start, end)."""

    user: User
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Away:
    """What the next 90 days hold, the earliest first."""

    clashes: Sequence[Clash]
    absent: Sequence[Absent]

    days: int = LOOK_AHEAD.days

    def __bool__(self) -> bool:
        return bool(self.clashes or self.absent)

    @property
    def more(self) -> int:
        """How many a list that shows SHOWN of each leaves out."""
        return max(0, len(self.clashes) - SHOWN) + max(0, len(self.absent) - SHOWN)


def away(policy: EscalationPolicy, now: datetime) -> Away:
    """Who of those the current version relies on is away while it needs them."""
    rows = StepTarget.objects.filter(step__version=policy.current_id)
    targets = rows.select_related("user", "schedule")
    people = {row.user.pk: row.user for row in targets if row.user}
    rotas = {row.schedule.pk: row.schedule for row in targets if row.schedule}
    periods = schedules.time_off(people, start=now, end=now + LOOK_AHEAD)
    absent = [Absent(people[pk], *period) for pk, found in periods.items() for period in found]
    clashes = schedules.clashes_ahead(list(rotas.values()), now) if rotas else []
    return Away(clashes, sorted(absent, key=lambda one: (one.start, one.end, one.user.pk)))
