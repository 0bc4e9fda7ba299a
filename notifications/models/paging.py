"""How people are reached (contact methods, rules) and what was sent (deliveries, attempts)."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from core import ids
from core.crypto import EncryptedTextField
from core.domain.phrase import mark
from core.models import GIVEN_UP_TRIES, Published
from notifications.domain import addresses, words
from notifications.domain.gathering import Rhythm


class Channel(models.TextChoices):
    EMAIL = words.Channel.EMAIL.value, mark("E-mail")
    WEBHOOK = words.Channel.WEBHOOK.value, "Webhook"
    IN_APP = words.Channel.IN_APP.value, mark("In the app")
    SMS = words.Channel.SMS.value, "SMS"
    VOICE = words.Channel.VOICE.value, mark("Phone call")
    WHATSAPP = words.Channel.WHATSAPP.value, "WhatsApp"
    PUSH = words.Channel.PUSH.value, "Push"
    SLACK = words.Channel.SLACK.value, "Slack"
    TEAMS = words.Channel.TEAMS.value, "Microsoft Teams"
    GOOGLE_CHAT = words.Channel.GOOGLE_CHAT.value, "Google Chat"
    DISCORD = words.Channel.DISCORD.value, "Discord"
    TELEGRAM = words.Channel.TELEGRAM.value, "Telegram"
    MATTERMOST = words.Channel.MATTERMOST.value, "Mattermost"
    NTFY = words.Channel.NTFY.value, "ntfy"
    PUSHOVER = words.Channel.PUSHOVER.value, "Pushover"


class Urgency(models.TextChoices):
    HIGH = words.Urgency.HIGH.value, "High"
    MEDIUM = words.Urgency.MEDIUM.value, "Medium"
    LOW = words.Urgency.LOW.value, "Low"


class ContactMethod(models.Model):
    """One way to reach a person: a channel and an address on it."""

    public_id = models.CharField(
        max_length=32, unique=True, default=ids.contact_method, editable=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_methods")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    address = models.CharField(max_length=1000)
    label = models.CharField(max_length=60, blank=True, default="")
    secret = EncryptedTextField(blank=True, default="", help_text="Signs a personal webhook")
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True, help_text="A code came back")
    proven_at = models.DateTimeField(null=True, blank=True, help_text="Last delivery, seen or used")
    failed_at = models.DateTimeField(
        null=True, blank=True, help_text="Last failure; what came after it is looked up"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "channel", "address"], name="contact_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.where}"

    @property
    def where(self) -> str:
        """The address for people; that of a device is long, and whoever has it may push there."""
        if self.channel != Channel.PUSH:
            return addresses.shown(self.address)
        return self.label or "a device"

    @property
    def device_mark(self) -> str:
        """By this a browser knows itself in the list."""
        return hashlib.sha256(self.address.encode()).hexdigest()[:16]


class VerificationCode(models.Model):
    """The code last sent to a contact method; only its hash. A new one takes the old one's place.

    It counts for the `address` it was sent to, until `expires_at`, for `tries_left` more guesses.
    """

    contact_method = models.OneToOneField(
        ContactMethod, on_delete=models.CASCADE, related_name="code"
    )
    address = models.CharField(max_length=1000)
    code_hash = models.CharField(max_length=64)
    tries_left = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"code for {self.contact_method}"


class NotificationRule(models.Model):
    """A personal rule: for this urgency use this contact method after `delay_minutes`.

    It is repeated `repeat_times` times, `repeat_minutes` apart, until somebody acknowledges.

    A person's rules of an urgency replace the defaults (HIGH: all channels at once; MEDIUM and
    LOW: in order of position, the next one when a channel fails).
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notification_rules")
    urgency = models.CharField(max_length=8, choices=Urgency.choices)
    contact_method = models.ForeignKey(ContactMethod, on_delete=models.CASCADE)
    delay_minutes = models.PositiveSmallIntegerField(default=0)
    # The code before these columns goes on writing rows for a while.
    repeat_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    repeat_times = models.PositiveSmallIntegerField(default=0, db_default=0)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["urgency", "delay_minutes", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "urgency", "contact_method", "delay_minutes"],
                name="notification_rule_at_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.urgency}: {self.contact_method} after {self.delay_minutes} min"


def every_day() -> list[int]:
    return list(range(7))


class QuietHours(models.Model):
    """When a person is not to be disturbed by what is not urgent (domain.quiet). No row: never."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="quiet_hours")
    start = models.TimeField()
    end = models.TimeField()
    days = models.JSONField(default=every_day, help_text="Days it begins on, 0 is Monday")
    time_zone = models.CharField(max_length=64, blank=True, default="", help_text="Empty: own")
    mail_meanwhile = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.user}: {self.start:%H:%M} to {self.end:%H:%M}"


class LowDigest(models.Model):
    """How often what is of low urgency comes (domain.gathering). No row: at once."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="low_digest")
    rhythm = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Rhythm])
    hour = models.PositiveSmallIntegerField(help_text="Of a daily one, by the person's clocks")

    def __str__(self) -> str:
        return f"{self.user}: {self.rhythm}"


class DeliveryState(models.TextChoices):
    WAITING = words.State.WAITING.value, "Waits for an earlier channel"
    QUEUED = words.State.QUEUED.value, "Queued"
    SENDING = words.State.SENDING.value, "Sending"
    SENT = words.State.SENT.value, "Accepted by the provider"
    FAILED = words.State.FAILED.value, "Failed"
    CANCELLED = words.State.CANCELLED.value, "Not sent any more"


# Those that something in settings.CHANNELS sends on.
OFFERED = [channel for channel in Channel if channel.value in settings.CHANNELS]
OPEN_STATES = [DeliveryState.WAITING, DeliveryState.QUEUED, DeliveryState.SENDING]


class Delivery(models.Model):
    """One message to one address. The row is the promise: it exists before anything is sent.

    `subject_kind`/`subject_id` name what it is about (opaque here); `page_key` what made it;
    `target_key` whom: unique together, so the same page never becomes two deliveries.
    `next_attempt_at` is when somebody must look at the row again: the next try of a queued one,
    the end of the lease of one that is being sent; `planned_at` what the clock said when that was
    worked out, so that a wait survives a clock that is set (`commands.take_in_strays`).
    """

    subject_kind = models.CharField(max_length=24)
    subject_id = models.BigIntegerField()
    page_key = models.CharField(max_length=80)
    target_key = models.CharField(max_length=40)
    user = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
    )
    contact_method = models.ForeignKey(
        ContactMethod, null=True, blank=True, on_delete=models.SET_NULL
    )
    channel = models.CharField(max_length=12, choices=Channel.choices)
    address = models.CharField(max_length=1000)
    secret = EncryptedTextField(blank=True, default="")
    provider = models.CharField(max_length=120, help_text="Bulkhead: what hangs together")
    message = models.JSONField(help_text="notifications.domain.message.Message as JSON")
    # The code before this column goes on writing rows for a while.
    why = models.JSONField(
        default=list, db_default=[], blank=True, help_text="notifications.domain.reasons"
    )
    rank = models.PositiveSmallIntegerField(default=1, help_text="0 urgent page … 9 news")
    ordered = models.BooleanField(default=False, help_text="One of a chain: next on failure")
    position = models.PositiveSmallIntegerField(default=0)
    # The code before this column goes on writing rows for a while.
    gathered = models.BooleanField(default=False, db_default=False, help_text="For a digest")
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED
    )
    reason = models.CharField(max_length=300, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    planned_at = models.DateTimeField(null=True, blank=True)
    throttled_since = models.DateTimeField(
        null=True, blank=True, help_text="Held back by the limit of its account, before any try"
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True, default="")
    possible_duplicate = models.BooleanField(default=False)
    reference = models.CharField(
        max_length=120,
        blank=True,
        default="",
        db_default="",  # the code before this column goes on writing rows for a while
        help_text="The provider's name for the message",
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True, help_text="A receipt came back")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="Opened or answered")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "page_key", "target_key"],
                name="delivery_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["rank", "next_attempt_at", "id"],
                condition=Q(state__in=["QUEUED", "SENDING"]),
                name="delivery_due",
            ),
            models.Index(fields=["id"], condition=Q(state="WAITING"), name="delivery_waiting"),
            models.Index(fields=["user", "-id"], name="delivery_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.address}: {self.state}"

    @property
    def where(self) -> str:
        """The address in a line."""
        return addresses.shown(self.address)

    @property
    def title(self) -> str:
        """What it is about, for lists; a code is nobody's business but the receiver's."""
        secret = self.message.get("kind") == words.VERIFY
        return words.CODE_TITLE if secret else str(self.message.get("title", ""))


class DeliveryAttempt(models.Model):
    """One try to hand a delivery to its provider."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    ok = models.BooleanField()
    permanent = models.BooleanField(default=False)
    account = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_default="",
        help_text="Public id of the provider account that was used",
    )
    detail = models.CharField(max_length=300, blank=True, default="")
    answer = models.CharField(
        max_length=256,
        blank=True,
        default="",
        help_text="How the answer began; for admins only",
    )

    class Meta:
        ordering = ["id"]


class DeliveryOutcome(models.TextChoices):
    SENT = words.Outcome.SENT.value, "Sent"
    DELIVERED = words.Outcome.DELIVERED.value, "Delivered"
    FAILED = words.Outcome.FAILED.value, "Failed"
    NOT_SENT = words.Outcome.NOT_SENT.value, "Not sent"


class DeliveryEvent(Published):
    """The fate of a delivery, written with it; subscribers read it later, each once."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="events")
    outcome = models.CharField(max_length=10, choices=DeliveryOutcome.choices)
    at = models.DateTimeField()
    detail = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(published_at=None),
                name="delivery_event_unpublished",
            ),
            models.Index(
                fields=["id"],
                condition=Q(tries__gte=GIVEN_UP_TRIES),
                name="delivery_event_given_up",
            ),
        ]


class InAppNotification(models.Model):
    """A line under the bell. Never counts as reached."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    title = models.CharField(max_length=255)
    body = models.TextField(blank=True, default="")
    url = models.CharField(max_length=300, blank=True, default="")
    urgent = models.BooleanField(default=False)
    key = models.CharField(max_length=140, help_text="Unique per user: the same notice comes once")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread")]

    def __str__(self) -> str:
        return self.title


class OutboxMail(models.Model):
    """Mail that did not leave, mostly because no server is configured; shown on the outbox page."""

    to = models.CharField(max_length=500)
    subject = models.CharField(max_length=500)
    text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
