"""Escalation policies: an identity row and immutable versions with steps and targets."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Team, User
from core import ids
from escalation.domain import wording
from escalation.domain.conditions import Condition, HoursRule
from escalation.domain.engine import FIRST_RANK, TargetKind
from schedules.models import Schedule, SupportHours


class EscalationPolicy(models.Model):
    """A named policy; `current` is the version that new incidents take."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.policy, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="", max_length=2000)
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="policies",
        help_text="Is told of holes ahead; without one the admins are",
    )
    current = models.ForeignKey(
        "PolicyVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "escalation policies"
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(archived_at=None), name="policy_name_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """What a policy said from `created_at` on; never changed, so a running incident is safe."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    initial_delay_minutes = models.PositiveSmallIntegerField(default=0)
    repeat_count = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=0,
        validators=[MaxValueValidator(9)],
        help_text="How often the steps repeat; empty = until acknowledged (at most 9 cycles)",
    )
    fallback_users = models.ManyToManyField(
        User, blank=True, related_name="policyversion_fallback_of"
    )
    low_hours = models.ForeignKey(
        SupportHours,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Incidents of urgency LOW wait for these hours; empty = they never wait",
    )
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"


class Step(models.Model):
    """One rung: page the targets, then wait `escalate_after_minutes` before the next rung."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    escalate_after_minutes = models.PositiveSmallIntegerField(default=5)
    channels = models.JSONField(default=list, blank=True)
    urgencies = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Fires only for these; empty = for all"
    )
    priorities = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text='Fires only for these, "" = without a priority; empty = for all',
    )
    hours = models.ForeignKey(
        SupportHours,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Fires only inside (or only outside) these hours; empty = at any time",
    )
    inside_hours = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="step_position")
        ]

    @property
    def condition(self) -> Condition:
        """What an incident must be like for the step to fire."""
        rule = HoursRule(self.hours.pk, self.inside_hours, self.hours.name) if self.hours else None
        return Condition(frozenset(self.urgencies), frozenset(self.priorities), rule)


TARGET_LABELS = [
    (TargetKind.USER.value, "Person"),
    (TargetKind.TEAM.value, "Team"),
    (TargetKind.TEAM_LEAD.value, "Lead of team"),
    (TargetKind.TEAM_TURN.value, "One of team, in turn"),
    (TargetKind.SCHEDULE.value, "On call in schedule"),
]


class StepTarget(models.Model):
    """Whom a step pages; schedules and teams are resolved when the step fires."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=TARGET_LABELS)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL)
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.SET_NULL)
    rank = models.PositiveSmallIntegerField(
        default=FIRST_RANK,
        db_default=FIRST_RANK,
        help_text="Of a schedule: 1 is on call, 2 the next in the rotation",
    )

    class Meta:
        ordering = ["position", "id"]

    @property
    def named(self) -> User | Team | Schedule | None:
        """Who or what is paged; None when the team or schedule was deleted."""
        return self.user or self.team or self.schedule

    @property
    def words(self) -> str:
        """As a ladder names it: "secondary of Payments"."""
        return wording.named(TargetKind(self.kind), str(self.named), self.rank)


class TeamTurn(models.Model):
    """Who of a team had the turn last. Locked while a batch pages, so that no turn is taken twice.

    A number and no reference: the order goes on behind somebody who has left.
    """

    team = models.OneToOneField(
        Team, primary_key=True, on_delete=models.CASCADE, related_name="turn"
    )
    last_user_id = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.team_id}: after {self.last_user_id}"
