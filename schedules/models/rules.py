"""Schedules as rows: identity rows (schedule, layer) and immutable versions of their rules."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import Team, User, check_time_zone
from core import ids
from core.domain.phrase import mark


class Schedule(models.Model):
    """Who is on call. Wall-clock rules are read in `time_zone`."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.schedule, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    description = models.TextField(blank=True, default="", max_length=2000)
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="schedules",
        help_text="Is told of gaps ahead; without one the admins are",
    )
    handoff_lead_minutes = models.PositiveIntegerField(
        null=True, blank=True, default=60, help_text="Notice before a shift starts; empty for none"
    )
    holidays = models.ForeignKey(
        "schedules.HolidayCalendar", null=True, blank=True, on_delete=models.SET_NULL
    )
    revision = models.PositiveIntegerField(
        default=1,
        db_default=1,
        help_text="Grows with each change, so that two editors notice each other",
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(archived_at=None), name="schedule_name_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Layer(models.Model):
    """One rotation of a schedule. Its rules are in versions, so that no edit changes the past."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.layer, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class RotationUnit(models.TextChoices):
    HOUR = "hour", "Hours"
    DAY = "day", "Days"
    WEEK = "week", "Weeks"
    MONTH = "month", "Months"


class RotationPhase(models.TextChoices):
    CALENDAR = "calendar", "Every period counts"
    ACTIVE = "active", "Only periods with duty count"


class LayerVersion(models.Model):
    """The rules of a layer in [valid_from, valid_to). Immutable but for closing `valid_to`.

    `anchor` and `end` are wall-clock text (YYYY-MM-DDTHH:MM) in `time_zone`, so that a new time
    zone database cannot move a hand-off. `slots` is a list of lists of user primary keys.
    `restrictions`: [{"days": ["MON"], "start": "09:00", "end": "17:30", "endDay": null}].
    """

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="versions")
    priority = models.SmallIntegerField(
        default=0, help_text="Higher answers first, equal ones are united"
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, validators=[check_time_zone])
    own_zone = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Stays in its zone when the schedule moves to another one",
    )
    unit = models.CharField(max_length=8, choices=RotationUnit.choices)
    every = models.PositiveSmallIntegerField(default=1)
    anchor = models.CharField(max_length=16)
    first_index = models.PositiveIntegerField(default=0)
    phase = models.CharField(
        max_length=8, choices=RotationPhase.choices, default=RotationPhase.CALENDAR
    )
    shift_length_minutes = models.PositiveIntegerField(null=True, blank=True)
    slots = models.JSONField(default=list)
    restrictions = models.JSONField(default=list, blank=True)
    end = models.CharField(max_length=16, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["layer"], condition=Q(valid_to=None), name="layer_one_open_version"
            )
        ]


class OverrideKind(models.TextChoices):
    REPLACE = "REPLACE", mark("Replace a person")
    ADD = "ADD", mark("Add a person")
    REMOVE = "REMOVE", mark("Remove a person")
    COVER_ALL = "COVER_ALL", mark("Cover the whole schedule")


class Override(models.Model):
    """A change of who is on call in [start, end), applied in order of (created_at, id)."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.override, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    kind = models.CharField(max_length=12, choices=OverrideKind.choices)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT)
    replaces = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    start = models.DateTimeField()
    end = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200, blank=True, default="")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")), name="override_ends_after_start"
            )
        ]
        indexes = [models.Index(fields=["schedule", "end"], name="override_of_schedule")]
