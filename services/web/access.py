"""Who may see and change what of the catalogue: look-up is authorisation."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from accounts.domain import roles
from accounts.domain.roles import Ability
from accounts.models import Membership, User
from services import queries
from services.models import Integration, Service, ServiceWebhook


def service_of(public_id: str) -> Service:
    """A live service: everybody who signed in may see the catalogue. Raises Http404."""
    found = queries.live().filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def editable(request: HttpRequest, public_id: str) -> Service:
    """The service, for those who may change it. Raises Http404 or PermissionDenied."""
    service = service_of(public_id)
    if not may_edit(_user(request), service):
        raise PermissionDenied
    return service


def integration_of(request: HttpRequest, public_id: str) -> Integration:
    """An integration of a service that the person may change."""
    rows = Integration.objects.select_related("service").filter(service__archived_at=None)
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    if not may_edit(_user(request), found.service):
        raise PermissionDenied
    return found


def webhook_of(request: HttpRequest, public_id: str) -> ServiceWebhook:
    """A webhook of a service that the person may change."""
    rows = ServiceWebhook.objects.select_related("service").filter(service__archived_at=None)
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    if not may_edit(_user(request), found.service):
        raise PermissionDenied
    return found


def may_edit(user: User, service: Service) -> bool:
    """Responders and admins; users when the service is their team's."""
    if roles.may(user.role, Ability.EDIT_SERVICE):
        return True
    own = Membership.objects.filter(user=user, team=service.team_id).exists()
    return roles.may(user.role, Ability.EDIT_SERVICE, own=own)


def require(request: HttpRequest, ability: Ability) -> None:
    """Raises PermissionDenied unless the role reaches everywhere."""
    if not roles.may(_user(request).role, ability):
        raise PermissionDenied


def _user(request: HttpRequest) -> Any:
    return request.user
