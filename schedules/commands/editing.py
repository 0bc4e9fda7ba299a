"""Writers of schedules as such: name, zone, end."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import Role, User
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.commands import revision, rules, trail
from schedules.commands.layers import move_layers
from schedules.commands.ledger import begin_record
from schedules.models import Schedule

MINUTE = timedelta(minutes=1)


def create_schedule(
    *, name: str, time_zone: str, by: Actor, now: datetime, description: str = ""
) -> Schedule:
    """Raises ValidationFailed (unknown zone, no name) or Conflict (name taken)."""
    rules.check_zone(time_zone)
    clean = rules.clean_name(name)
    try:
        with transaction.atomic():
            schedule = Schedule.objects.create(
                name=clean, time_zone=time_zone, description=description.strip()
            )
            begin_record(schedule, now=now)
            trail.record("schedule.created", schedule, by=by, now=now)
    except IntegrityError as error:
        raise Conflict(f"A schedule named “{clean}” exists already", field="name") from error
    return schedule


def update_schedule(
    schedule: Schedule,
    *,
    by: Actor,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
    time_zone: str | None = None,
    confirm_gap: bool = False,
    seen: int | None = None,
) -> Schedule:
    """A new zone opens new versions of the layers that follow it: hand-offs move from now on.

    Raises Conflict (reason `stale`) when the schedule changed since its revision `seen`, OpensGap
    when the move leaves nobody on call at some time and that is not confirmed.
    """
    clean = None if name is None else rules.clean_name(name)
    try:
        with transaction.atomic():
            # What the caller holds may be old: only what was asked for is written.
            schedule = revision.change(schedule.pk, seen=seen)
            moved = time_zone is not None and time_zone != schedule.time_zone
            if moved and time_zone:
                rules.check_zone(time_zone)
                schedule.time_zone = time_zone
            schedule.name = clean or schedule.name
            schedule.description = (
                schedule.description if description is None else description.strip()
            )
            schedule.save(update_fields=["name", "description", "time_zone"])
            if moved:
                with revision.no_new_gap(schedule.pk, start=now, confirmed=confirm_gap):
                    move_layers(schedule, now)
            trail.record("schedule.updated", schedule, by=by, now=now)
    except IntegrityError as error:
        raise Conflict(f"A schedule named “{clean}” exists already", field="name") from error
    return schedule


def archive_schedule(schedule: Schedule, *, by: Actor, now: datetime) -> None:
    """Raises Conflict while an escalation policy pages whoever is on call in it."""
    with transaction.atomic():
        revision.change(schedule.pk)
        if users := queries.users_of(schedule):
            verb = "uses" if len(users) == 1 else "use"
            raise Conflict(f"{', '.join(users)} {verb} this schedule; change that first")
        schedule.archived_at = now
        schedule.save(update_fields=["archived_at"])
        trail.record("schedule.archived", schedule, by=by, now=now)


def may_correct(user: User) -> bool:
    """Whether a person may change who was on call."""
    return user.role == Role.ADMIN


def check_not_past(user: User, instant: datetime | None, *, now: datetime, field: str) -> None:
    """Correcting the record is for admins: others plan ahead, since duty is paid and audited.

    A form knows the minute only, so the minute that has begun counts as now.
    Raises ValidationFailed.
    """
    rules.check_year(instant, field)
    if instant and instant < now - MINUTE and not may_correct(user):
        raise ValidationFailed("Only an admin may change the past", field=field, reason="past")
