"""Which team owns a schedule: it is told of gaps ahead."""

from datetime import datetime

from django.db import transaction

from accounts.models import Team
from core.actor import Actor
from schedules.commands import revision, trail
from schedules.models import Schedule


def give_schedule(schedule: Schedule, team: Team | None, *, by: Actor, now: datetime) -> None:
    """From now on this team is told; None: the admins. The same team again changes nothing."""
    with transaction.atomic():
        locked = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
        wanted = team.pk if team else None
        if locked.team_id == wanted:
            return
        revision.change(schedule.pk)
        Schedule.objects.filter(pk=schedule.pk).update(team=team)
        changes = {"team": team.name if team else None}
        trail.record("schedule.given", locked, by=by, now=now, changes=changes)
    schedule.team = team
