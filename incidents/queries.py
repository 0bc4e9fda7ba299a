"""Readers of incidents: visibility, lists, the guard of pages, the invariant I4."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from accounts.models import Role, User
from incidents.models import EscalationState, Incident, Page, PageKind, Status


def visible_to(user: User) -> QuerySet[Incident]:
    """What a person may see: admins and responders all, users what is theirs or their teams'."""
    rows = Incident.objects.all()
    if user.role in {Role.ADMIN, Role.RESPONDER}:
        return rows
    teams = user.memberships.values("team_id")
    mine = Q(assignee=user) | Q(service__team__in=teams) | Q(assigned_team__in=teams)
    return rows.filter(mine)


def with_names(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """The joins that lists and the API show."""
    return rows.select_related("service__team", "assignee", "assigned_team", "integration")


def counts_by_status(user: User) -> dict[str, int]:
    rows = visible_to(user).exclude(status=Status.RESOLVED).values_list("status")
    return dict(rows.annotate(n=Count("id")).order_by())


def unwanted_pages(
    deliveries: Sequence[tuple[int, int, str, int | None]], now: datetime
) -> dict[int, str]:
    """The guard of pages: delivery id -> why it must not be sent any more.

    Asked in batches right before sending with (delivery id, incident id, page key, user id). A
    page is wanted while its incident is open in the same run and the person is not disabled.
    """
    ids = {incident for _, incident, _, _ in deliveries}
    fields = Incident.objects.filter(pk__in=ids).values_list("pk", "status", "run")
    states = {pk: (status, run) for pk, status, run in fields}
    people = {user for *_, user in deliveries if user is not None}
    disabled = set(
        User.objects.filter(pk__in=people)
        .exclude(pk__in=User.objects.pageable().values("pk"))
        .values_list("pk", flat=True)
    )
    refused = {}
    for delivery, incident, page_key, user in deliveries:
        reason = _unwanted(states.get(incident), page_key)
        if user in disabled:
            reason = "the person is disabled"
        if reason:
            refused[delivery] = reason
    return refused


def _unwanted(state: tuple[str, int] | None, page_key: str) -> str:
    if state is None:
        return "the incident was deleted"
    status, run = state
    if status != Status.OPEN:
        return f"the incident is {status.lower()}"
    if not page_key.startswith(f"{run}."):
        return "the escalation was started again"
    return ""


def orphans(now: datetime, grace: timedelta = timedelta(seconds=0)) -> QuerySet[Incident]:
    """Invariant I4: open incidents without a future step. Must be empty at all times."""
    lost = Q(escalate_at=None) | Q(escalate_at__lt=now - grace)
    states = [EscalationState.ESCALATING, EscalationState.EXHAUSTED]
    return Incident.objects.filter(status=Status.OPEN).filter(
        lost | ~Q(escalation_state__in=states)
    )


def people_paged(incident: Incident) -> list[User]:
    """Everyone who was paged in the present run."""
    pages = Page.objects.filter(incident=incident, run=incident.run).values("user_id")
    return list(User.objects.filter(pk__in=pages).order_by("id"))


def fallback_paged(incident: Incident) -> bool:
    return incident.pages.filter(kind=PageKind.FALLBACK, run=incident.run).exists()


def activity_of_services(service_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Active incidents (open or acknowledged) per service and urgency, by one query.

    The catalogue asks this through wiring, because it stands below incidents.
    """
    rows = Incident.objects.filter(
        service__in=service_ids, status__in=[Status.OPEN, Status.ACKNOWLEDGED]
    )
    found: dict[int, dict[str, int]] = {}
    for service, urgency, n in rows.order_by().values_list("service", "urgency", Count("id")):
        found.setdefault(service, {})[urgency] = n
    return found
