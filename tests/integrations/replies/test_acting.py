"""What a reply from outside may do, whatever channel it came by."""

from datetime import timedelta

import pytest

from accounts.models import Role, UserStatus
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from incidents import commands, paging
from incidents.commands.create import Draft
from incidents.models import Incident
from integrations.replies import acting, calling
from integrations.replies.acting import act, candidates, incident_for, person_at
from notifications.domain.message import Message
from notifications.domain.speech import speech_of
from notifications.models import Channel, ContactMethod, Delivery
from services import commands as services
from tests.incidents.conftest import MINUTE, T0

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(alice):
    """`page("Checkout is down")`: an open incident that alice is paged about at T0."""
    spec = PolicySpec([StepSpec([TargetSpec(user=alice)], 5)])
    policy = escalation.create_policy(name="Payments", spec=spec, by=SYSTEM, now=T0)
    service = services.create_service(name="Payments", policy=policy, by=SYSTEM, now=T0)

    def make(title: str = "Checkout is down") -> Incident:
        draft = Draft(service=service, title=title, urgency="HIGH")
        incident, _ = commands.create(draft, by=SYSTEM, now=T0)
        paging.advance(T0)
        incident.refresh_from_db()
        return incident

    return make


def entries(incident: Incident, type: str = "acknowledged") -> list[tuple[str, str]]:
    return list(incident.events.filter(type=type).values_list("actor_label", "via"))


def test_acknowledging_stops_the_escalation_with_one_entry(page, alice) -> None:
    incident = page()
    said = act(alice, "acknowledge", incident, via="sms", now=T0 + MINUTE)
    assert said == f"#{incident.pk} is acknowledged: Checkout is down"
    again = act(alice, "acknowledge", incident, via="sms", now=T0 + 2 * MINUTE)
    assert again == f"#{incident.pk} was already acknowledged by you: Checkout is down"
    incident.refresh_from_db()
    assert (incident.status, incident.escalate_at) == ("ACKNOWLEDGED", None)
    assert entries(incident) == [("Alice", "sms")]


def test_who_comes_second_is_told_who_came_first(page, alice, bob) -> None:
    incident = page()
    act(bob, "acknowledge", incident, via="web", now=T0 + MINUTE)
    said = act(alice, "acknowledge", incident, via="voice", now=T0 + 2 * MINUTE)
    assert "was already acknowledged by Bob" in said
    assert entries(incident) == [("Bob", "web")]


def test_what_is_over_cannot_be_acknowledged(page, alice) -> None:
    incident = page()
    assert "is resolved" in act(alice, "resolve", incident, via="sms", now=T0 + MINUTE)
    said = act(alice, "acknowledge", incident, via="sms", now=T0 + 2 * MINUTE)
    assert said == f"#{incident.pk} is resolved and cannot be acknowledged. Nothing was changed."
    assert entries(incident) == []


def test_a_deleted_incident_is_nobody_s(page, alice) -> None:
    incident = page()
    number = incident.pk
    Incident(pk=number).delete()
    said = act(alice, "acknowledge", Incident(pk=number), via="sms", now=T0)
    assert "there is no such incident" in said


def test_a_person_without_rights_changes_nothing(page, carol) -> None:
    incident = page()
    assert "Nothing was changed" in act(carol, "resolve", incident, via="sms", now=T0)
    assert incident_for(carol, incident.pk, T0) is None
    incident.refresh_from_db()
    assert incident.status == "OPEN"


def test_a_user_may_take_and_end_what_they_were_paged_about_and_nothing_else(
    page, alice, bob
) -> None:
    incident = page()
    for person in (alice, bob):
        person.role = Role.USER
        person.save()
    assert incident_for(bob, incident.pk, T0, "resolve") is None
    assert "Nothing was changed" in act(bob, "resolve", incident, via="sms", now=T0)
    assert incident_for(alice, None, T0, "resolve") == incident
    assert incident_for(alice, None, T0) == incident
    assert "is acknowledged" in act(alice, "acknowledge", incident, via="sms", now=T0)


def test_a_disabled_person_changes_nothing(page, alice) -> None:
    incident = page()
    alice.status = UserStatus.DISABLED
    assert "Nothing was changed" in act(alice, "acknowledge", incident, via="sms", now=T0)


def test_without_a_number_the_newest_open_page_is_meant(page, alice, bob) -> None:
    first, second = page("first"), page("second")
    assert incident_for(alice, None, T0) == second
    assert incident_for(bob, None, T0) is None  # he was not paged
    act(alice, "acknowledge", second, via="sms", now=T0)
    assert incident_for(alice, None, T0) == first
    assert list(candidates(alice, T0, "resolve")) == [second, first]
    assert incident_for(alice, None, T0 + acting.RECENT + timedelta(seconds=1)) is None


@pytest.mark.parametrize("number", [0, -1, 10**30, 987654])
def test_a_number_that_nothing_has_finds_nothing(alice, number) -> None:
    assert incident_for(alice, number, T0) is None


def phone(user, number: str = "+4915100000001", verified=T0, channel=Channel.SMS) -> None:
    ContactMethod.objects.create(user=user, channel=channel, address=number, verified_at=verified)


def test_a_person_is_known_by_a_verified_number_only(alice, bob) -> None:
    phone(alice)
    phone(bob, "+4915100000002", verified=None)
    assert person_at([Channel.SMS], "+4915100000001") == alice
    assert person_at([Channel.WHATSAPP], "+4915100000001") is None
    assert person_at([Channel.SMS], "+4915100000002") is None
    assert person_at([Channel.SMS], "+4915100000003") is None


def test_a_number_that_two_people_share_names_nobody(alice, bob) -> None:
    phone(alice)
    phone(bob)
    assert person_at([Channel.SMS], "+4915100000001") is None


def test_the_number_of_a_disabled_person_names_nobody(alice) -> None:
    phone(alice)
    alice.become(UserStatus.DISABLED)
    alice.save()
    assert person_at([Channel.SMS], "+4915100000001") is None


class TestAskedToHelp:
    @pytest.fixture
    def asked(self, page, alice, bob) -> Incident:
        """alice has it and asks bob, who is called."""
        incident = page()
        commands.acknowledge(incident, by=alice.as_actor("web"), now=T0)
        phone(bob, channel=Channel.VOICE)
        helpers = commands.Helpers(people=[bob])
        commands.ask(incident, helpers, by=alice.as_actor("web"), now=T0, message="Please")
        return incident

    def test_to_acknowledge_what_somebody_has_means_to_come(self, asked, bob) -> None:
        said = act(bob, "acknowledge", asked, via="sms", now=T0 + MINUTE)
        assert said == f"#{asked.pk} counts on you, Alice is told: Checkout is down"
        assert entries(asked, "responder_accepted") == [("Bob", "sms")]

    @pytest.mark.parametrize(("key", "type"), [("4", "accepted"), ("6", "declined")])
    def test_the_keys_of_a_call_answer_the_request(self, asked, bob, rf, key, type) -> None:
        call = Delivery.objects.get(channel=Channel.VOICE)
        message = Message.from_json(call.message)
        assert speech_of(message).keys == "Press 4 to accept, or 6 to decline."
        calling.pressed(call.pk, key, now=T0 + MINUTE, request=rf.post("/"))
        assert entries(asked, f"responder_{type}") == [("Bob", "voice")]
        assert asked.events.filter(type="resolved").count() == 0

    def test_who_was_not_asked_is_told_so(self, asked, root) -> None:
        said = act(root, "accept", asked, via="slack", now=T0)
        assert said == f"#{asked.pk}: Nobody has asked you to help with this incident"
