"""Support hours: named hours of work that policies and service levels refer to."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import check_time_zone
from core import ids
from schedules.models.ledger import HolidayCalendar


class SupportHours(models.Model):
    """Weekly windows on the clocks of `time_zone`, closed on the days of `holidays`.

    `windows` are written as the restrictions of a layer. An archived row still answers for those
    that referred to it. `changed_at`: when any of it, holidays included, changed last.
    """

    public_id = models.CharField(
        max_length=32, unique=True, default=ids.support_hours, editable=False
    )
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    windows = models.JSONField(default=list)
    holidays = models.ForeignKey(
        HolidayCalendar,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="support_hours",
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "support hours"
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(archived_at=None), name="support_hours_name_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name
