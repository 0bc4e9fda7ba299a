"""What a user sees: what is theirs or their teams'. Whatever the rows, and without reading all."""

from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Membership, Role, Team, User, UserStatus
from core import clock
from incidents import queries
from incidents.concern import who_may_see
from incidents.models import Incident, Page
from incidents.web import listing
from services.models import Service

pytestmark = pytest.mark.django_db
PEOPLE, TEAMS, SERVICES = 3, 3, 4
maybe_team = st.none() | st.integers(0, TEAMS - 1)
owner = (
    st.just((None, None))
    | st.tuples(st.integers(0, PEOPLE - 1), st.none())
    | st.tuples(st.none(), st.integers(0, TEAMS - 1))
)


@dataclass
class World:
    """Rows by their place in the lists that were drawn."""

    people: list[User]
    incidents: list[Incident]
    teams_of: dict[int, set[int]]


def build(members: set, services: list, incidents: list) -> World:
    now = clock.now()
    people = [
        User.objects.create(email=f"p{n}@example.com", name=f"P{n}", status=UserStatus.INVITED)
        for n in range(PEOPLE)
    ]
    teams = [Team.objects.create(name=f"T{n}") for n in range(TEAMS)]
    owned = [
        Service.objects.create(name=f"S{n}", team=None if team is None else teams[team])
        for n, team in enumerate(services)
    ]
    for person, team in members:
        Membership.objects.create(user=people[person], team=teams[team])
    rows = [
        Incident.objects.create(
            service=owned[service],
            title=f"I{n}",
            assignee=None if person is None else people[person],
            assigned_team=None if team is None else teams[team],
            escalate_at=now,
            last_status_change=now,
            created_at=now,
            updated_at=now,
        )
        for n, (service, (person, team)) in enumerate(incidents)
    ]
    mine: dict[int, set[int]] = {person.pk: set() for person in people}
    for person, team in members:
        mine[people[person].pk].add(teams[team].pk)
    return World(people, rows, mine)


def theirs(person: User, world: World) -> set[int]:
    """The rule, row by row."""
    teams = world.teams_of[person.pk]
    return {
        row.pk
        for row in world.incidents
        if row.assignee_id == person.pk
        or row.service.team_id in teams
        or row.assigned_team_id in teams
    }


@settings(max_examples=40)
@given(
    members=st.sets(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, TEAMS - 1))),
    services=st.lists(maybe_team, min_size=SERVICES, max_size=SERVICES),
    incidents=st.lists(st.tuples(st.integers(0, SERVICES - 1), owner), max_size=12),
)
def test_a_user_sees_exactly_what_is_theirs_or_their_teams(
    db: None, members: set, services: list, incidents: list
) -> None:
    with transaction.atomic():
        world = build(members, services, incidents)
        for person in world.people:
            person.role = Role.USER
            found = [row.pk for row in queries.with_names(queries.visible_to(person))]
            assert sorted(found) == sorted(theirs(person, world))
            assert queries.visible_to(person).count() == len(found)
            within = Incident.objects.filter(pk__in=queries.visible_to(person).values("pk"))
            assert within.count() == len(found)
            person.role = Role.RESPONDER
            assert queries.visible_to(person).count() == len(incidents)
        for person in world.people[1:]:
            person.role = Role.USER
        for row in world.incidents[:3]:  # asked the other way round
            users = {each.pk for each in world.people[1:] if row.pk in theirs(each, world)}
            assert who_may_see(row, world.people) == users | {world.people[0].pk}
        transaction.set_rollback(True)


def test_whoever_was_paged_sees_what_about(db: None) -> None:
    now = clock.now()
    world = build(set(), [None], [(0, (None, None)), (0, (None, None))])
    person, row = world.people[0], world.incidents[0]
    person.role = Role.USER
    assert not queries.visible_to(person).exists()
    Page.objects.create(
        incident=row, user=person, run=1, cycle=1, step=0, reason="fallback", created_at=now
    )
    assert list(queries.visible_to(person)) == [row]
    assert who_may_see(row, [person]) == {person.pk}
    assert who_may_see(world.incidents[1], [person]) == set()


def plan_of(rows) -> str:
    """How the database would go about it if the table were large."""
    if connection.vendor == "sqlite":
        return rows.explain()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
    return rows.explain()


def test_counting_reads_no_rows_and_joins_nothing(carol: User) -> None:
    wanted = listing.Filter(tab="all")
    rows = wanted.chosen(carol).order_by().values("status")
    plan = plan_of(rows)
    if connection.vendor == "sqlite":
        assert "COVERING INDEX incident_by_status" in plan
    else:
        assert "SubPlan" not in plan  # one look at the subqueries, then indexes
        assert "Join" not in plan.partition("InitPlan")[0]
