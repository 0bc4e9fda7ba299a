"""Stretches of a schedule as rows for people: the same people are one row, with every reason."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from schedules.coverage import Stretch
from schedules.queries import Rules
from schedules.web import words


@dataclass(slots=True)
class Row:
    """The same people, each with every reason there is in [start, end); nobody is a gap."""

    start: datetime
    end: datetime
    people: dict[int, tuple[User, list[str]]]
    last: bool = False

    @property
    def users(self) -> list[User]:
        return [user for user, _ in self.people.values()]

    @property
    def replaces(self) -> str:
        """Whom an override of this time would replace, when that is clear."""
        return self.users[0].public_id if len(self.people) == 1 else ""


def rows_of(stretches: list[Stretch], rules: Rules, pk: int) -> list[Row]:
    """Neighbours with the same people are one row."""
    rows: list[Row] = []
    for stretch in stretches:
        people: dict[int, tuple[User, list[str]]] = {
            served.user.pk: (served.user, []) for served in stretch.served
        }
        if not rows or rows[-1].people.keys() != people.keys():
            rows.append(Row(stretch.start, stretch.end, people))
        row = rows[-1]
        row.end = stretch.end
        for served in stretch.served:
            reasons, reason = row.people[served.user.pk][1], words.reason(served.because, rules, pk)
            if reason not in reasons:
                reasons.append(reason)
    rows[-1].last = True
    return rows


def since(made_at: datetime, rows: list[Row]) -> list[Row]:
    """Without gaps of the time when there was no schedule."""
    for row in rows:
        if not row.people:
            row.start = max(row.start, made_at)
    return [row for row in rows if row.start < row.end]
