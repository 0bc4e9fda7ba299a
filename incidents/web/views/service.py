"""What the service pages show of incidents: fragments, and the test event."""

import secrets
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.domain import roles
from accounts.models import Membership
from core import clock
from core.web import actor_of, signed_in
from incidents import commands, queries
from incidents.domain.alert import Action, AlertEvent, Severity
from incidents.models import Alert
from services.models import Integration
from services.queries import door_of_integration

RECENT = 8


@signed_in
@require_safe
def recent(request: HttpRequest, public_id: str) -> HttpResponse:
    """The newest incidents of a service that the person may see."""
    user: Any = request.user
    rows = queries.with_names(queries.visible_to(user)).filter(service__public_id=public_id)
    return render(request, "incidents/_recent.html", {"incidents": rows.order_by("-id")[:RECENT]})


@signed_in
@require_safe
def arrivals(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whether the integration has sent something yet, and what came last."""
    integration = _integration(request, public_id)
    rows = Alert.objects.filter(integration=integration).select_related("incident")
    context = {"integration": integration, "alert": rows.order_by("-id").first()}
    return render(request, "incidents/_arrivals.html", context)


@signed_in
@require_POST
def test_event(request: HttpRequest, public_id: str) -> HttpResponse:
    """Runs an event through the same path as one from outside, with the severity chosen."""
    integration = _integration(request, public_id)
    door = door_of_integration(integration)
    if door is None:
        raise Http404
    wanted = request.POST.get("severity", "")
    severity = Severity(wanted) if wanted in set(Severity) else Severity.INFO
    summary = f"Test event for {integration.service.name} ({severity.value})"
    event = AlertEvent(
        action=Action.TRIGGER,
        dedup_key=f"opsknight-test-{secrets.token_hex(6)}",
        summary=summary[:500],
        severity=severity,
        source="OpsKnight test",
        details={"test": True, "asked for by": str(request.user)},
        raw={"test": True, "summary": summary, "severity": severity.value},
    )
    (outcome,) = commands.ingest(door, [event], by=actor_of(request), now=clock.now())
    number = queries.visible_to(_user(request)).get(public_id=outcome.incident_id).pk
    messages.success(request, f"The test event opened incident #{number}")
    return redirect("incidents:detail", number)


def _integration(request: HttpRequest, public_id: str) -> Integration:
    """The integration, for those who may edit its service. Raises Http404 or PermissionDenied."""
    rows = Integration.objects.select_related("service")
    integration = rows.filter(public_id=public_id, service__archived_at=None).first()
    if integration is None:
        raise Http404
    user = _user(request)
    own = Membership.objects.filter(user=user, team__services=integration.service)
    if not roles.may(user.role, roles.Ability.EDIT_SERVICE, own=own.exists()):
        raise PermissionDenied
    return integration


def _user(request: HttpRequest) -> Any:
    return request.user
