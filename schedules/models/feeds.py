"""What leaves the house: calendar feeds and the public board."""

from django.db import models

from accounts.models import Team, User
from core import ids
from schedules.models.rules import Schedule


class FeedKind(models.TextChoices):
    SCHEDULE = "SCHEDULE", "A schedule"
    PERSON = "PERSON", "A person"
    TEAM = "TEAM", "A team"


class CalendarFeed(models.Model):
    """A secret address that serves shifts as a calendar (RFC 5545). The token is stored hashed."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.feed, editable=False)
    kind = models.CharField(max_length=10, choices=FeedKind.choices)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="calendar_feeds")
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.CASCADE)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE)
    name = models.CharField(max_length=120, blank=True, default="")
    token_hash = models.CharField(max_length=64, unique=True)
    busy = models.BooleanField(default=False, help_text="Shifts block time in the calendar")
    alarm_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]


class FeedEvent(models.Model):
    """What a feed said last of one shift, so that changes raise SEQUENCE and removals are told."""

    feed = models.ForeignKey(CalendarFeed, on_delete=models.CASCADE, related_name="events")
    uid = models.CharField(max_length=80)
    start = models.DateTimeField()
    end = models.DateTimeField()
    summary = models.CharField(max_length=300)
    sequence = models.PositiveIntegerField(default=0)
    modified_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feed", "uid"], name="feed_event_unique"),
        ]


class NameForm(models.TextChoices):
    FULL = "FULL", "Full names"
    FIRST = "FIRST", "First names"
    INITIALS = "INITIALS", "Initials"


class BoardLink(models.Model):
    """A public read-only address of the "who is on call" board; no schedules named means all."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.board, editable=False)
    name = models.CharField(max_length=120, blank=True, default="")
    token_hash = models.CharField(max_length=64, unique=True)
    schedules = models.ManyToManyField(Schedule, blank=True)
    name_form = models.CharField(
        max_length=10, choices=NameForm.choices, default=NameForm.FULL, db_default=NameForm.FULL
    )
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200, blank=True, default="")
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
