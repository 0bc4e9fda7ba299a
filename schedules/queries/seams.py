"""The seams of a schedule in the year ahead, as its rules are or as they would be."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from schedules.domain import model, preview
from schedules.domain.effort import look_until
from schedules.domain.seams import Report, report
from schedules.domain.weekly_seams import WeeklySeam, weekly_seams
from schedules.models import Schedule
from schedules.queries.rules import read


@dataclass(frozen=True, slots=True)
class Seams:
    """`weekly` is told on the clocks of the schedule."""

    start: datetime
    end: datetime
    report: Report
    weekly: list[WeeklySeam]
    people: dict[int, User]

    @property
    def quiet(self) -> bool:
        return not (self.report.shifts or self.report.hand_offs or self.weekly)


def seams(schedule: Schedule, start: datetime) -> Seams:
    """What the clock changes of the twelve months from `start` on do to a schedule."""
    rules = read([schedule.pk], start=start, end=start + preview.HORIZON)
    return seams_of(rules.values[schedule.pk], schedule, rules.people, start)


def seams_of(
    value: model.Schedule, schedule: Schedule, people: dict[int, User], start: datetime
) -> Seams:
    """The same for rules that are not saved yet."""
    end = look_until(value, start)
    weekly = weekly_seams(value, ZoneInfo(schedule.time_zone), start, end)
    return Seams(start, end, report(value, start, end), weekly, people)
