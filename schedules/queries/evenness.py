"""Which order of a rotation would even out what people carried: asked of live rules and figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from schedules.domain import evenness
from schedules.domain.evenness import Coming, Suggestion
from schedules.domain.periods import Period, Stretch
from schedules.models import Layer, LayerVersion, Schedule
from schedules.queries.fairness import carried
from schedules.queries.rules import version_value

FEWEST_SHIFTS, MOST_SHIFTS = 4, 60
FAR_AHEAD = timedelta(days=366)  # a rotation that begins later is nothing to even out now


@dataclass(frozen=True, slots=True)
class Proposal:
    """A better order for one layer, from the first of the coming shifts on."""

    layer: Layer
    version: LayerVersion
    coming: Coming
    suggestion: Suggestion
    slots: list[list[User]]


def proposals(schedule: Schedule, period: Period, now: datetime) -> list[Proposal]:
    """For each rotation that would gain; none for a period that has not begun.

    Counted is what is carried from the beginning of the period to the first coming shift. Rules
    that wait to come into force are left alone: whoever wrote them had a plan.
    """
    if period.start >= now:
        return []
    rows = LayerVersion.objects.filter(
        layer__schedule=schedule, layer__removed_at=None, valid_to=None
    ).select_related("layer")
    named = {user for row in rows for slot in row.slots for user in slot}
    people = User.objects.in_bulk(named)
    answers = []
    for row in rows:
        if (row.valid_from and row.valid_from > now) or named - people.keys():
            continue
        value = version_value(row)
        slots = value.rotation.slots
        ahead = evenness.coming(value, now, min(max(len(slots), FEWEST_SHIFTS), MOST_SHIFTS))
        if ahead is None or ahead.shifts[0].begins > now + FAR_AHEAD:
            continue
        counted = Stretch(period.start, ahead.shifts[0].begins)
        better = evenness.suggestion(slots, carried(schedule, counted, now), ahead)
        if better:
            order = [[people[user] for user in slots[at]] for at in better.order]
            answers.append(Proposal(row.layer, row, ahead, better, order))
    return answers
