"""The guard of schedules: looks thirty days ahead and writes down what would go wrong."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.commands import readiness
from schedules import queries
from schedules.commands import findings, watch
from schedules.commands.findings import Subject
from schedules.domain import guard
from schedules.domain.guard import Found, Look
from schedules.domain.windows import Interval
from schedules.models import Schedule, SubjectKind

KIND = SubjectKind.SCHEDULE


def guard_schedules(now: datetime) -> int:
    """Looks at the schedules that are due (bounded: the ticker asks again); returns how many."""
    watch.stir(KIND, _live, _touched, now)
    return watch.run(KIND, lambda ids: look_at(ids, now), now)


def look_at(ids: Collection[int], now: datetime) -> None:
    """Looks at these schedules now. An archived one has nothing wrong any more."""
    rows = queries.live().filter(pk__in=ids).in_bulk()
    gone = set(ids) - set(rows)
    watch.forget(KIND, gone)
    found = _findings(rows, now) | {Subject(KIND, pk): [] for pk in gone}
    findings.keep(found, now=now)


def _findings(rows: dict[int, Schedule], now: datetime) -> dict[Subject, list[Found]]:
    span = Look.around(now, ZoneInfo("UTC"))
    rules = queries.read(rows, start=span.start, end=span.end)
    reach = readiness.reach_of(rules.people, now)
    away = _away(rows, now)
    found: dict[Subject, list[Found]] = {}
    for pk, row in rows.items():
        value, look = rules.values[pk], Look.around(now, ZoneInfo(row.time_zone))
        expected = bool(value.layers or value.overrides) or _relied_on(pk)
        subject = Subject(KIND, pk, row.public_id, row.name, row.team_id)
        found[subject] = guard.schedule_findings(value, look, reach, expected=expected)
        for user, intervals in away.get(pk, {}).items():
            found[subject] += guard.person_found(guard.Kind.TIME_OFF, user, intervals, look)
    return found


def _away(rows: dict[int, Schedule], now: datetime) -> dict[int, dict[int, list[Interval]]]:
    """Duty of people who are away, by schedule and person."""
    found: dict[int, dict[int, list[Interval]]] = {}
    for clash in queries.clashes(list(rows.values()), start=now, end=now + guard.AHEAD):
        mine = found.setdefault(clash.schedule.pk, {}).setdefault(clash.user.pk, [])
        mine.append((clash.start, clash.end))
    return found


def _relied_on(pk: int) -> bool:
    """Whether anything pages whoever is on call; a new schedule that nobody uses may be empty."""
    return bool(import_string(settings.SCHEDULE_USERS)(pk))


def _live() -> list[int]:
    return list(queries.live().values_list("pk", flat=True))


def _touched(changes: Collection[tuple[str, str]]) -> Collection[int] | None:
    """Of a schedule: that one. Of people and how they are reached: perhaps any."""
    if {noun for noun, _ in changes} - {"schedule", "policy"}:
        return None
    named = [public_id for noun, public_id in changes if noun == "schedule"]
    return list(Schedule.objects.filter(public_id__in=named).values_list("pk", flat=True))
