"""What the coverage guard has found in the days ahead."""

from django.db import models
from django.db.models import Q


class FindingKind(models.TextChoices):
    GAP = "GAP", "Nobody is on call"
    SINGLE_POINT = "SINGLE_POINT", "The same person on every step"
    UNREACHABLE = "UNREACHABLE", "A person without a verified contact"
    DISABLED = "DISABLED", "A disabled person in the rotation"
    REACHES_NOBODY = "REACHES_NOBODY", "The policy would reach nobody"
    TIME_OFF = "TIME_OFF", "Somebody on call is away"


class SubjectKind(models.TextChoices):
    SCHEDULE = "SCHEDULE", "Schedule"
    POLICY = "POLICY", "Escalation policy"


class CoverageFinding(models.Model):
    """Something that would leave a page without a human in the days ahead.

    `key` names the finding, so that looking again updates it; `cleared_at`: seen no more.
    """

    subject_kind = models.CharField(max_length=10, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField()
    subject_name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=FindingKind.choices)
    key = models.CharField(max_length=120)
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    people = models.JSONField(default=list, blank=True)
    words = models.CharField(max_length=300)
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)
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
