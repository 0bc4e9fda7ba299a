"""Scores of people put together with the schedules and policies that rely on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts import queries as accounts
from accounts.models import User
from escalation import queries as escalation
from escalation.models import EscalationPolicy
from escalation.queries import StepPeople
from notifications.commands import readiness
from notifications.domain.readiness import LOOKS, NOBODY, Light, Score, best, worst
from notifications.domain.standing import Look
from schedules import queries as schedules
from schedules.models import Schedule

# Of schedules and policies: whether somebody hears of an incident.
HEARD = {
    Light.GREEN: "Will be heard",
    Light.AMBER: "Not sure",
    Light.RED: "May reach nobody",
    Light.OFF: "Off",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is relied on; `at`: when their first shift begins."""

    public_id: str
    name: str
    score: Score
    at: datetime | None = None

    @property
    def url(self) -> str:
        return reverse("notifications:reach_of", args=[self.public_id])


@dataclass(frozen=True, slots=True)
class Line:
    """A person, schedule or policy with its light; `page`: the name of its URL; `doubts`: those
    behind it who are not green; `steps`: the lights of a policy's steps."""

    public_id: str
    name: str
    page: str
    light: Light
    score: Score | None = None
    doubts: Sequence[Person] = ()
    notes: Sequence[str] = ()
    steps: Sequence[Light] = ()

    @property
    def url(self) -> str:
        """Asked for by those that are shown: of a thousand, few are."""
        return reverse(self.page, args=[self.public_id])

    @property
    def look(self) -> Look:
        return (
            LOOKS[self.light] if self.score else replace(LOOKS[self.light], word=HEARD[self.light])
        )


def of_people(rows: QuerySet[User], now: datetime) -> list[Line]:
    """One line for each."""
    people = {pk: rest for pk, *rest in rows.values_list("pk", "email", "name", "public_id")}
    scores = readiness.of_users(((pk, email) for pk, (email, *_) in people.items()), now)
    return [
        Line(
            public_id,
            name,
            "notifications:reach_of",
            scores[pk].light,
            scores[pk],
        )
        for pk, (_, name, public_id) in people.items()
    ]


def of_schedules(viewer: User, now: datetime, rows: Iterable[Schedule] | None = None) -> list[Line]:
    """Of all that the viewer may see, or of `rows`; the worst of all who have a shift in the next
    30 days counts."""
    rows = list(schedules.visible_to(viewer, now).order_by("name") if rows is None else rows)
    ahead = schedules.people_ahead([row.pk for row in rows], now)
    people = _People({user for found in ahead.values() for user in found}, viewer, now)
    return [
        Line(
            row.public_id,
            row.name,
            "schedules:detail",
            worst([people.light(user) for user in ahead[row.pk]]),
            doubts=people.doubts(ahead[row.pk]),
            notes=() if ahead[row.pk] else ("Nobody is on duty in the next 30 days",),
        )
        for row in rows
    ]


def of_policies(
    viewer: User, now: datetime, rows: Iterable[EscalationPolicy] | None = None
) -> list[Line]:
    """The worst step counts: a step that reaches nobody is time lost. `rows`: by `with_steps`."""
    rows = list(escalation.with_steps().order_by("name") if rows is None else rows)
    steps = escalation.people_of_steps(rows, now)
    everybody = {user for found in steps.values() for step in found for user in step.people}
    people = _People(everybody, viewer, now)
    return [_policy_line(row, steps[row.pk], people) for row in rows]


def _policy_line(row: EscalationPolicy, steps: Sequence[StepPeople], people: "_People") -> Line:
    lights = [step_light(step, people.light_of) for step in steps]
    return Line(
        row.public_id,
        row.name,
        "escalation:detail",
        worst(lights),
        doubts=people.doubts({user: None for step in steps for user in step.people}),
        notes=[f"Step {at} reaches nobody" for at, one in enumerate(lights, 1) if one is Light.RED],
        steps=lights,
    )


def step_light(step: StepPeople, lights: Mapping[int, Light]) -> Light:
    """Targets are paged together, so the best counts; of people who take turns the worst."""
    return best(
        [
            (worst if target.turns else best)([lights[user] for user in target.people])
            for target in step.targets
        ]
    )


class _People:
    """Scores of those who are relied on; named only as far as the viewer may see them."""

    def __init__(self, ids: Iterable[int], viewer: User, now: datetime) -> None:
        wanted = set(ids)
        self._scores = readiness.of_people(wanted, now)
        self.light_of = {pk: self._scores.get(pk, NOBODY).light for pk in wanted}
        seen = accounts.whose_reach_is_seen_by(viewer).filter(pk__in=wanted)
        self._named = {pk: rest for pk, *rest in seen.values_list("pk", "name", "public_id")}

    def light(self, user: int) -> Light:
        return self.light_of[user]

    def doubts(self, users: Mapping[int, Any]) -> list[Person]:
        """Those who are not green, the gravest first; `users`: with the instant that matters."""
        found = [user for user in users if self.light_of[user] is not Light.GREEN]
        found.sort(key=lambda user: self.light_of[user] is not Light.RED)
        return [
            Person(public_id, name, self._scores.get(user, NOBODY), users[user])
            for user in found
            if (named := self._named.get(user))
            for name, public_id in [named]
        ]
