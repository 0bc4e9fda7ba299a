"""Who opted out of the pages of a team gets none of them, not even as its lead."""

import pytest

from accounts.models import Team
from core.actor import SYSTEM
from escalation.commands import TargetSpec
from incidents import commands
from incidents.commands.create import Draft
from incidents.models import Incident, Page
from tests.incidents.conftest import T0, policy_of

pytestmark = pytest.mark.django_db


def open_with(make_service, *steps) -> Incident:
    service = make_service(policy_of(*steps)).service
    return commands.create(Draft(service=service, title="Down"), by=SYSTEM, now=T0)[0]


@pytest.fixture
def team(people) -> Team:
    """ann leads it and wants none of its pages."""
    team = Team.objects.create(name="Platform", lead=people.ann)
    team.memberships.create(user=people.ann, receives_pages=False)
    return team


def test_after_such_a_lead_the_next_step_is_paged_at_once(
    make_service, people, run_until, team
) -> None:
    lead, ben = TargetSpec(team=team, lead_only=True), TargetSpec(user=people.ben)
    open_with(make_service, (5, [lead]), (5, [ben]))
    run_until(T0)
    assert list(Page.objects.values_list("user__name", flat=True)) == ["Ben"]


def test_named_by_herself_she_is_paged(make_service, people, run_until, team) -> None:
    open_with(make_service, (5, [TargetSpec(team=team), TargetSpec(user=people.ann)]))
    run_until(T0)
    assert Page.objects.get().user == people.ann
