"""Stories of people who are asked to help: they come, decline, stay silent, or are not reached."""

import pytest

from accounts.models import Role, Team, UserStatus
from core.errors import IllegalTransition, NotFound, ValidationFailed
from escalation.commands import TargetSpec
from incidents import commands, publishing, queries, receipts
from incidents.commands import Helpers
from incidents.models import EventType, IncidentResponder, Page, PageKind
from notifications.models import Delivery, DeliveryEvent, InAppNotification
from tests.incidents.conftest import MINUTE, T0, person, policy_of
from tests.incidents.test_stories import by, open_incident, woken

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(make_service, people, run_until):
    """ann was paged and has it; ben is the second step."""
    steps = policy_of((5, [TargetSpec(user=people.ann)]), (5, [TargetSpec(user=people.ben)]))
    made = open_incident(make_service(steps).service)
    run_until(T0)
    return commands.acknowledge(made, by=by(people.ann), now=T0)


def told(user) -> list[str]:
    rows = InAppNotification.objects.filter(user=user, key__contains=":help.").order_by("id")
    return [row.title.partition(" ")[2] for row in rows]


def states(incident) -> dict[str, str]:
    return dict(incident.responders.values_list("user__name", "state"))


def kinds(incident) -> list[str]:
    rows = incident.events.filter(type__startswith="responder").order_by("id")
    return [row.type.removeprefix("responder_") for row in rows]


def test_one_comes_and_one_declines_and_the_asker_hears_of_both(incident, people) -> None:
    asked = commands.ask(
        incident,
        Helpers(people=[people.ben, people.cat]),
        by=by(people.ann),
        now=T0 + MINUTE,
        message="I need a database person",
    )
    assert [row.user for row in asked] == [people.ben, people.cat]
    assert woken(incident)[1:] == [(1, "Ben"), (1, "Cat")]
    message = Delivery.objects.filter(user=people.ben).first().message
    assert message["title"] == f"Ann asks for your help: #{incident.pk} Checkout is down"
    assert message["body"] == "I need a database person"
    decline = {"accept": False, "note": "On a train", "by": by(people.cat), "now": T0 + 2 * MINUTE}
    commands.answer(incident, people.cat, **decline)
    commands.answer(incident, people.cat, **decline)
    accept = {"accept": True, "by": by(people.ben), "now": T0 + 3 * MINUTE}
    commands.answer(incident, people.ben, **accept)
    assert told(people.ann) == ["Cat cannot help (“On a train”)", "Ben comes to help"]
    assert kinds(incident) == ["requested", "declined", "accepted"]
    incident.refresh_from_db()
    assert (incident.assignee, incident.status) == (people.ann, "ACKNOWLEDGED")
    assert commands.expire_requests(T0 + 60 * MINUTE) == 0


def test_when_nobody_answers_the_asker_is_told_once_and_late_answers_count(
    incident, people
) -> None:
    helpers = Helpers(people=[people.ben, people.cat])
    commands.ask(incident, helpers, by=by(people.ann), now=T0)
    assert commands.expire_requests(T0 + 4 * MINUTE) == 0
    assert [commands.expire_requests(T0 + 5 * MINUTE) for _ in range(2)] == [2, 0]
    assert told(people.ann) == ["Nobody comes: no answer from Ben, Cat. Ask somebody else"]
    commands.answer(incident, people.ben, accept=True, by=by(people.ben), now=T0 + 9 * MINUTE)
    assert states(incident) == {"Ben": "ACCEPTED", "Cat": "EXPIRED"}


def test_the_last_to_decline_makes_it_loud(incident, people) -> None:
    commands.ask(incident, Helpers(people=[people.ben]), by=by(people.ann), now=T0)
    commands.answer(incident, people.ben, accept=False, by=by(people.ben), now=T0)
    assert told(people.ann) == ["Ben cannot help. Nobody comes: ask somebody else"]
    assert Delivery.objects.get(user=people.ann, page_key__startswith="help.").rank == 0


def test_whom_no_channel_reaches_is_told_to_the_asker(incident, people) -> None:
    commands.ask(incident, Helpers(people=[people.ben]), by=by(people.ann), now=T0)
    delivery = Delivery.objects.get(user=people.ben)
    Delivery.objects.filter(pk=delivery.pk).update(state="FAILED")
    delivery.refresh_from_db()
    event = DeliveryEvent.objects.create(delivery=delivery, outcome="failed", at=T0)
    receipts.record([event], T0 + MINUTE)
    assert told(people.ann) == ["Ben cannot be reached by any channel. Ask somebody else"]


def test_teams_schedules_and_the_first_step_of_a_policy_are_asked(
    incident, people, make_service
) -> None:
    team = Team.objects.create(name="Databases")
    team.memberships.create(user=people.ben)
    team.memberships.create(user=people.ann)  # asks herself: she is there already
    spec = policy_of((5, [TargetSpec(user=people.cat)]), (5, [TargetSpec(user=people.root)]))
    other = make_service(spec, name="Search").policy
    helpers = Helpers(teams=[team], policies=[other])
    rows = commands.ask(incident, helpers, by=by(people.ann), now=T0)
    assert {row.user.name: row.round for row in rows} == {"Ben": 1, "Cat": 1}
    more = commands.ask(
        incident, Helpers(people=[people.root, people.ben]), by=by(people.ann), now=T0
    )
    assert [(row.user.name, row.round) for row in more] == [("Root", 2)]
    with pytest.raises(ValidationFailed):
        commands.ask(incident, Helpers(people=[people.ben]), by=by(people.ann), now=T0)


def test_requests_outlive_an_acknowledgement_and_end_with_the_incident(
    make_service, people, run_until
) -> None:
    steps = policy_of((5, [TargetSpec(user=people.ann)]))
    incident = open_incident(make_service(steps).service)
    run_until(T0)
    commands.ask(incident, Helpers(people=[people.ben]), by=by(people.ann), now=T0)
    commands.acknowledge(incident, by=by(people.ann), now=T0 + MINUTE)
    page = Page.objects.get(kind=PageKind.RESPONDER)
    entry = (1, incident.pk, page.key, people.ben.pk)
    assert Delivery.objects.get(page_key=page.key).state == "QUEUED"
    assert queries.unwanted_pages([entry], T0) == {}
    commands.resolve(incident, by=by(people.ann), now=T0 + 2 * MINUTE)
    assert Delivery.objects.get(page_key=page.key).state == "CANCELLED"
    assert queries.unwanted_pages([entry], T0) == {1: "the incident is resolved"}
    assert states(incident) == {"Ben": "ENDED"}
    publishing.publish_due(T0 + 2 * MINUTE)
    assert InAppNotification.objects.filter(user=people.ben, key__contains=":over.").exists()
    with pytest.raises(IllegalTransition, match="over"):
        commands.answer(incident, people.ben, accept=True, by=by(people.ben), now=T0)
    with pytest.raises(NotFound):
        commands.answer(incident, people.cat, accept=True, by=by(people.cat), now=T0)


def test_an_answer_stops_the_other_messages_of_the_request(incident, people) -> None:
    commands.ask(incident, Helpers(people=[people.ben, people.cat]), by=by(people.ann), now=T0)
    commands.answer(incident, people.ben, accept=True, by=by(people.ben), now=T0)
    found = Delivery.objects.filter(page_key__startswith="responder.")
    assert dict(found.values_list("user__name", "state")) == {"Ben": "CANCELLED", "Cat": "QUEUED"}
    row = IncidentResponder.objects.get(user=people.cat)
    commands.withdraw(row, by=by(people.ann), now=T0)
    assert states(incident) == {"Ben": "ACCEPTED", "Cat": "WITHDRAWN"}
    assert set(found.values_list("state", flat=True)) == {"CANCELLED"}


def test_who_takes_the_incident_has_accepted(make_service, people, run_until) -> None:
    incident = open_incident(make_service(policy_of((5, [TargetSpec(user=people.ann)]))).service)
    run_until(T0)
    commands.ask(incident, Helpers(people=[people.ben]), by=by(people.ann), now=T0)
    commands.acknowledge(incident, by=by(people.ben), now=T0 + MINUTE)
    assert states(incident) == {"Ben": "ACCEPTED"}


def test_whoever_is_asked_sees_the_incident(incident, people) -> None:
    guest = person("guest", Role.USER)
    assert incident not in queries.visible_to(guest)
    commands.ask(incident, Helpers(people=[guest]), by=by(people.ann), now=T0)
    assert list(queries.visible_to(guest)) == [incident]


def test_where_the_asker_is_gone_the_fallback_contact_is_told(
    make_service, people, run_until
) -> None:
    incident = open_incident(make_service(policy_of((5, [TargetSpec(user=people.ann)]))).service)
    commands.ask(incident, Helpers(people=[people.ben]), by=by(people.ann), now=T0)
    people.ann.become(UserStatus.DISABLED)
    people.ann.save()
    commands.expire_requests(T0 + 5 * MINUTE)
    assert told(people.root) == ["Nobody comes: no answer from Ben. Ask somebody else"]


class TestAcknowledgementsThatEnd:
    @pytest.fixture
    def forgotten(self, make_service, people, run_until):
        """Acknowledged by ann at minute 6, when ben had been paged too; it lasts 30 minutes."""
        steps = [(5, [TargetSpec(user=one)]) for one in (people.ann, people.ben, people.cat)]
        service = make_service(policy_of(*steps)).service
        service.ack_timeout_minutes = 30
        service.save()
        made = open_incident(service)
        run_until(T0 + 5 * MINUTE)
        return commands.acknowledge(made, by=by(people.ann), now=T0 + 6 * MINUTE)

    def test_it_is_open_again_and_pages_the_owner_and_the_step_where_it_stood(
        self, forgotten, people, run_until
    ) -> None:
        assert commands.expire_acknowledgements(T0 + 35 * MINUTE) == 0
        assert [commands.expire_acknowledgements(T0 + 36 * MINUTE) for _ in range(2)] == [1, 0]
        run_until(T0 + 41 * MINUTE)
        assert woken(forgotten)[2:] == [(36, "Ann"), (36, "Ben"), (41, "Cat")]
        event = forgotten.events.get(type=EventType.UNACKNOWLEDGED)
        assert (event.actor_type, event.details["reason"]) == ("system", "timeout")
        assert not queries.orphans(T0 + 41 * MINUTE).exists()

    def test_every_sign_of_work_begins_the_time_anew(self, forgotten, people) -> None:
        note = {"author": people.ann, "by": by(people.ann), "now": T0 + 30 * MINUTE}
        commands.add_note(forgotten, "Looking at it", **note)
        commands.ask(
            forgotten, Helpers(people=[people.cat]), by=by(people.ann), now=T0 + 50 * MINUTE
        )
        accept = {"accept": True, "by": by(people.cat), "now": T0 + 70 * MINUTE}
        commands.answer(forgotten, people.cat, **accept)
        assert commands.expire_acknowledgements(T0 + 99 * MINUTE) == 0
        assert commands.expire_acknowledgements(T0 + 100 * MINUTE) == 1

    @pytest.mark.parametrize("hours", [1, -1])
    def test_the_time_moves_with_the_clock(self, forgotten, hours) -> None:
        delta = hours * 60 * MINUTE
        commands.shift_timers(T0 + 7 * MINUTE, delta, T0 + 7 * MINUTE + delta)
        assert commands.expire_acknowledgements(T0 + delta + 35 * MINUTE) == 0
        assert commands.expire_acknowledgements(T0 + delta + 36 * MINUTE) == 1

    def test_a_service_that_wants_it_later_times_what_is_acknowledged_from_then_on(
        self, forgotten
    ) -> None:
        forgotten.acknowledge_timer.delete()
        assert [commands.time_untimed(T0 + 50 * MINUTE) for _ in range(2)] == [1, 0]
        assert commands.expire_acknowledgements(T0 + 79 * MINUTE) == 0
        assert commands.expire_acknowledgements(T0 + 80 * MINUTE) == 1
        assert commands.time_untimed(T0 + 81 * MINUTE) == 0

    def test_a_service_that_wants_none_any_more_leaves_it_alone(self, forgotten) -> None:
        forgotten.service.ack_timeout_minutes = None
        forgotten.service.save()
        assert commands.expire_acknowledgements(T0 + 99 * MINUTE) == 0
        forgotten.refresh_from_db()
        assert forgotten.status == "ACKNOWLEDGED"


@pytest.mark.django_db(transaction=True)
def test_a_timeout_and_a_resolution_at_the_same_moment_leave_one_end(
    make_service, people, run_until, at_once
) -> None:
    service = make_service(policy_of((5, [TargetSpec(user=people.ann)]))).service
    service.ack_timeout_minutes = 1
    service.save()
    incident = open_incident(service)
    run_until(T0)
    commands.acknowledge(incident, by=by(people.ann), now=T0)
    now = T0 + MINUTE
    turns = iter([0, 1] * 4)

    def race() -> int:
        if next(turns):
            return commands.expire_acknowledgements(now)
        commands.resolve(incident, by=by(people.ann), now=now)
        return 0

    results = at_once(8, race)
    assert not [one for one in results if isinstance(one, Exception)], results
    incident.refresh_from_db()
    assert (incident.status, incident.escalate_at) == ("RESOLVED", None)
    assert sum(results) == incident.events.filter(type=EventType.UNACKNOWLEDGED).count() <= 1
    assert incident.events.filter(type=EventType.RESOLVED).count() == 1
