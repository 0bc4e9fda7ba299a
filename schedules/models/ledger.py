"""The record of who really was on call. Append-only: a correction is a new row."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from core import ids
from schedules.models.rules import Schedule


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("the record of duty is append-only; a correction is a new row")


class AppendOnlyQuerySet(models.QuerySet["LedgerSpan"]):
    """On PostgreSQL a trigger says the same to everybody else."""

    update = _refuse
    bulk_update = _refuse
    delete = _refuse

    def standing(self) -> "AppendOnlyQuerySet":
        """What the record says in the end: neither corrected nor withdrawn."""
        return self.filter(corrections=None, withdrawn=False)


class LedgerSpan(models.Model):
    """A fact: this person was on call in [start, end), for this reason.

    `user_name` outlives the person. `backfilled`: computed after downtime, not as it happened.
    `corrects` names the row that this one replaces; `withdrawn` says that nobody served then.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="ledger")
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    user_name = models.CharField(max_length=200)
    start = models.DateTimeField()
    end = models.DateTimeField()
    reason_type = models.CharField(max_length=12)
    reason_id = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=200)
    backfilled = models.BooleanField(default=False)
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    withdrawn = models.BooleanField(default=False)
    note = models.CharField(max_length=500, blank=True, default="")
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200, blank=True, default="")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["start", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="ledger_ends_after_start")
        ]
        indexes = [
            models.Index(fields=["schedule", "end"], name="ledger_of_schedule"),
            models.Index(fields=["user", "end"], name="ledger_of_user"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            _refuse()
        super().save(*args, **kwargs)

    delete = _refuse


class LedgerMark(models.Model):
    """How far a schedule is recorded, and whose spans are still open then.

    `open_spans`: [{"user": id, "who": name, "since": ISO instant, "type": …, "id": …, "name": …,
    "late": bool}], where type, id and name are the reason. Before `began_at` nothing is known.
    """

    schedule = models.OneToOneField(Schedule, on_delete=models.CASCADE, related_name="ledger_mark")
    began_at = models.DateTimeField(db_default=Now())
    recorded_until = models.DateTimeField()
    open_spans = models.JSONField(default=list)


class HolidayCalendar(models.Model):
    """Days that count as holidays in fairness figures: of a country, and your own."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.holidays, editable=False)
    name = models.CharField(max_length=120, unique=True)
    country = models.CharField(max_length=2, blank=True, default="")
    subdivision = models.CharField(max_length=12, blank=True, default="")
    days = models.JSONField(
        default=list, blank=True, help_text='Your own days: [{"date": "2026-12-24", "name": "…"}]'
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
