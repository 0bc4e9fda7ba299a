"""Whom it concerns: answers about many incidents or people at once, by a few queries for all."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from accounts.models import Membership, Role, Team, User
from escalation import queries as escalation
from incidents.domain import marks
from incidents.models import (
    BundleKind,
    BundleMember,
    BundleState,
    Incident,
    IncidentResponder,
    Page,
    PageKind,
    ResponderState,
    Status,
)
from incidents.queries import UNTIL_THE_END

Breached = tuple[Incident, bool]


def who_may_see(incident: Incident, people: Collection[User]) -> set[int]:
    """Keys of those who may see it: `queries.visible_to` asked the other way round."""
    everything = {user.pk for user in people if user.role in {Role.ADMIN, Role.RESPONDER}}
    rest = {user.pk for user in people} - everything
    if not rest:
        return everything
    names = ("assignee_id", "assigned_team_id", "service__team_id")
    facts = Incident.objects.filter(pk=incident.pk).values_list(*names).first()
    if facts is None:
        return set()
    assignee, *teams = facts
    members = Membership.objects.filter(user__in=rest, team__in=[pk for pk in teams if pk])
    asked = IncidentResponder.objects.filter(incident=incident.pk, user__in=rest)
    asked = asked.exclude(state=ResponderState.WITHDRAWN)
    paged = Page.objects.filter(incident=incident.pk, user__in=rest)
    found = [rows.order_by().values_list("user_id") for rows in (asked, paged)]
    theirs = members.order_by().values_list("user_id").union(*found)
    return everything | (rest & {assignee}) | {user for (user,) in theirs}


def by_clocks(incidents: Iterable[Breached]) -> list[list[User]]:
    """Whom a clock that runs out concerns: who has the incident, else who was paged; the leads.

    Asked with incidents and whether their time is over, answered in that order. A breach of which
    nobody would hear goes to the fallback contact.
    """
    asked = list(incidents)
    rows = [incident for incident, _ in asked]
    ids = {pk for row in rows for pk in (row.service.team_id, row.assigned_team_id) if pk}
    leads: dict[int | None, int | None] = dict(
        Team.objects.filter(pk__in=ids).values_list("pk", "lead_id")
    )
    paged = _paged([row for row in rows if not (row.assignee_id or row.assigned_team_id)])
    members = _members({row.assigned_team_id for row in rows if not row.assignee_id} - {None})
    wanted = []
    for row in rows:
        mine = {row.assignee_id} if row.assignee_id else members[row.assigned_team_id]
        found = leads.get(row.service.team_id), leads.get(row.assigned_team_id)
        wanted.append({*mine, *paged[row.pk], *found} - {None})
    people = User.objects.pageable().in_bulk(set().union(*wanted))
    told = [[people[pk] for pk in sorted(each) if pk in people] for each in wanted]
    return _or_fallback(asked, told)


def _or_fallback(asked: Sequence[Breached], told: list[list[User]]) -> list[list[User]]:
    resorts: dict[int | None, list[User]] = {}
    for (incident, breached), people in zip(asked, told, strict=True):
        version = incident.policy_version_id
        if breached and not people:
            if version not in resorts:
                resorts[version] = [one.user for one in escalation.fallback(version)]
            people.extend(resorts[version])
    return told


def _members(teams: Collection[int | None]) -> dict[int | None, set[int | None]]:
    found: dict[int | None, set[int | None]] = defaultdict(set)
    if teams:
        rows = Membership.objects.filter(team__in=teams).order_by()
        for team, user in rows.values_list("team_id", "user_id"):
            found[team].add(user)
    return found


def people_paged(incidents: Sequence[Incident]) -> dict[int, list[User]]:
    """Whom the escalation paged in the present run of each, or who was given the incident.

    Those asked to help, too, once it is over: for them an acknowledgement changes nothing. Nobody
    whose page was still being gathered: no message will name the incident to them any more.
    """
    paged = _paged(incidents, but=_never_named(incidents))
    people = User.objects.in_bulk(set().union(*paged.values())) if paged else {}
    return {pk: [people[user] for user in sorted(found)] for pk, found in paged.items()}


def _paged(
    incidents: Sequence[Incident], but: Collection[tuple[int, str]] = ()
) -> dict[int, set[int]]:
    """`but`: incidents and keys of pages that do not count."""
    found: dict[int, set[int]] = defaultdict(set)
    if not incidents:
        return found
    runs = {row.pk: row.run for row in incidents}
    pages = Page.objects.filter(incident__in=runs).exclude(kind=PageKind.RESPONDER).order_by()
    for incident, *place in pages.values_list("incident_id", *marks.PLACE):
        if place[1] == runs[incident] and (incident, marks.page_key(*place)) not in but:
            found[incident].add(place[-1])
    over = [row.pk for row in incidents if row.status == Status.RESOLVED]
    if over:
        helpers = IncidentResponder.objects.filter(incident__in=over, state__in=UNTIL_THE_END)
        for incident, user in helpers.values_list("incident_id", "user_id"):
            found[incident].add(user)
    return found


def _never_named(incidents: Sequence[Incident]) -> set[tuple[int, str]]:
    """Incidents and keys of the pages that their bundle does not speak of: these are over."""
    members = BundleMember.objects.filter(
        incident__in=[row.pk for row in incidents],
        bundle__state__in=(BundleState.GATHERING, BundleState.EMPTY),
    )
    pages = members.exclude(bundle__kind=BundleKind.NEWS).order_by()
    return set(pages.values_list("incident_id", "page_key"))
