"""Who watches incidents and services, what they have yet to be told, whom a note calls."""

from django.db import models
from django.db.models import Q

from accounts.models import Team, User
from incidents.domain.watching import LABELS, WatchRole
from incidents.models.incident import Incident, IncidentEvent, Note
from services.models import Service

ROLES = [(role.value, LABELS[role]) for role in WatchRole]


class IncidentWatcher(models.Model):
    """Somebody follows one incident. `muted`: hears nothing of it, although of its service."""

    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, related_name="watchers", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="watched_incidents")
    role = models.CharField(max_length=12, choices=ROLES, default=WatchRole.FOLLOWER.value)
    muted = models.BooleanField(default=False)
    since = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "user"], name="incident_watcher_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} watches incident {self.incident_id}"


class ServiceWatcher(models.Model):
    """Somebody follows every incident of a service, from its start."""

    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="watchers", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="watched_services")
    role = models.CharField(max_length=12, choices=ROLES, default=WatchRole.FOLLOWER.value)
    since = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["service", "user"], name="service_watcher_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} watches {self.service}"


class WatchedChange(models.Model):
    """A change that a watcher has yet to be told of; gone once it is in a message."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.ForeignKey(IncidentEvent, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "event"], name="watched_change_once")
        ]

    def __str__(self) -> str:
        return f"event {self.event_id} for user {self.user_id}"


class Mention(models.Model):
    """A person or a team that a note calls; `label` as they were named then."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=120)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, team__isnull=False) | Q(user__isnull=False, team=None),
                name="mention_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.label}"
