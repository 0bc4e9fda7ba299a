"""What the coverage guard has found in the days ahead."""

from django.db import models
from django.db.models import Q

from accounts.models import Team
from schedules.domain.guard import Kind


class FindingKind(models.TextChoices):
    GAP = Kind.GAP.value, "Nobody is on call"
    SINGLE_POINT = Kind.SINGLE_POINT.value, "The same person on every step"
    UNREACHABLE = Kind.UNREACHABLE.value, "A person without a verified contact"
    DISABLED = Kind.DISABLED.value, "A disabled person in the rotation"
    REACHES_NOBODY = Kind.REACHES_NOBODY.value, "The policy would reach nobody"
    NOBODY_HIGH = Kind.NOBODY_HIGH.value, "The policy would reach nobody for high urgency"
    NOBODY_MEDIUM = Kind.NOBODY_MEDIUM.value, "The policy would reach nobody for medium urgency"
    NOBODY_LOW = Kind.NOBODY_LOW.value, "The policy would reach nobody for low urgency"
    TIME_OFF = Kind.TIME_OFF.value, "Somebody on call is away"


class SubjectKind(models.TextChoices):
    SCHEDULE = "SCHEDULE", "Schedule"
    POLICY = "POLICY", "Escalation policy"


class CoverageFinding(models.Model):
    """Something that would leave a page without a human in the days ahead.

    `key` names the finding, so that looking again updates it; `cleared_at`: seen no more.
    `team` owns the subject. `told_to`: primary keys of those who know; `told_at`: all of them do.
    `people`: [{"id": "usr_…", "name": "…"}], with "lacking" channels where none is set up.
    """

    subject_kind = models.CharField(max_length=10, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField()
    subject_name = models.CharField(max_length=200)
    subject_public_id = models.CharField(max_length=32, default="", db_default="")
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=FindingKind.choices)
    key = models.CharField(max_length=120)
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    people = models.JSONField(default=list, blank=True)
    words = models.CharField(max_length=300)
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)
    told_to = models.JSONField(default=list, db_default=[], blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["start", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "key"],
                condition=Q(cleared_at=None),
                name="coverage_finding_once",
            )
        ]


class CoverageWatch(models.Model):
    """When the guard looks at a subject again; a change of it brings that forward.

    `current`: what was found holds; False from a change, or a claim, until a look succeeded.
    """

    subject_kind = models.CharField(max_length=10, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    # In the database True: what stood before this column had been looked at.
    current = models.BooleanField(default=False, db_default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"], name="coverage_watch_once"
            )
        ]
        indexes = [models.Index(fields=["subject_kind", "due_at"], name="coverage_watch_due")]
