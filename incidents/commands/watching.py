"""Watching: an incident, or a service with everything that will happen to it."""

from datetime import datetime

from django.db import transaction

from accounts.models import User, UserStatus
from audit import commands as audit
from core.actor import Actor
from core.errors import ValidationFailed
from incidents import queries
from incidents.commands.records import lock, log
from incidents.domain.watching import WatchRole
from incidents.models import (
    EventType,
    Incident,
    IncidentWatcher,
    ServiceWatcher,
    WatchedChange,
)
from services.models import Service
from services.queries import may_post_events


def watch(
    incident: Incident, user: User, *, role: str = WatchRole.FOLLOWER, by: Actor, now: datetime
) -> IncidentWatcher:
    """Follows one incident, or changes how much is heard of it.

    Raises ValidationFailed for a disabled person and for one who may not see the incident.
    """
    _check_role(role)
    _check_person(user)
    if not queries.visible_to(user).filter(pk=incident.pk).exists():
        raise ValidationFailed(f"{user} may not see this incident", field="userId")
    with transaction.atomic():
        lock(incident)
        heard = queries.watch_of(incident, user)
        row, _ = IncidentWatcher.objects.update_or_create(
            incident=incident,
            user=user,
            defaults={"role": role, "muted": False},
            create_defaults={"role": role, "since": now},
        )
        if heard is None:
            _log(incident, EventType.WATCHER_ADDED, user, by=by, now=now)
    return row


def unwatch(incident: Incident, user: User, *, by: Actor, now: datetime) -> bool:
    """Hears nothing more of it, also when its service is followed. False: heard nothing before."""
    with transaction.atomic():
        lock(incident)
        if queries.watch_of(incident, user) is None:
            return False
        rows = IncidentWatcher.objects.filter(incident=incident, user=user)
        if ServiceWatcher.objects.filter(service=incident.service_id, user=user).exists():
            IncidentWatcher.objects.update_or_create(
                incident=incident,
                user=user,
                defaults={"muted": True},
                create_defaults={"muted": True, "since": now},
            )
        else:
            rows.delete()
        WatchedChange.objects.filter(user=user, event__incident=incident).delete()
        _log(incident, EventType.WATCHER_REMOVED, user, by=by, now=now)
    return True


def watch_service(
    service: Service, user: User, *, role: str = WatchRole.FOLLOWER, by: Actor, now: datetime
) -> ServiceWatcher:
    """Follows every incident of it. Raises ValidationFailed for whoever may not see them.

    What somebody decides for another person is audited.
    """
    _check_role(role)
    _check_person(user)
    if not may_post_events(user, service.pk):
        raise ValidationFailed(f"{user} may not see the incidents of {service}", field="userId")
    with transaction.atomic():
        same = ServiceWatcher.objects.filter(service=service, user=user, role=role).exists()
        row, _ = ServiceWatcher.objects.update_or_create(
            service=service, user=user, defaults={"role": role}, create_defaults=_since(role, now)
        )
        if not same:
            _audit("service.watcher_added", service, user, {"role": role}, by=by, now=now)
    return row


def unwatch_service(service: Service, user: User, *, by: Actor, now: datetime) -> bool:
    """What of it was chosen singly goes on. False when it was not followed."""
    with transaction.atomic():
        gone, _ = ServiceWatcher.objects.filter(service=service, user=user).delete()
        mine = IncidentWatcher.objects.filter(user=user)
        mine.filter(incident__service=service, muted=True).delete()
        single = mine.filter(incident__service=service).values("incident_id")
        untold = WatchedChange.objects.filter(user=user, event__incident__service=service)
        untold.exclude(event__incident__in=single).delete()
        if gone:
            _audit("service.watcher_removed", service, user, {}, by=by, now=now)
    return bool(gone)


def _audit(
    action: str, service: Service, user: User, changes: dict[str, str], *, by: Actor, now: datetime
) -> None:
    if by.user_pk == user.pk:
        return
    audit.record(
        action,
        by=by,
        now=now,
        target_type="service",
        target_id=service.public_id,
        target_label=service.name,
        changes={"watcher": str(user), **changes},
    )


def _since(role: str, now: datetime) -> dict[str, object]:
    return {"role": role, "since": now}


def _check_role(role: str) -> None:
    if role not in set(WatchRole):
        raise ValidationFailed(f"role is one of {', '.join(WatchRole)}", field="role")


def _check_person(user: User) -> None:
    if user.status == UserStatus.DISABLED:
        raise ValidationFailed(f"{user} is disabled", field="userId")


def _log(incident: Incident, type: EventType, user: User, *, by: Actor, now: datetime) -> None:
    details = {"user_id": user.public_id, "user": str(user)}
    log(incident, type, by=by, now=now, details=details)
