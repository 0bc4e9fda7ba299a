"""Stories of people who push an incident on: escalate now, give it away, start it again."""

from datetime import timedelta

import pytest

from accounts.models import Team
from core.actor import SYSTEM
from core.errors import Conflict, IllegalTransition, ValidationFailed
from escalation import commands as escalation
from escalation.commands import TargetSpec
from incidents import commands, queries
from incidents.models import EscalationState, EventType, Page, PageKind, Status
from notifications.models import Delivery
from tests.incidents.conftest import MINUTE, T0, policy_of
from tests.incidents.test_stories import by, open_incident, woken

pytestmark = [pytest.mark.once, pytest.mark.django_db]

SECOND = timedelta(seconds=1)


@pytest.fixture
def three_steps(people):
    return policy_of(
        *((10, [TargetSpec(user=one)]) for one in (people.ann, people.ben, people.cat))
    )


class TestEscalateNow:
    def test_two_presses_for_one_step_fire_it_once(
        self, make_service, three_steps, people, run_until
    ) -> None:
        incident = open_incident(make_service(three_steps).service)
        run_until(T0)
        incident.refresh_from_db()
        seen = incident.mark
        commands.escalate_now(incident, by=by(people.ann), now=T0 + MINUTE, seen=seen)
        a_moment_earlier = T0 + MINUTE - timedelta(milliseconds=5)  # and was second at the row
        commands.escalate_now(incident, by=by(people.root), now=a_moment_earlier, seen=seen)
        run_until(T0 + MINUTE)
        with pytest.raises(Conflict, match="step 2 had its turn: Ben paged"):
            commands.escalate_now(incident, by=by(people.root), now=T0 + 2 * MINUTE, seen=seen)
        run_until(T0 + 2 * MINUTE)
        assert woken(incident) == [(0, "Ann"), (1, "Ben")]
        asked = incident.events.filter(type=EventType.ESCALATION, actor_type="user")
        assert [event.actor_label for event in asked] == ["Ann"]

    def test_without_a_mark_the_second_of_two_presses_is_refused(
        self, make_service, three_steps, people, run_until
    ) -> None:
        incident = open_incident(make_service(three_steps).service)
        run_until(T0)
        commands.escalate_now(incident, by=by(people.ann), now=T0 + SECOND)
        run_until(T0 + SECOND)
        with pytest.raises(Conflict):
            commands.escalate_now(incident, by=by(people.ann), now=T0 + 3 * SECOND)
        commands.escalate_now(incident, by=by(people.ann), now=T0 + MINUTE)
        run_until(T0 + MINUTE)
        assert [name for _, name in woken(incident)] == ["Ann", "Ben", "Cat"]


class TestRestart:
    def test_pressed_twice_it_begins_once_unless_something_changed_between(
        self, make_service, three_steps, people, run_until
    ) -> None:
        door = make_service(three_steps)
        incident = open_incident(door.service)
        run_until(T0)
        for second in (60, 61):
            now = T0 + second * SECOND
            commands.restart_escalation(incident, by=by(people.ann), now=now)
            run_until(now)
        assert woken(incident) == [(0, "Ann"), (1, "Ann")]
        commands.acknowledge(incident, by=by(people.ann), now=now)
        commands.assign(incident, user=people.ann, restart=True, by=by(people.root), now=now)
        run_until(now)
        other = policy_of((5, [TargetSpec(user=people.cat)]))
        escalation.save_policy(door.policy, other, by=SYSTEM, now=now)
        commands.restart_escalation(incident, by=by(people.root), now=now)
        run_until(now)
        assert [name for _, name in woken(incident)][2:] == ["Ann", "Ann", "Cat"]


class TestGivenAway:
    def test_the_new_owner_is_told_and_the_escalation_goes_on(
        self, make_service, three_steps, people, run_until
    ) -> None:
        incident = open_incident(make_service(three_steps).service)
        run_until(T0)
        commands.assign(incident, by=by(people.ann), now=T0 + MINUTE, user=people.cat)
        assert Delivery.objects.filter(user=people.cat).exists()
        run_until(T0 + 10 * MINUTE)
        assert woken(incident) == [(0, "Ann"), (1, "Cat"), (10, "Ben")]

    def test_nobody_is_told_what_they_did_themselves(
        self, make_service, three_steps, people
    ) -> None:
        incident = open_incident(make_service(three_steps).service)
        commands.assign(incident, by=by(people.cat), now=T0 - SECOND, user=people.cat)
        assert woken(incident) == []

    def test_a_team_is_told_also_when_it_is_acknowledged(
        self, make_service, three_steps, people, run_until
    ) -> None:
        team = Team.objects.create(name="Databases")
        team.memberships.create(user=people.ben)
        team.memberships.create(user=people.cat, receives_pages=False)
        incident = open_incident(make_service(three_steps).service)
        run_until(T0)
        commands.assign(incident, by=by(people.root), now=T0 + MINUTE, team=team)
        incident = commands.acknowledge(incident, by=by(people.ann), now=T0 + 2 * MINUTE)
        page = Page.objects.get(kind=PageKind.OWNER)
        assert page.user == people.ben
        wanted = Delivery.objects.filter(page_key=page.key, state="QUEUED")
        assert wanted.exists()
        entry = (1, incident.pk, page.key, people.ben.pk)
        assert queries.unwanted_pages([entry], T0) == {}
        commands.assign(incident, by=by(people.ann), now=T0 + 3 * MINUTE, user=people.ann)
        assert queries.unwanted_pages([entry], T0) == {1: "somebody else has it now"}

    def test_a_restart_opens_it_again_and_pages_the_new_owner_first(
        self, make_service, three_steps, people, run_until
    ) -> None:
        incident = open_incident(make_service(three_steps).service)
        run_until(T0)
        commands.acknowledge(incident, by=by(people.ann), now=T0 + MINUTE)
        later = T0 + 5 * MINUTE
        commands.assign(incident, by=by(people.ann), now=later, user=people.cat, restart=True)
        run_until(T0 + 15 * MINUTE)
        told = sorted(woken(incident)[1:3])
        assert told == [(5, "Ann"), (5, "Cat")]  # cat by the first step, and by one message
        assert woken(incident)[3:] == [(15, "Ben")]
        incident.refresh_from_db()
        assert (incident.status, incident.assignee) == (Status.OPEN, people.cat)

    def test_a_restart_needs_an_owner_and_an_incident_that_is_not_over(
        self, make_service, three_steps, people
    ) -> None:
        incident = open_incident(make_service(three_steps).service)
        with pytest.raises(ValidationFailed):
            commands.assign(incident, by=by(people.ann), now=T0, restart=True)
        commands.resolve(incident, by=by(people.ann), now=T0)
        with pytest.raises(IllegalTransition):
            commands.assign(incident, by=by(people.ann), now=T0, user=people.cat, restart=True)
        incident.refresh_from_db()
        assert incident.assignee is None

    def test_who_gets_an_exhausted_one_is_paged_and_the_policy_begins_anew(
        self, make_service, three_steps, people, run_until
    ) -> None:
        incident = open_incident(make_service(three_steps).service)
        run_until(T0 + 30 * MINUTE)
        incident.refresh_from_db()
        assert incident.escalation_state == EscalationState.EXHAUSTED
        commands.assign(incident, by=by(people.root), now=T0 + 40 * MINUTE, user=people.ben)
        run_until(T0 + 40 * MINUTE)
        assert sorted(woken(incident)[-2:]) == [(40, "Ann"), (40, "Ben")]
        incident.refresh_from_db()
        assert incident.escalation_state == EscalationState.ESCALATING
