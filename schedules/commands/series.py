"""Overrides that come back each week: add, leave out a date, end. The past stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction

from accounts.models import User
from core.actor import Actor
from core.domain.phrase import Phrase, joined, mark
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.commands import revision, telling, trail
from schedules.commands.overrides import check_people
from schedules.domain import series as domain
from schedules.domain.series import Occurrence
from schedules.models import OverrideKind, OverrideSeries, Schedule
from schedules.news import News
from schedules.queries import DAYS

MAX_SERIES = 50
MAX_SKIPPED = 500
EARLIEST, LATEST = 1970, 2200
SUBJECT = "override-series"
COMES = mark("You come on call each week: {schedule}")
GOES = mark("You go off call each week: {schedule}")
OVER = mark("A weekly change of on call has ended: {schedule}")
LEFT_OUT = mark("A weekly change of on call is left out once: {schedule}")
TAKEN_IN = mark("A weekly change of on call holds after all: {schedule}")
NOTE = mark("Note")
IDLE = mark("{who} is not on call at any of these times in the next weeks: nothing changes")
DAY_NAMES = {
    "MON": mark("Mon"),
    "TUE": mark("Tue"),
    "WED": mark("Wed"),
    "THU": mark("Thu"),
    "FRI": mark("Fri"),
    "SAT": mark("Sat"),
    "SUN": mark("Sun"),
}


@dataclass(frozen=True, slots=True)
class SeriesSpec:
    """What comes back and when, by the clocks of the schedule's zone; `days` as in DAYS."""

    kind: str
    days: Sequence[str]
    start: time
    end: time
    first_day: date
    end_day: str = ""
    last_day: date | None = None
    user: User | None = None
    replaces: User | None = None


def add_series(
    schedule: Schedule, spec: SeriesSpec, *, by: Actor, now: datetime, confirm_gap: bool = False
) -> OverrideSeries:
    """Holds from now on at the earliest.

    Raises ValidationFailed for bad input, Conflict when it opens a gap and is not confirmed.
    """
    _check(spec)
    row = OverrideSeries(
        schedule=schedule,
        kind=spec.kind,
        user=spec.user,
        replaces=spec.replaces,
        days=sorted(set(spec.days), key=DAYS.index),
        start=f"{spec.start:%H:%M}",
        end=f"{spec.end:%H:%M}",
        end_day=spec.end_day,
        first_day=spec.first_day,
        last_day=spec.last_day,
        skipped=[],
        created_at=now,
        created_by=by.label[:200],
    )
    with transaction.atomic():
        row.time_zone = revision.change(schedule.pk).time_zone
        if queries.series_of(schedule, now).count() >= MAX_SERIES:
            raise ValidationFailed(f"At most {MAX_SERIES} recurring overrides on a schedule")
        with revision.no_new_gap(schedule.pk, start=now, confirmed=confirm_gap):
            row.save()
        trail.record("schedule.series_added", schedule, by=by, now=now)
        _tell(row, COMES, GOES, by, now)
    return row


def skip_date(
    row: OverrideSeries,
    day: date,
    *,
    by: Actor,
    now: datetime,
    skip: bool = True,
    confirm_gap: bool = False,
) -> OverrideSeries:
    """Leaves out one coming date, or takes it in again.

    Raises Conflict for one that has begun, OpensGap for a gap then that is not confirmed.
    """
    with transaction.atomic():
        revision.change(row.schedule_id)
        row = _locked(row)
        found = _without_skips(row, day)
        if found is None:
            raise ValidationFailed("It does not come back on that day", field="date")
        if found.start <= now:
            raise Conflict("That one has begun already; the past stays", field="date")
        days = set(row.skipped) - {day.isoformat()} | ({day.isoformat()} if skip else set())
        if len(days) > MAX_SKIPPED:
            raise ValidationFailed(f"At most {MAX_SKIPPED} dates can be left out", field="date")
        if days != set(row.skipped):
            row.skipped = sorted(days)
            period = {"start": found.start, "end": found.end}
            with revision.no_new_gap(row.schedule_id, confirmed=confirm_gap, **period):
                row.save(update_fields=["skipped"])
            action = "schedule.series_skipped" if skip else "schedule.series_taken_in"
            changes = {"date": day.isoformat()}
            trail.record(action, row.schedule, by=by, now=now, changes=changes)
            _tell_of_date(row, found, skip, by, now)
    return row


def end_series(row: OverrideSeries, *, by: Actor, now: datetime, confirm_gap: bool = False) -> None:
    """From now on it comes back no more, and one that runs ends now.

    Raises OpensGap when nobody would be on call without it and that is not confirmed.
    """
    with transaction.atomic():
        revision.change(row.schedule_id)
        with revision.no_new_gap(row.schedule_id, start=now, confirmed=confirm_gap):
            ended = OverrideSeries.objects.filter(pk=row.pk, ended_at=None).update(ended_at=now)
        if not ended:
            return
        row.ended_at = now
        trail.record("schedule.series_ended", row.schedule, by=by, now=now)
        _tell(row, OVER, OVER, by, now)


def resume_series(
    row: OverrideSeries, *, by: Actor, now: datetime, confirm_gap: bool = False
) -> OverrideSeries:
    """Undo of the end: a new series like it, from now on.

    Raises Conflict if it has not ended, OpensGap for a gap that is not confirmed.
    """
    with transaction.atomic():
        revision.change(row.schedule_id)
        row = _locked(row)
        if row.ended_at is None:
            raise Conflict("It has not ended")
        copy = OverrideSeries(
            **{
                field.attname: getattr(row, field.attname)
                for field in OverrideSeries._meta.concrete_fields
                if field.name not in {"id", "public_id", "created_at", "ended_at"}
            },
            created_at=now,
        )
        with revision.no_new_gap(row.schedule_id, start=now, confirmed=confirm_gap):
            copy.save()
        trail.record("schedule.series_added", row.schedule, by=by, now=now)
        _tell(copy, COMES, GOES, by, now)
    return copy


def _locked(row: OverrideSeries) -> OverrideSeries:
    """The row as it is by now; of the schedule its caller holds the lock that is strong enough."""
    rows = OverrideSeries.objects.select_for_update(of=("self",)).select_related("schedule")
    return rows.get(pk=row.pk)


def _check(spec: SeriesSpec) -> None:
    check_people(spec.kind, spec.user, spec.replaces)
    if not spec.days or not set(spec.days) <= set(DAYS):
        raise ValidationFailed("Choose the days on which it begins", field="days")
    if spec.end_day and spec.end_day not in DAYS:
        raise ValidationFailed("endDay is a day like MON", field="endDay")
    if not EARLIEST <= spec.first_day.year <= LATEST:
        raise ValidationFailed("Choose a nearer first day", field="firstDay")
    if spec.last_day is not None and spec.last_day < spec.first_day:
        raise ValidationFailed("The last day lies before the first", field="lastDay")


def _without_skips(row: OverrideSeries, day: date) -> Occurrence | None:
    plain = OverrideSeries(
        **{f.attname: getattr(row, f.attname) for f in OverrideSeries._meta.concrete_fields}
    )
    plain.skipped = []
    return domain.occurrence(queries.series_value(plain), day)


def _tell(row: OverrideSeries, comes: str, goes: str, by: Actor, now: datetime) -> None:
    text = Phrase(
        "{days} {start}-{end} on the clocks of {time_zone}, from {first_day}",
        days=joined(", ", [Phrase(DAY_NAMES[day]) for day in row.days]),
        start=row.start,
        end=row.end,
        time_zone=row.time_zone,
        first_day=row.first_day,
    )
    coming = row.user if row.kind != OverrideKind.REMOVE else None
    leaving = row.replaces or (row.user if row.kind == OverrideKind.REMOVE else None)
    facts = [(Phrase("By"), by.label)]
    if not row.ended_at and queries.idle_series([row], now):
        facts.append((Phrase(NOTE), Phrase(IDLE, who=str(row.replaces or row.user))))
    news = [News(coming, _title(comes, row), text=text, facts=facts)] if coming else []
    if leaving and leaving != coming:
        news.append(News(leaving, _title(goes, row), text=text, facts=facts))
    key = "ended" if row.ended_at else "added"
    telling.tell(news, row.schedule, about=(SUBJECT, row.pk), key=key, by=by, now=now)


def _title(template: str, row: OverrideSeries) -> Phrase:
    return Phrase(template, schedule=row.schedule.name)


def _tell_of_date(
    row: OverrideSeries, found: Occurrence, skip: bool, by: Actor, now: datetime
) -> None:
    title = _title(LEFT_OUT if skip else TAKEN_IN, row)
    period = (found.start, found.end)
    people = {user for user in (row.user, row.replaces) if user}
    news = [News(user, title, [period], facts=[(Phrase("By"), by.label)]) for user in people]
    key = f"{found.day}.{now:%Y%m%dT%H%M%S}"
    telling.tell(news, row.schedule, about=(SUBJECT, row.pk), key=key, by=by, now=now)
