"""The catalogue: services, their integrations (inbound) and webhooks (outbound)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Team
from core import ids
from core.crypto import EncryptedTextField
from escalation.models import EscalationPolicy
from notifications.models import Channel
from schedules.models import SupportHours
from services.domain.levels import WARN_ACK_MINUTES, WARN_RESOLVE_MINUTES


class Service(models.Model):
    """A monitored system. Its policy says who is paged, its team who owns it."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.service, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="", max_length=2000)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="services"
    )
    policy = models.ForeignKey(
        EscalationPolicy,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="services",
        verbose_name="escalation policy",
    )
    target_ack_minutes = models.PositiveIntegerField(default=15)
    target_resolve_minutes = models.PositiveIntegerField(default=120)
    ack_timeout_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Acknowledged and silent for so long: open again"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(archived_at=None), name="service_name_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class IntegrationType(models.TextChoices):
    EVENTS = "events", "Events API"
    PROMETHEUS = "prometheus", "Prometheus Alertmanager"


class Integration(models.Model):
    """A door of a service for one monitoring tool."""

    public_id = models.CharField(
        max_length=32, unique=True, default=ids.integration, editable=False
    )
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="integrations")
    name = models.CharField(max_length=120)
    type = models.CharField(
        max_length=32, choices=IntegrationType.choices, default=IntegrationType.EVENTS
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class IntegrationKey(models.Model):
    """A 32-hex secret of an integration, stored hashed. Two may live while one is rotated."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="keys")
    key_hash = models.CharField(max_length=64, unique=True)
    last4 = models.CharField(max_length=4)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"…{self.last4}"


class ServiceLevel(models.Model):
    """How soon incidents of a service are to be taken and resolved. Without a row: the defaults.

    `targets` hold what differs from the defaults, by urgency or priority (services.domain.levels).
    Incidents opened before `since` have no clocks. Clocks that run follow a change: `applied_at`
    is when they last did, null while that waits.
    """

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="level")
    enabled = models.BooleanField(default=True)
    since = models.DateTimeField()
    hours = models.ForeignKey(
        SupportHours, null=True, blank=True, on_delete=models.PROTECT, related_name="levels"
    )
    targets = models.JSONField(default=dict, blank=True)
    warn_ack_minutes = models.PositiveIntegerField(default=WARN_ACK_MINUTES)
    warn_resolve_minutes = models.PositiveIntegerField(default=WARN_RESOLVE_MINUTES)
    tells_people = models.BooleanField(default=True)
    changed_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"level of {self.service}"


class WebhookType(models.TextChoices):
    """What stands at the other end; it decides the form of what is sent."""

    GENERIC = "GENERIC", "Webhook (JSON)"
    SLACK = "SLACK", "Slack"
    TEAMS = "TEAMS", "Microsoft Teams"
    GOOGLE_CHAT = "GOOGLE_CHAT", "Google Chat"
    DISCORD = "DISCORD", "Discord"
    MATTERMOST = "MATTERMOST", "Mattermost"
    TELEGRAM = "TELEGRAM", "Telegram"

    @property
    def sends_by(self) -> str:
        """The channel of notifications."""
        return Channel.WEBHOOK.value if self is WebhookType.GENERIC else self.value


class ServiceWebhook(models.Model):
    """Where a service announces its incidents: a program, or a channel of a chat.

    Its place is a `url`, or the id of a `channel` that an account of the chat posts to. GENERIC
    ones get JSON, signed when a secret is set.
    """

    public_id = models.CharField(
        max_length=32, unique=True, default=ids.service_webhook, editable=False
    )
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=120)
    type = models.CharField(
        max_length=12,
        choices=WebhookType.choices,
        default=WebhookType.GENERIC,
        db_default="GENERIC",  # the code before this column goes on writing rows for a while
    )
    url = models.CharField(max_length=500, blank=True)
    channel = models.CharField(max_length=40, blank=True, default="", db_default="")
    secret = EncryptedTextField(blank=True, default="")
    enabled = models.BooleanField(default=True)
    on_triggered = models.BooleanField(default=True)
    on_acknowledged = models.BooleanField(default=True)
    on_resolved = models.BooleanField(default=True)
    on_sla = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return self.channel or self.url

    @property
    def sends_by(self) -> str:
        return WebhookType(self.type).sends_by

    @property
    def target_key(self) -> str:
        """Its name among the deliveries."""
        return f"hook.{self.pk}"
