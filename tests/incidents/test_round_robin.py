"""Stories of a team that is paged one member at a time."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import Team, UserStatus
from core.actor import SYSTEM
from escalation.commands import TargetSpec
from escalation.models import TeamTurn
from incidents import commands, paging
from incidents.commands.create import Draft
from incidents.models import EventType, Incident, Page
from schedules.models import TimeOff
from tests.incidents.conftest import MINUTE, T0, policy_of

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def web(people) -> Team:
    """ann, ben and cat."""
    team = Team.objects.create(name="Web")
    for user in (people.ann, people.ben, people.cat):
        team.memberships.create(user=user)
    return team


@pytest.fixture
def in_turn(make_service, web, people):
    """A service that pages the team in turn, and root five minutes later."""
    return make_service(
        policy_of((5, [TargetSpec(team=web, in_turn=True)]), (5, [TargetSpec(user=people.root)]))
    ).service


def opened(service, count: int = 1) -> list[Incident]:
    drafts = [Draft(title=f"Broken {n}", service=service, urgency="HIGH") for n in range(count)]
    return [commands.create(draft, by=SYSTEM, now=T0)[0] for draft in drafts]


def paged(incidents: list[Incident]) -> list[str]:
    rows = Page.objects.filter(incident__in=incidents).order_by("incident_id", "id")
    return list(rows.values_list("user__name", flat=True))


def said(incident: Incident) -> list[str]:
    rows = incident.events.filter(type=EventType.ESCALATION)
    return [row.details["reason"] for row in rows]


def test_each_incident_wakes_the_next_member_past_who_is_away(in_turn, people, run_until) -> None:
    TimeOff.objects.create(user=people.ben, start=T0 - MINUTE, end=T0 + MINUTE, created_at=T0)
    incidents = opened(in_turn, 4)
    run_until(T0)
    assert paged(incidents) == ["Ann", "Cat", "Ann", "Cat"]
    why = Page.objects.get(incident=incidents[1]).reason
    assert why == "step 1 of 2: member of Web in turn; Ben is away"
    later = opened(in_turn, 3)
    run_until(T0 + 5 * MINUTE)
    assert paged(later) == ["Ann", "Root", "Cat", "Root", "Ann", "Root"]


def test_a_team_emptied_in_the_middle_is_skipped_at_once_and_the_timeline_says_why(
    in_turn, web, people, run_until
) -> None:
    web.memberships.exclude(user=people.ann).delete()
    people.ann.become(UserStatus.DISABLED)
    people.ann.save()
    [incident] = opened(in_turn)
    run_until(T0)
    assert paged([incident]) == ["Root"]
    assert said(incident)[0] == ("step 1 of 2 reaches nobody (in turn; Ann is disabled): skipped")


@pytest.mark.django_db(transaction=True)
def test_processes_that_page_at_once_share_the_turns_evenly(in_turn, at_once) -> None:
    incidents = opened(in_turn, 12)

    def page() -> None:
        while Incident.objects.filter(escalate_at__lte=T0).exists():
            paging.advance(T0, limit=1)

    assert at_once(3, page) == [None] * 3
    assert sorted(paged(incidents)) == ["Ann"] * 4 + ["Ben"] * 4 + ["Cat"] * 4


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_turn_that_a_frozen_process_holds_delays_a_page_by_two_seconds_at_most(
    in_turn, at_once
) -> None:
    incidents = opened(in_turn)

    def tries() -> list[int]:
        return [paging.advance(T0 + wait * SECOND) for wait in (0, 2, 2.1)]

    with transaction.atomic():
        list(TeamTurn.objects.select_for_update())
        assert at_once(1, tries) == [[0, 0, 1]]
    assert paged(incidents) == ["Ann"]
