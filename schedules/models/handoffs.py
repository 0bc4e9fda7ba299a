"""Hand-offs: notes for whoever comes next, and notices of shifts that start and end."""

from django.db import models

from accounts.models import User
from core import ids
from schedules.models.rules import Schedule


class HandoffNote(models.Model):
    """What the next person on call should know."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.note, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="handoff_notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=200)
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]


class NoticeKind(models.TextChoices):
    SOON = "SOON", "Starts soon"
    START = "START", "Started"
    END = "END", "Ended"


class ShiftNotice(models.Model):
    """That a person was told of the start or end of a shift: once, whatever happens."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=NoticeKind.choices)
    at = models.DateTimeField(help_text="The start or end that the notice is about")
    told_at = models.DateTimeField()
    dropped = models.BooleanField(
        default=False, db_default=False, help_text="Not told after all: it was too late"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "user", "kind", "at"], name="shift_notice_once"
            )
        ]
