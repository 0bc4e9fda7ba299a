"""Filters and sorting of the incident list; unknown names are refused by name."""

from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from rest_framework.request import Request

from accounts.models import User
from core.api_time import instant
from core.api_view import filters_of
from core.errors import InvalidRequest
from incidents import queries
from incidents.domain.alert import Urgency
from incidents.domain.lifecycle import Status
from incidents.models import Incident

NAMES = (
    "status",
    "urgency",
    "serviceId",
    "teamId",
    "assigneeId",
    "watchedBy",
    "createdAfter",
    "createdBefore",
    "sla",
    "sort",
    "order",
)
SORTS = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "urgency": "urgency_rank",
    "status": "status",
    "priority": "priority",
}
_RANK = Case(
    *[When(urgency=member, then=Value(rank)) for rank, member in enumerate(reversed(Urgency))],
    output_field=IntegerField(),
)


def apply(rows: QuerySet[Incident], request: Request) -> QuerySet[Incident]:
    """Raises InvalidRequest (400) for an unknown filter, value or sort field."""
    given = filters_of(request, NAMES)
    if "status" in given:
        rows = rows.filter(status__in=_members(given["status"], Status, "status"))
    if "urgency" in given:
        rows = rows.filter(urgency__in=_members(given["urgency"], Urgency, "urgency"))
    if "serviceId" in given:
        rows = rows.filter(service__public_id__in=given["serviceId"].split(","))
    if "teamId" in given:
        teams = given["teamId"].split(",")
        owned = Q(service__team__public_id__in=teams) | Q(assigned_team__public_id__in=teams)
        rows = rows.filter(owned)
    if "assigneeId" in given:
        rows = rows.filter(assignee__public_id__in=given["assigneeId"].split(","))
    if "watchedBy" in given:
        rows = rows.filter(queries.watched_by(_watcher(request, given["watchedBy"])))
    if "createdAfter" in given:
        rows = rows.filter(created_at__gte=instant(given["createdAfter"], "createdAfter"))
    if "createdBefore" in given:
        rows = rows.filter(created_at__lt=instant(given["createdBefore"], "createdBefore"))
    if "sla" in given:
        rows = _by_promise(rows, given["sla"])
    return _sorted(rows, given.get("sort", "createdAt"), given.get("order", "desc"))


def _watcher(request: Request, public_id: str) -> User:
    """The owner of the key for “me”. Raises InvalidRequest for an unknown person."""
    own: Any = request.user
    if public_id in {"me", own.public_id}:
        return own
    found = User.objects.filter(public_id=public_id).first()
    if found is None:
        raise InvalidRequest("watchedBy is “me” or the id of a person", field="watchedBy")
    return found


def _by_promise(rows: QuerySet[Incident], wanted: str) -> QuerySet[Incident]:
    if wanted not in {"breached", "kept"}:
        raise InvalidRequest("sla is breached or kept", field="sla")
    return rows.filter(queries.late()) if wanted == "breached" else rows.exclude(queries.late())


def _sorted(rows: QuerySet[Incident], name: str, order: str) -> QuerySet[Incident]:
    if name not in SORTS:
        raise InvalidRequest(f"sort is one of {', '.join(SORTS)}", field="sort")
    if order not in {"asc", "desc"}:
        raise InvalidRequest("order is asc or desc", field="order")
    if name == "urgency":
        rows = rows.annotate(urgency_rank=_RANK)
    sign = "-" if order == "desc" else ""
    return rows.order_by(f"{sign}{SORTS[name]}", f"{sign}id")


def _members(text: str, kind: type[Status] | type[Urgency], field: str) -> list[str]:
    values = [part.strip().upper() for part in text.split(",") if part.strip()]
    known = {member.value for member in kind}
    for value in values:
        if value not in known:
            options = ", ".join(member.value for member in kind)
            raise InvalidRequest(f"{field} is one of {options}", field=field)
    return values
