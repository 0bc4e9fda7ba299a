"""The accounts through which messages leave, how they fare, and how much they send."""

from django.db import models

from core import ids
from core.crypto import EncryptedTextField


class Provider(models.Model):
    """An account through which messages leave, such as one at Twilio.

    `kind` names the module of settings.PROVIDERS; several of one kind are allowed. Per channel the
    enabled ones are tried in order of `position`.
    """

    public_id = models.CharField(max_length=32, unique=True, default=ids.provider, editable=False)
    kind = models.CharField(max_length=30)
    label = models.CharField(max_length=60, blank=True, default="")
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    config = EncryptedTextField(default="{}", help_text="JSON object: field name -> text")
    # The code before this column goes on writing rows for a while.
    per_minute = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Most messages in sixty seconds; 0: no limit"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label or self.kind


class ProviderHealth(models.Model):
    """How an account fares, shared by all processes. A bad address is not its fault.

    `failures` counts in a row; while `open_until` lies ahead, others of the channel go first.
    Until `rest_until` the vendor asked to be left alone (429): what has no other account waits.
    """

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="health")
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    rest_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.provider}: {self.failures} failures"


class ProviderPace(models.Model):
    """What left through an account with a limit within the last minute (domain.pace).

    Shared by all senders, who lock it to take their share.
    """

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="pace")
    recent = models.JSONField(default=list, help_text="[second of the epoch, messages], …")

    def __str__(self) -> str:
        return f"{self.provider}: {len(self.recent)} seconds of sending"
