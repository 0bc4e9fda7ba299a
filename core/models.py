"""Technical rows: rate buckets, process heartbeats, settings. No product nouns."""

from django.db import models

from core.crypto import EncryptedTextField


class RateBucket(models.Model):
    """How often a key was used in one window; written by one atomic upsert (core.rate)."""

    key = models.CharField(max_length=160)
    window = models.BigIntegerField(help_text="Unix second at which the window starts")
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window"], name="rate_bucket_key")]


class Heartbeat(models.Model):
    """Proof of life of a process or a path; judged by age."""

    name = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.name


class Setting(models.Model):
    """A value that an admin changed; the registry core.config knows names, types and defaults."""

    name = models.CharField(max_length=80, unique=True)
    value = models.JSONField(null=True, blank=True)
    secret = EncryptedTextField(blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


GIVEN_UP_TRIES = 6  # so often an event is offered to a subscriber that fails
# Only what was given up has so many; spelt out, because SQLite uses a partial index for no less.
GIVEN_UP = f"tries >= {GIVEN_UP_TRIES}"


class Published(models.Model):
    """Base of event rows that core.fanout brings to subscribers."""

    published_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    left = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Subscribers that failed and are tried again",
    )

    class Meta:
        abstract = True
