"""Time off: typed in, or read from a person's own calendar."""

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from core import ids
from core.crypto import EncryptedTextField


class AbsenceCalendar(models.Model):
    """A calendar address (ICS) of a person whose events count as time off.

    The address is a secret of its owner. A failed fetch keeps the last good copy; `good_at` says
    when it was last known to be current and `problem` what is wrong. With a `word` only events
    whose title contains it count. `read_at`: when the events were last laid out in days.
    """

    public_id = models.CharField(max_length=32, unique=True, default=ids.calendar, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absence_calendars")
    name = models.CharField(max_length=120)
    url = EncryptedTextField()
    time_zone = models.CharField(max_length=64, default="UTC")
    word = models.CharField(max_length=60, blank=True, default="", db_default="")
    etag = models.CharField(max_length=300, blank=True, default="")
    checked_at = models.DateTimeField(null=True, blank=True)
    good_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]


class TimeOff(models.Model):
    """A person is away in [start, end). It warns and suggests; it takes nobody off call.

    `told_at`: when duty in that time was looked for, and those concerned were told of it.
    """

    public_id = models.CharField(max_length=32, unique=True, default=ids.time_off, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="time_off")
    start = models.DateTimeField()
    end = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True, default="")
    calendar = models.ForeignKey(
        AbsenceCalendar, null=True, blank=True, on_delete=models.CASCADE, related_name="entries"
    )
    uid = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["start", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="time_off_ends_later")
        ]
        indexes = [
            models.Index(fields=["user", "end"], name="time_off_of_user"),
            models.Index(fields=["id"], condition=Q(told_at=None), name="time_off_untold"),
        ]
