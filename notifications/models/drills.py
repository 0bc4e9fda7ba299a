"""Test pages: each that was sent to a person, and the monthly ones that somebody asked for."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from core import ids
from notifications.domain.drill_times import Rhythm


class DrillTrigger(models.TextChoices):
    ASKED = "ASKED", "Asked for"
    MONTHLY = "MONTHLY", "Monthly"


class Drill(models.Model):
    """One test page to one person, on every way that is switched on.

    Its messages are deliveries of the subject kind "drill"; a way has arrived when it was proven
    since `started_at`, by a receipt or an answer. `ways`: keys of the contact methods asked.
    """

    public_id = models.CharField(max_length=32, unique=True, default=ids.drill, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drills")
    trigger = models.CharField(max_length=8, choices=DrillTrigger.choices)
    asked_by = models.CharField(max_length=200, blank=True, default="")
    ways = models.JSONField(default=list)
    slot = models.CharField(max_length=10, blank=True, default="", help_text="Day of a monthly one")
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="Until then it waits for answers")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="First answer of a human")
    concluded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "slot"], condition=~Q(slot=""), name="drill_once_a_slot"
            )
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="drill_of_user"),
            models.Index(fields=["ends_at"], condition=Q(concluded_at=None), name="drill_running"),
        ]

    def __str__(self) -> str:
        return f"Test page of {self.started_at:%Y-%m-%d}"


class DrillPlan(models.Model):
    """A monthly test page: on a day of the month, or on a weekday in one of its weeks.

    By the person's own clocks; `time_zone` is the zone that `next_at` was worked out for. No row:
    none is sent.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="drill_plan")
    rhythm = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Rhythm])
    number = models.SmallIntegerField(help_text="Day of the month; week of it, -1 the last")
    weekday = models.PositiveSmallIntegerField(default=0, help_text="0 is Monday")
    at = models.TimeField()
    time_zone = models.CharField(max_length=64)
    next_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user}: next {self.next_at:%Y-%m-%d %H:%M} UTC"
