"""People who were asked to help, and acknowledgements that do not last for ever."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from core import ids
from incidents.domain.responders import LIVE, OVER, WAITING, ResponderState
from incidents.models.incident import Incident


class IncidentResponder(models.Model):
    """Somebody was asked to help with an incident that stays with its owner.

    Those asked together share a `round` of the incident. `due_at`: when the asker is told that
    there is no answer, None once there is one; `planned_at`: what the clock said when that was
    worked out.
    """

    public_id = models.CharField(max_length=32, unique=True, default=ids.responder, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="responders")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="asked_to_help")
    asked_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    asked_by_label = models.CharField(max_length=200)
    source = models.CharField(max_length=300, help_text="Why them: named, on call, of the team")
    message = models.CharField(max_length=500, blank=True, default="")
    round = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value.capitalize()) for state in ResponderState],
        default=ResponderState.REQUESTED.value,
    )
    note = models.CharField(max_length=500, blank=True, default="", help_text="Of the answer")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "user"],
                condition=Q(state__in=[state.value for state in LIVE]),
                name="responder_asked_once",
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="responder_due")
        ]

    def __str__(self) -> str:
        return f"{self.user} for incident {self.incident_id}: {self.state}"

    @property
    def waits(self) -> bool:
        """Whether an answer would still be welcome."""
        return self.state in WAITING

    @property
    def answerable(self) -> bool:
        """Whether the person may still say yes or no, or change their mind."""
        return self.state not in OVER


class AcknowledgeTimer(models.Model):
    """An acknowledged incident of a service that lets nobody forget it: open again at `due_at`.

    Every sign of work puts it off. `planned_at`: what the clock said when it was worked out.
    """

    incident = models.OneToOneField(
        Incident, primary_key=True, on_delete=models.CASCADE, related_name="acknowledge_timer"
    )
    due_at = models.DateTimeField(db_index=True)
    planned_at = models.DateTimeField()

    class Meta:
        ordering = ["due_at"]

    def __str__(self) -> str:
        return f"incident {self.incident_id} until {self.due_at}"
