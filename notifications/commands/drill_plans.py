"""Monthly test pages that a person asked for: chosen, called off, and sent when due."""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from accounts.models import User, UserStatus
from audit import commands as audit
from core.actor import SYSTEM, Actor
from core.errors import Conflict, ValidationFailed
from notifications import queries
from notifications.commands.drills import start_drill
from notifications.domain.drill_times import LATE, Monthly, next_after
from notifications.models import Drill, DrillPlan, DrillTrigger

log = logging.getLogger("opsknight.drills")

BATCH = 100


def plan_drills(user: User, plan: Monthly, *, by: Actor, now: datetime) -> DrillPlan:
    """From now on one each month, by the person's own clocks. Raises ValidationFailed."""
    problem = plan.problem()
    if problem:
        raise ValidationFailed(problem, field="number")
    values = {
        "rhythm": plan.rhythm.value,
        "number": plan.number,
        "weekday": plan.weekday,
        "at": plan.at,
        "time_zone": user.time_zone,
        "next_at": next_after(plan, now, user.zone),
    }
    with transaction.atomic():
        row, _ = DrillPlan.objects.update_or_create(user=user, defaults=values)
        _trace(user, plan.words, by, now)
    return row


def clear_drills(user: User, *, by: Actor, now: datetime) -> None:
    """None is sent any more."""
    with transaction.atomic():
        DrillPlan.objects.filter(user=user).delete()
        _trace(user, "", by, now)


def send_due(now: datetime) -> int:
    """Sends those whose time has come, each once a month however often this is called.

    One that is late by more than LATE is left out, with a line in the log. Whoever moved to another
    zone has it by the clocks there. Returns how many plans were looked at.
    """
    due = list(queries.drill_plans_due(now).select_related("user").order_by("next_at")[:BATCH])
    for row in due:
        zone, plan = row.user.zone, queries.monthly_of(row)
        moved = row.time_zone != row.user.time_zone
        later = next_after(plan, max(now, row.next_at) if not moved else now, zone)
        with transaction.atomic():
            mine = DrillPlan.objects.filter(pk=row.pk, next_at=row.next_at)
            if not mine.update(next_at=later, time_zone=row.user.time_zone) or moved:
                continue
            _send(row, now)
    return len(due)


def shift_due_times(old_now: datetime, delta: timedelta, now: datetime) -> int:
    """The clock jumped: monthly ones keep to the calendar, the hour of one that runs its length."""
    # What is due and not late stays due: a computer that slept a little has jumped, too.
    rows = list(DrillPlan.objects.exclude(next_at__gt=now - LATE, next_at__lte=now))
    for row in rows:
        row.next_at = next_after(queries.monthly_of(row), now, ZoneInfo(row.time_zone))
    DrillPlan.objects.bulk_update(rows, ["next_at"])
    running = Drill.objects.filter(concluded_at=None, ends_at__gt=old_now)
    return len(rows) + running.update(ends_at=F("ends_at") + delta)


def _send(row: DrillPlan, now: datetime) -> None:
    if row.user.status == UserStatus.DISABLED:
        return
    if now - row.next_at > LATE:
        log.warning("the monthly test page of user %d is left out: too late", row.user_id)
        return
    # A clock that is set back meets the same day again: one page is enough.
    slot = row.next_at.astimezone(row.user.zone).date().isoformat()
    if Drill.objects.filter(user=row.user, slot=slot).exists():
        return
    try:
        start_drill(row.user, by=SYSTEM, now=now, trigger=DrillTrigger.MONTHLY, slot=slot)
    except Conflict as refusal:
        log.info("no monthly test page for user %d: %s", row.user_id, refusal.message)


def _trace(user: User, rhythm: str, by: Actor, now: datetime) -> None:
    audit.record(
        "drill_plan.changed",
        by=by,
        now=now,
        target_type="user",
        target_id=user.public_id,
        target_label=str(user),
        changes={"monthly": rhythm},
    )
