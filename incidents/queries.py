"""Readers of incidents: visibility, lists, the guard of pages, open ones without a next step."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from accounts.models import Role, User
from core import config
from core.lookups import AmongRows
from core.models import GIVEN_UP
from incidents.domain.marks import CONTINUES, RESPONDER, call_of, run_of
from incidents.domain.responders import WAITING, ResponderState
from incidents.domain.shield import written
from incidents.models import (
    AcknowledgeTimer,
    Bundle,
    BundleKind,
    BundleMember,
    BundleState,
    EscalationState,
    EventType,
    Incident,
    IncidentEvent,
    IncidentResponder,
    IncidentWatcher,
    Page,
    PageBudget,
    PageKind,
    PagingFault,
    ServiceWatcher,
    SlaClock,
    Status,
)
from services.models import Service

MISSED_AFTER, MISSED_WITHIN = timedelta(minutes=1), timedelta(hours=2)
# An acknowledgement that was asked for in time may commit a moment later.
CLOCK_GRACE = timedelta(seconds=1)
FAILING_FOR = timedelta(seconds=60)  # a try that failed is repeated four times within it


def visible_to(user: User) -> QuerySet[Incident]:
    """What a person may see: admins and responders all, users what is theirs or their teams'.

    Whoever was paged, or asked to help, sees what it was about: messages link to it.

    Written so that neither database joins or sorts a hundred thousand rows to show fifty.
    """
    rows = Incident.objects.all()
    if user.role in {Role.ADMIN, Role.RESPONDER}:
        return rows
    teams = Subquery(user.memberships.order_by().values("team_id"))
    services = Subquery(Service.objects.order_by().filter(team__in=teams).values("pk"))
    owned = AmongRows(F("service_id"), services)
    asked = IncidentResponder.objects.order_by().filter(user=user)
    asked = asked.exclude(state=ResponderState.WITHDRAWN)
    helped = AmongRows(F("pk"), Subquery(asked.values("incident_id")))
    pages = Page.objects.order_by().filter(user=user)
    paged = AmongRows(F("pk"), Subquery(pages.values("incident_id")))
    theirs = Q(assignee=user) | Q(owned) | Q(AmongRows(F("assigned_team_id"), teams))
    return rows.filter(theirs | Q(helped) | Q(paged))


def with_names(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """What lists and the API show beside the rows: names by joins, clocks by one query more."""
    rows = rows.select_related("service__team", "assignee", "assigned_team", "integration")
    return rows.prefetch_related("sla_clocks")


def counts_by_status(user: User) -> dict[str, int]:
    rows = visible_to(user).exclude(status=Status.RESOLVED).values_list("status")
    return dict(rows.annotate(n=Count("id")).order_by())


def not_over(ids: Collection[int]) -> set[int]:
    """Those of the incidents that are not resolved: nothing about them is taken away."""
    rows = Incident.objects.filter(pk__in=ids).exclude(status=Status.RESOLVED)
    return set(rows.values_list("pk", flat=True))


def unwanted_pages(
    deliveries: Sequence[tuple[int, int, str, int | None]], now: datetime
) -> dict[int, str]:
    """The guard of pages: delivery id -> why it must not be sent any more.

    Asked in batches right before sending with (delivery id, incident id, page key, user id). A
    page is wanted while its incident is open in the same run and the person is not disabled.
    """
    ids = {incident for _, incident, _, _ in deliveries}
    fields = Incident.objects.filter(pk__in=ids).values_list("pk", *_WANTED_BY)
    states = {pk: facts for pk, *facts in fields}
    asked = _asked_to_help(deliveries)
    people = {user for *_, user in deliveries if user is not None}
    disabled = set(
        User.objects.filter(pk__in=people)
        .exclude(pk__in=User.objects.pageable().values("pk"))
        .values_list("pk", flat=True)
    )
    refused = {}
    for delivery, incident, page_key, user in deliveries:
        kind = call_of(page_key)
        reason = _unwanted(states.get(incident), page_key, user)
        if kind == RESPONDER and not reason and (incident, user) not in asked:
            reason = "the request for help is answered or over"
        if user in disabled:
            reason = "the person is disabled"
        if reason:
            refused[delivery] = reason
    other = {pk for pk, *_ in deliveries if refused.get(pk) == ANOTHER_RUN}
    before = _continued({incident for pk, incident, *_ in deliveries if pk in other})
    for delivery, incident, page_key, _ in deliveries:
        between = range(run_of(page_key), states[incident][1]) if delivery in other else ()
        if between and before[incident].issuperset(between):
            del refused[delivery]  # nothing began anew since then
    return refused


def _continued(incidents: Collection[int]) -> dict[int, set[int]]:
    """Their runs that another one continues; asked only where a page is of another run."""
    found: dict[int, set[int]] = defaultdict(set)
    if incidents:
        rows = IncidentEvent.objects.filter(incident__in=incidents, type=EventType.ESCALATION)
        rows = rows.filter(details__has_key=CONTINUES)
        for incident, details in rows.values_list("incident_id", "details"):
            found[incident].add(details[CONTINUES])
    return found


ANOTHER_RUN = "the escalation was started again"
UNTIL_THE_END = (ResponderState.ACCEPTED, ResponderState.ENDED)
_WANTED_BY = ("status", "run", "assignee_id", "assigned_team_id")


def _unwanted(facts: list[Any] | None, page_key: str, user: int | None) -> str:
    if facts is None:
        return "the incident was deleted"
    status, run, assignee, team = facts
    kind = call_of(page_key)
    if kind:
        return _unwanted_call(status, kind == RESPONDER or assignee == user or team is not None)
    if status != Status.OPEN:
        return f"the incident is {status.lower()}"
    if not page_key.startswith(f"{run}."):
        return ANOTHER_RUN
    return ""


def _unwanted_call(status: str, theirs: bool) -> str:
    """Somebody who was given it is told while it is theirs, also after an acknowledgement."""
    if status in {Status.RESOLVED, Status.SUPPRESSED}:
        return f"the incident is {status.lower()}"
    return "" if theirs else "somebody else has it now"


def _asked_to_help(
    deliveries: Sequence[tuple[int, int, str, int | None]],
) -> set[tuple[int, int | None]]:
    """(incident, person) of requests without an answer; asked only where there are some."""
    ids = {incident for _, incident, key, _ in deliveries if call_of(key) == RESPONDER}
    if not ids:
        return set()
    rows = IncidentResponder.objects.filter(incident__in=ids, state__in=WAITING)
    return set(rows.values_list("incident_id", "user_id"))


def orphans(now: datetime, grace: timedelta = timedelta(seconds=0)) -> QuerySet[Incident]:
    """Invariant: open incidents have a future step, and none sleeps beyond its time.

    Those that break it; must be empty at all times.
    """
    late = now - grace
    states = [EscalationState.ESCALATING, EscalationState.EXHAUSTED]
    lost = Q(escalate_at=None) | Q(escalate_at__lt=late) | ~Q(escalation_state__in=states)
    asleep = Q(status=Status.SNOOZED) & (Q(snoozed_until=None) | Q(snoozed_until__lt=late))
    return Incident.objects.filter((Q(status=Status.OPEN) & lost) | asleep)


def failing(now: datetime) -> QuerySet[PagingFault]:
    """Escalations of open incidents whose tries keep failing for a fault of ours."""
    lately = now - FAILING_FOR, now + FAILING_FOR  # also when the clock was set back
    rows = PagingFault.objects.filter(incident__status=Status.OPEN, last_at__range=lately)
    return rows.select_related("incident")


def given_up_events(since: datetime) -> QuerySet[IncidentEvent]:
    """Timeline events that a subscriber never took, however often it was asked."""
    never = RawSQL(GIVEN_UP, (), output_field=BooleanField())  # noqa: S611 a constant
    return IncidentEvent.objects.filter(never, at__gte=since)


def acknowledged_until(incident: Incident) -> datetime | None:
    """When an acknowledgement that nothing follows is forgotten; None: never."""
    if incident.status != Status.ACKNOWLEDGED or not incident.service.ack_timeout_minutes:
        return None
    try:
        return incident.acknowledge_timer.due_at
    except AcknowledgeTimer.DoesNotExist:
        return None


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


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody hears of an incident. `through_service`: because they follow its service."""

    user: User
    role: str
    since: datetime
    through_service: bool = False


def watches(incidents: Mapping[int, int]) -> dict[int, list[Watch]]:
    """Who watches these (incident -> service). What was chosen for an incident wins."""
    chosen: dict[int, dict[int, Watch | None]] = defaultdict(dict)
    followers = ServiceWatcher.objects.filter(service__in=set(incidents.values()))
    of_service: dict[int, list[Watch]] = defaultdict(list)
    for row in followers.select_related("user"):
        of_service[row.service_id].append(Watch(row.user, row.role, row.since, True))
    for incident, service in incidents.items():
        chosen[incident] = {watch.user.pk: watch for watch in of_service[service]}
    rows = IncidentWatcher.objects.filter(incident__in=incidents).select_related("user")
    for own in rows:
        heard = None if own.muted else Watch(own.user, own.role, own.since)
        chosen[own.incident_id][own.user_id] = heard
    return {pk: [watch for watch in found.values() if watch] for pk, found in chosen.items()}


def service_watches(service: Service) -> list[Watch]:
    """Who watches everything that happens to a service."""
    rows = ServiceWatcher.objects.filter(service=service).select_related("user")
    return [Watch(row.user, row.role, row.since) for row in rows]


def watch_of(incident: Incident, user: User) -> Watch | None:
    """How this person hears of the incident, if at all."""
    found = watches({incident.pk: incident.service_id})[incident.pk]
    return next((watch for watch in found if watch.user.pk == user.pk), None)


def watched_by(user: User) -> Q:
    """The condition of incidents that a person watches, singly or with their service."""
    own = IncidentWatcher.objects.filter(user=user)
    services = ServiceWatcher.objects.filter(user=user).values("service_id")
    single = own.filter(muted=False).values("incident_id")
    muted = own.filter(muted=True).values("incident_id")
    return Q(pk__in=single) | (Q(service__in=services) & ~Q(pk__in=muted))


def paged_in_present_run(user: User, incidents: Collection[int]) -> set[int]:
    """Those for which the person was paged since paging last began."""
    rows = Page.objects.filter(user=user, incident__in=incidents, run=F("incident__run"))
    return set(rows.values_list("incident_id", flat=True))


def late() -> Q:
    """The condition of incidents that broke a promise of their service level."""
    broken = SlaClock.objects.filter(breached_at__isnull=False)
    return Q(pk__in=broken.order_by().values("incident_id"))


def late_by(at: datetime) -> Q:
    """The condition of incidents that break a promise by then, unless something is done."""
    soon = SlaClock.objects.filter(next_at__isnull=False, due_at__lte=at, breached_at=None)
    return Q(pk__in=soon.order_by().values("incident_id"))


def clocks_read_at() -> datetime | None:
    """When any clock said something new last: what shows clocks has changed then."""
    return SlaClock.objects.aggregate(at=Max("changed_at"))["at"]


def for_clocks(ids: Collection[int]) -> list[Incident]:
    """What the clocks of service levels go by."""
    names = ("service", "urgency", "priority", "status", "last_status_change", "created_at")
    return list(Incident.objects.filter(pk__in=ids).only(*names).order_by("pk"))


def not_resolved_of(service_id: int) -> QuerySet[Incident]:
    return Incident.objects.filter(service=service_id).exclude(status=Status.RESOLVED)


def oldest_clock_due(now: datetime) -> int | None:
    """For opsknight.recurring."""
    due = SlaClock.objects.filter(next_at__lte=now - CLOCK_GRACE).order_by("next_at")
    return due.values_list("incident_id", flat=True).first()


def oldest_without_clocks(now: datetime) -> int | None:
    """For opsknight.recurring."""
    return without_clocks(now).last()


def without_clocks(now: datetime) -> QuerySet[Incident, int]:
    """Keys of incidents of the last hours that have no clock although their service keeps some."""
    since, until = now - MISSED_WITHIN, now - MISSED_AFTER
    rows = Incident.objects.exclude(status=Status.RESOLVED).filter(created_at__range=(since, until))
    kept = Q(service__level=None) | Q(
        service__level__enabled=True, created_at__gte=F("service__level__since")
    )
    clocks = SlaClock.objects.filter(incident=OuterRef("pk"))
    return rows.filter(kept, ~Exists(clocks)).order_by("-pk").values_list("pk", flat=True)


def visible_bundles(user: User) -> QuerySet[Bundle]:
    """One's own; admins and responders see those of everybody."""
    rows = Bundle.objects.select_related("user", "service").order_by("-id")
    return rows if user.role in {Role.ADMIN, Role.RESPONDER} else rows.filter(user=user)


def incidents_of(bundle: Bundle, user: User) -> QuerySet[Incident]:
    """Its incidents: all for whom it told of them, for others what they may see."""
    rows = Incident.objects.all() if bundle.user_id == user.pk else visible_to(user)
    members = BundleMember.objects.filter(bundle=bundle).values("incident")
    return with_names(rows.filter(pk__in=members)).order_by("-id")


def budgets_of(user: User, now: datetime) -> QuerySet[PageBudget]:
    """Where pages to people whom `user` may ask about are counted at present, newest first."""
    rows = PageBudget.objects.exclude(kind=BundleKind.NEWS).exclude(recent="")
    if user.role not in {Role.ADMIN, Role.RESPONDER}:
        rows = rows.filter(user=user)
    minutes = max(1, int(config.get("pages_window_minutes")))
    begin = written([now - timedelta(minutes=minutes)])
    rows = rows.filter(Q(recent__gt=begin) | Q(bundle__isnull=False))
    return rows.select_related("user", "service", "bundle").order_by("-recent")


def overdue_bundles(now: datetime, grace: timedelta) -> QuerySet[Bundle]:
    """Bundles that should have left `grace` ago: not empty means the ticker lags."""
    return Bundle.objects.filter(state=BundleState.GATHERING, leaves_at__lt=now - grace)
