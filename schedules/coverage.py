"""Who is on call at an instant, until when, why, and who is next: one answer for every door."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from schedules import queries
from schedules.domain import resolver
from schedules.domain.model import Because
from schedules.models import Layer, Override, Schedule

LOOK_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Duty:
    """A person's unbroken shift around the instant; `because_id` is a public id."""

    user: User
    start: datetime
    end: datetime
    because: Because
    because_id: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """`next_at` None: nothing changes within 60 days."""

    at: datetime
    duties: list[Duty]
    next_at: datetime | None
    next_users: list[User]

    @property
    def gap(self) -> bool:
        return not self.duties


def coverage(schedule: Schedule, at: datetime) -> Coverage:
    """The answer for one schedule at `at`."""
    loaded = queries.load([schedule.pk], start=at - LOOK_AHEAD, end=at + LOOK_AHEAD)
    value = loaded[schedule.pk]
    found = resolver.on_call(value, at)
    after = resolver.next_change(value, at, LOOK_AHEAD)
    later = [entry.user for entry in after.on_call] if after else []
    people = User.objects.in_bulk({*later, *(entry.user for entry in found)})
    ids = _public_ids([entry.because for entry in found])
    duties = []
    for entry in found:
        start, end = resolver.shift_of(value, entry.user, at)
        public_id = ids.get((entry.because.type, entry.because.id), "")
        duties.append(Duty(people[entry.user], start, end, entry.because, public_id))
    return Coverage(at, duties, after.start if after else None, [people[pk] for pk in later])


def _public_ids(reasons: list[Because]) -> dict[tuple[str, int], str]:
    layers = Layer.objects.filter(pk__in=[why.id for why in reasons if why.type == "layer"])
    overrides = Override.objects.filter(
        pk__in=[why.id for why in reasons if why.type == "override"]
    )
    found = {("layer", pk): public for pk, public in layers.values_list("pk", "public_id")}
    found |= {("override", pk): public for pk, public in overrides.values_list("pk", "public_id")}
    return found
