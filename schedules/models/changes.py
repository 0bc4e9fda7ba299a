"""Planned changes of who is on call: series of overrides, and requests for cover or a swap."""

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from core import ids
from schedules.models.rules import LayerVersion, OverrideKind, Schedule


class OverrideSeries(models.Model):
    """An override that comes back each week; its occurrences are computed, never stored.

    `days`, `start`, `end`, `end_day` as in a layer's restriction, `first_day` and `last_day` as
    dates, `skipped` as a list of dates (YYYY-MM-DD), all read in `time_zone`. From
    `ended_at` on there are no more occurrences: what was before stays.
    """

    public_id = models.CharField(max_length=32, unique=True, default=ids.series, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="series")
    kind = models.CharField(max_length=12, choices=OverrideKind.choices)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    replaces = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    time_zone = models.CharField(max_length=64)
    days = models.JSONField()
    start = models.CharField(max_length=5)
    end = models.CharField(max_length=5)
    end_day = models.CharField(max_length=3, blank=True, default="")
    first_day = models.DateField()
    last_day = models.DateField(null=True, blank=True)
    skipped = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]


class CoverKind(models.TextChoices):
    COVER = "COVER", "Cover"
    SWAP = "SWAP", "Swap"


class CoverState(models.TextChoices):
    OPEN = "OPEN", "Open"
    TAKEN = "TAKEN", "Taken"
    DECLINED = "DECLINED", "Declined"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"
    EXPIRED = "EXPIRED", "Expired"


class CoverRequest(models.Model):
    """ "Who takes my shift?", asked of one person or (`asked` None) of anyone on the schedule.

    A swap names the shift that is given in return. Shifts are bound to (layer version, shift
    index) where they are whole shifts of a rotation, so that a moved hand-off moves them.
    """

    public_id = models.CharField(max_length=32, unique=True, default=ids.cover, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="cover_requests")
    kind = models.CharField(max_length=8, choices=CoverKind.choices, default=CoverKind.COVER)
    state = models.CharField(max_length=12, choices=CoverState.choices, default=CoverState.OPEN)
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="cover_requests")
    asked = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="cover_asked"
    )
    taken_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="cover_taken"
    )
    message = models.TextField(blank=True, default="", max_length=1000)
    start = models.DateTimeField()
    end = models.DateTimeField()
    layer_version = models.ForeignKey(
        LayerVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    shift_index = models.PositiveIntegerField(null=True, blank=True)
    return_start = models.DateTimeField(null=True, blank=True)
    return_end = models.DateTimeField(null=True, blank=True)
    return_layer_version = models.ForeignKey(
        LayerVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    return_shift_index = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["start", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="cover_ends_after_start")
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="OPEN"), name="cover_open")
        ]


class ShiftBinding(models.Model):
    """Ties an override to a shift of a rotation: when the hand-off moves, the override follows."""

    override = models.OneToOneField(
        "schedules.Override", on_delete=models.CASCADE, related_name="binding"
    )
    layer_version = models.ForeignKey(LayerVersion, on_delete=models.CASCADE, related_name="+")
    shift_index = models.PositiveIntegerField()
    request = models.ForeignKey(
        CoverRequest, null=True, blank=True, on_delete=models.CASCADE, related_name="bindings"
    )
