"""What clock changes do to a schedule in the year ahead."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from core.web import signed_in
from schedules import queries
from schedules.domain.weekly_seams import SeamKind, WeeklySeam
from schedules.queries import Seams
from schedules.web import access, words


@dataclass(frozen=True, slots=True)
class WeeklyLine:
    gap: bool
    text: str
    since: datetime | None
    until: datetime | None


@signed_in
@require_safe
def seams(request: HttpRequest, public_id: str) -> HttpResponse:
    """Longer and shorter shifts, moved hand-offs, and where layers fit only part of the year."""
    schedule = access.schedule_of(request, public_id)
    found = queries.seams(schedule, clock.now())
    context = {
        "schedule": schedule,
        "seams": found,
        "weekly": [_line(one) for one in found.weekly],
        "shifts": _with_names(found),
    }
    return render(request, "schedules/seams.html", context)


def _line(one: WeeklySeam) -> WeeklyLine:
    hours = words.window(
        {
            "days": [queries.DAYS[day] for day in one.days],
            "start": one.start.strftime("%H:%M"),
            "end": one.end.strftime("%H:%M"),
        }
    )
    gap = one.kind == SeamKind.GAP
    who = "nobody is on call" if gap else f"{' and '.join(one.layers)} are on call at once"
    return WeeklyLine(gap, f"{hours}: {who}", one.since, one.until)


def _with_names(found: Seams) -> list[tuple[object, str]]:
    people = found.people
    return [
        (one, " + ".join(people[user].name for user in one.users if user in people))
        for one in found.report.shifts
    ]
