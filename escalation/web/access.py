"""Who may see and change policies: everybody reads them, admins write them."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest

from accounts.domain.roles import Ability, may
from accounts.models import Role
from core.web import role_required
from escalation import queries
from escalation.models import EscalationPolicy

editors_only = role_required(*(role for role in Role.values if may(role, Ability.EDIT_POLICY)))


def policies() -> QuerySet[EscalationPolicy]:
    """Live policies with their steps, and how many services use each."""
    live = Count("services", filter=Q(services__archived_at=None), distinct=True)
    return queries.with_steps().annotate(used_by=live).order_by("name", "id")


def policy_of(public_id: str) -> EscalationPolicy:
    """Raises Http404."""
    found = policies().filter(public_id=public_id).first()
    if found is None or found.current is None:
        raise Http404
    return found


def may_edit(request: HttpRequest) -> bool:
    user: Any = request.user
    return may(user.role, Ability.EDIT_POLICY)
