"""Incidents and everything that hangs on them: alerts, timeline events, notes, pages."""

from enum import StrEnum

from django.db import models
from django.db.models import Q

from accounts.models import Team, User
from core import ids
from core.models import GIVEN_UP_TRIES, Published
from escalation.models import PolicyVersion
from incidents.domain import marks
from incidents.domain.alert import Action, Severity, Urgency
from incidents.domain.lifecycle import EscalationState, HoursWait, Status
from incidents.models.sla import SlaClock, pressing
from services.models import Integration, Service


def _choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value.capitalize()) for member in kind]


class Priority(models.TextChoices):
    P1 = "P1", "P1"
    P2 = "P2", "P2"
    P3 = "P3", "P3"
    P4 = "P4", "P4"
    P5 = "P5", "P5"


class Incident(models.Model):
    """Something is broken and somebody must look. The primary key is the running number.

    Escalation: `run` counts how often paging (re)started, `cycle` the passes through the policy
    (1-based), `next_step` the 0-based step that fires at `escalate_at`, `current_step` the step
    that fired last. An OPEN incident always has an `escalate_at`: the database refuses others.
    """

    public_id = models.CharField(max_length=32, default=ids.incident, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="incidents")
    integration = models.ForeignKey(
        Integration,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="incidents",
        db_index=False,
        db_constraint=False,  # hot path: one look-up per event less; Django keeps it in order
    )
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True, default="")
    status = models.CharField(max_length=12, choices=_choices(Status), default=Status.OPEN)
    urgency = models.CharField(max_length=8, choices=_choices(Urgency), default=Urgency.LOW)
    priority = models.CharField(max_length=2, choices=Priority.choices, null=True, blank=True)
    dedup_key = models.CharField(max_length=200, null=True, blank=True)
    source = models.CharField(max_length=200, blank=True, default="")
    custom_details = models.JSONField(default=dict, blank=True)
    links = models.JSONField(default=list, blank=True)
    alert_count = models.PositiveIntegerField(default=0)
    assignee = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned",
        db_index=False,
    )
    assigned_team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned",
        db_index=False,
    )
    policy_version = models.ForeignKey(
        PolicyVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    escalation_state = models.CharField(
        max_length=10,
        choices=_choices(EscalationState),
        default=EscalationState.ESCALATING,
    )
    run = models.PositiveIntegerField(default=1)
    cycle = models.PositiveSmallIntegerField(default=1)
    next_step = models.PositiveSmallIntegerField(default=0)
    current_step = models.PositiveSmallIntegerField(null=True, blank=True)
    escalate_at = models.DateTimeField(null=True, blank=True)
    pressed_at = models.DateTimeField(
        null=True, blank=True, help_text="Equal to `escalate_at` when a person asked for that step"
    )
    quiet_start = models.BooleanField(
        default=False, help_text="The first step is recorded but sends nothing"
    )
    hours_wait = models.CharField(
        max_length=8,
        choices=_choices(HoursWait),
        default=HoursWait.NONE,
        db_default=HoursWait.NONE.value,
        blank=True,
        help_text="WAITING: `escalate_at` is when the support hours begin for which LOW waits",
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=500, blank=True, default="")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    last_status_change = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        # Every index is paid for by every event: what is mostly empty is indexed where it is not,
        # and the public id has a constraint, because a unique field gets a second index for LIKE.
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="incident_public_id"),
            models.UniqueConstraint(
                fields=["service", "dedup_key"],
                condition=~Q(status="RESOLVED"),
                name="incident_one_active_per_key",
            ),
            models.CheckConstraint(
                condition=~Q(status="OPEN") | Q(escalate_at__isnull=False),
                name="incident_open_has_next_step",
            ),
            models.CheckConstraint(
                condition=~Q(status="SNOOZED") | Q(snoozed_until__isnull=False),
                name="incident_snooze_has_end",
            ),
            models.CheckConstraint(
                condition=Q(assignee=None) | Q(assigned_team=None),
                name="incident_one_owner",
            ),
        ]
        indexes = [
            models.Index(
                fields=["escalate_at"],
                condition=Q(status="OPEN"),
                name="incident_escalation_due",
            ),
            models.Index(
                fields=["snoozed_until"],
                condition=Q(status="SNOOZED"),
                name="incident_wake_up",
            ),
            # With whom it belongs to, so that counting what a person may see reads no rows.
            models.Index(
                fields=["status", "-id", "service", "assignee", "assigned_team"],
                name="incident_by_status",
            ),
            models.Index(
                fields=["assignee"],
                condition=Q(assignee__isnull=False),
                name="incident_of_assignee",
            ),
            models.Index(
                fields=["assigned_team"],
                condition=Q(assigned_team__isnull=False),
                name="incident_of_team",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def number(self) -> int:
        return self.pk

    @property
    def pressing_clock(self) -> SlaClock | None:
        """The service level in one clock; lists fetch all with `queries.with_names`."""
        return pressing(self.sla_clocks.all(), self.status)

    @property
    def is_active(self) -> bool:
        return self.status != Status.RESOLVED

    @property
    def mark(self) -> str:
        """Where the escalation stands: what a button "Escalate now" carries."""
        return marks.mark(self.run, self.cycle, self.next_step)


class Alert(models.Model):
    """One event as it came in, raw payload kept. Deduplicated events have a row of their own."""

    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.CASCADE, related_name="alerts"
    )
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    integration = models.ForeignKey(
        Integration,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="alerts",
        db_constraint=False,
    )
    action = models.CharField(max_length=12, choices=_choices(Action))
    dedup_key = models.CharField(max_length=200)
    summary = models.CharField(max_length=500, blank=True, default="")
    severity = models.CharField(max_length=10, choices=_choices(Severity), blank=True, default="")
    source = models.CharField(max_length=200, blank=True, default="")
    payload = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]


class EventType(models.TextChoices):
    """The timeline types of the Incidents API, and ours in addition."""

    CREATED = "created"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    SNOOZED = "snoozed"
    UNSNOOZED = "unsnoozed"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    ESCALATION = "escalation"
    NOTIFICATION_SENT = "notification_sent"
    NOTIFICATION_DELIVERED = "notification_delivered"
    NOTIFICATION_FAILED = "notification_failed"
    ASSIGNED = "assigned"
    REASSIGNED = "reassigned"
    URGENCY_CHANGED = "urgency_changed"
    PRIORITY_CHANGED = "priority_changed"
    TITLE_CHANGED = "title_changed"
    NOTE_ADDED = "note_added"
    RESPONDER_REQUESTED = "responder_requested"
    RESPONDER_ACCEPTED = "responder_accepted"
    RESPONDER_DECLINED = "responder_declined"
    RESPONDER_EXPIRED = "responder_expired"
    RESPONDER_WITHDRAWN = "responder_withdrawn"
    MERGED = "merged"
    LINKED = "linked"
    WATCHER_ADDED = "watcher_added"
    WATCHER_REMOVED = "watcher_removed"
    SLA_WARNING = "sla_warning"
    SLA_BREACHED = "sla_breached"


class IncidentEvent(Published):
    """One entry of the timeline, written in the transaction of the change. Append-only."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=24, choices=EventType.choices)
    at = models.DateTimeField()
    actor_type = models.CharField(max_length=16, default="system")
    actor_id = models.CharField(max_length=40, blank=True, default="")
    actor_label = models.CharField(max_length=200, blank=True, default="")
    via = models.CharField(max_length=16, blank=True, default="")
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(published_at=None),
                name="incident_event_unpublished",
            ),
            models.Index(
                fields=["id"],
                condition=Q(tries__gte=GIVEN_UP_TRIES),
                name="incident_event_given_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} at {self.at}"


class Note(models.Model):
    """Something a person wrote down during the incident."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.note, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    author_label = models.CharField(max_length=200, blank=True, default="")
    content = models.TextField(max_length=10000)
    is_internal = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    # Not stored: words behind an @ that were nobody's name when it was written.
    unknown_names: tuple[str, ...] = ()

    class Meta:
        ordering = ["id"]


class PageKind(models.TextChoices):
    STEP = "step", "Step of the policy"
    FALLBACK = "fallback", "Fallback contact"
    OWNER = marks.OWNER, "Given to them"
    RESPONDER = marks.RESPONDER, "Asked to help"


# Those that no person asked for: they end with the run of the escalation that made them.
OF_ESCALATION = (PageKind.STEP, PageKind.FALLBACK)


class Page(models.Model):
    """A person was to be woken for an incident: the reason, and the key of its deliveries.

    For pages that somebody asked for, `cycle` counts how often that was done in the run.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="pages")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pages")
    run = models.PositiveIntegerField()
    cycle = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=PageKind.choices, default=PageKind.STEP)
    reason = models.CharField(max_length=300)
    # The code before this column goes on writing rows for a while.
    why = models.JSONField(
        default=list, db_default=[], blank=True, help_text="escalation.domain.reasons"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "run", "cycle", "step", "kind", "user"],
                name="page_once",
            )
        ]

    @property
    def key(self) -> str:
        """`page_key` of this page's deliveries."""
        return marks.page_key(self.kind, self.run, self.cycle, self.step, self.user_id)


class PagingFault(models.Model):
    """The escalation of an incident fails for a fault of ours: how often, since when, and why.

    Written by each try that fails, never by one that works: `last_at` tells whether it goes on.
    """

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="paging_fault")
    tries = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True, default="")
    nobody_told = models.BooleanField(
        default=False, help_text="Not even the fallback contact could be paged"
    )
    since = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["incident_id"]

    def __str__(self) -> str:
        return f"incident {self.incident_id}: {self.reason}"
