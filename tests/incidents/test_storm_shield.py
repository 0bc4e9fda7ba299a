"""One cause, many incidents, one person: told a few times, of everything, and once to answer."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.models import Role
from core.actor import SYSTEM
from dashboard.queries import trouble
from escalation.commands import TargetSpec
from escalation.models import EscalationPolicy
from incidents import commands, links, paging
from incidents import publishing as incident_publishing
from incidents.commands.create import Draft
from incidents.domain import shield
from incidents.models import (
    Bundle,
    BundleState,
    Incident,
    IncidentEvent,
    Page,
    PageBudget,
    Status,
)
from incidents.shield import departure, freshness
from integrations.replies import texting
from notifications import publishing
from notifications.channels import sms
from notifications.domain.message import Message
from notifications.domain.speech import speech_of
from notifications.models import Channel, ContactMethod, Delivery, DeliveryEvent, DeliveryState
from tests.cast import browser_of
from tests.incidents.conftest import MINUTE, T0, person, policy_of

pytestmark = pytest.mark.django_db
S = timedelta(seconds=1)


class Storm(SimpleNamespace):
    """A service whose incidents page Ann, five minutes later Ben."""

    def strike(self, count: int, at: datetime, urgency: str = "HIGH") -> list[Incident]:
        found = []
        for number in range(count):
            draft = Draft(service=self.service, title=f"Disk {number}", urgency=urgency)
            found.append(commands.create(draft, by=SYSTEM, now=at)[0])
        while paging.advance(at):
            pass
        return found

    def messages(self, who: str = "ann") -> list[Delivery]:
        return list(Delivery.objects.filter(user=getattr(self.people, who)).order_by("id"))


@pytest.fixture
def storm(make_service, people) -> Storm:
    spec = policy_of((5, [TargetSpec(user=people.ann)]), (5, [TargetSpec(user=people.ben)]))
    return Storm(people=people, service=make_service(spec, name="Checkout").service)


def test_two_pages_leave_at_once_and_the_rest_in_one_message_that_names_all(storm):
    incidents = storm.strike(42, T0)
    assert len(storm.messages()) == 2
    assert departure.depart(T0 + 14 * S) == 0
    assert departure.depart(T0 + 15 * S) == 1
    *_, last = storm.messages()
    assert (last.subject_kind, last.message["title"]) == ("bundle", "40 incidents on Checkout")
    assert last.message["numbers"] == f"#{incidents[2].pk}–#{incidents[-1].pk}"
    assert len(last.message["details"]) == 31
    assert last.rank == 0
    assert Page.objects.count() == 42


def test_later_incidents_wait_until_the_window_allows_another_message(storm):
    storm.strike(3, T0)
    departure.depart(T0 + 15 * S)
    storm.strike(5, T0 + MINUTE)
    departure.depart(T0 + 9 * MINUTE)
    assert len(storm.messages()) == 3
    departure.depart(T0 + 10 * MINUTE)
    assert len(storm.messages()) == 4
    assert storm.messages()[-1].message["title"] == "5 incidents on Checkout"


def test_high_urgency_takes_the_place_that_low_urgency_leaves_free(storm):
    storm.strike(2, T0, "LOW")
    departure.depart(T0 + 15 * S)  # one alone and one in its bundle: that is all for now
    storm.strike(3, T0 + MINUTE, "LOW")
    departure.depart(T0 + 5 * MINUTE)
    assert len(storm.messages()) == 2
    storm.strike(1, T0 + 6 * MINUTE, "HIGH")
    departure.depart(T0 + 6 * MINUTE)
    last = storm.messages()[-1]
    assert (last.rank, last.message["urgency"]) == (0, "HIGH")
    assert last.message["body"].startswith("#")
    assert "and 1 more" in last.message["body"]


@pytest.mark.parametrize("minutes", [1, 5, 11])
@pytest.mark.parametrize("stray", [False, True])
def test_a_clock_that_is_set_back_holds_no_bundle(storm, minutes: int, stray: bool):
    """Due a moment before it, or gathered by a process that had read the clock before."""
    storm.strike(42, T0)
    old = T0 + (0 * S if stray else 15.3 * S)
    new = old - minutes * MINUTE
    if stray:
        assert departure.take_in_strays(new) == 1
    else:
        departure.shift_due_times(old, new - old, new)
    assert departure.depart(new + 15 * S) == 1


def test_steps_go_on_for_what_waits_and_other_people_have_their_own_count(storm):
    storm.strike(3, T0)
    departure.depart(T0 + 15 * S)
    storm.strike(1, T0 + MINUTE)
    while paging.advance(T0 + 6 * MINUTE):
        pass
    assert [row.subject_kind for row in storm.messages("ben")] == ["incident", "incident"]
    assert Bundle.objects.filter(user=storm.people.ben).get().count == 2


def run_until(at: datetime) -> None:
    while paging.advance(at):
        pass


def subjects(rows: list[Delivery]) -> list[tuple[str, int]]:
    return [(row.subject_kind, row.subject_id) for row in rows]


def test_what_a_person_asks_for_leaves_at_once_and_is_not_counted(storm):
    full, *_ = storm.strike(3, T0)
    departure.depart(T0 + 15 * S)
    (fresh,) = storm.strike(1, T0 + 20 * S)  # gathered: Ann has heard three times
    before = len(storm.messages())
    commands.escalate_now(full, by=SYSTEM, now=T0 + 21 * S)  # Ben's first, he has room for more
    commands.restart_escalation(fresh, by=SYSTEM, now=T0 + 21 * S)
    run_until(T0 + 21 * S)
    assert subjects(storm.messages()[before:]) == [("incident", fresh.pk)]
    assert not PageBudget.objects.filter(user=storm.people.ben).exists()
    recent = PageBudget.objects.get(user=storm.people.ann).recent
    assert len(shield.read(recent)) == 3
    run_until(T0 + 6 * MINUTE)  # the step after it is nobody's wish any more
    assert PageBudget.objects.get(user=storm.people.ben).recent


def test_the_last_resort_waits_behind_no_other_page(storm, people):
    EscalationPolicy.objects.get().current.fallback_users.set([people.ann])
    incidents = storm.strike(40, T0)
    departure.depart(T0 + MINUTE)
    run_until(T0 + 5 * MINUTE)
    before = len(storm.messages())
    run_until(T0 + 10 * MINUTE - S)  # every policy ended, Ann has had all her messages
    assert len(storm.messages()) == before
    assert PageBudget.objects.get(user=people.ann, kind="pages").recent
    for at in (T0 + 10 * MINUTE, T0 + 10 * MINUTE + 15 * S):
        run_until(at)
        departure.depart(at)
    *_, first, second, rest = storm.messages()
    assert subjects([first, second]) == [("incident", one.pk) for one in incidents[:2]]
    assert rest.message["title"] == "38 incidents on Checkout"
    said = dict(rest.message["facts"])["Why you"]
    assert said == "the policy of each has ended and nobody has taken them"
    assert len(storm.messages()) == before + 3


def test_one_that_is_left_is_an_ordinary_page_and_none_is_no_message(storm):
    incidents = storm.strike(5, T0)
    for incident in incidents[2:4]:
        commands.resolve(incident, by=SYSTEM, now=T0 + S)
    departure.depart(T0 + 15 * S)
    last = storm.messages()[-1]
    assert (last.subject_kind, last.subject_id) == ("incident", incidents[4].pk)
    assert last.page_key == Page.objects.get(incident=incidents[4]).key
    (late,) = storm.strike(1, T0 + MINUTE)
    commands.acknowledge(late, by=SYSTEM, now=T0 + 2 * MINUTE)
    departure.depart(T0 + 11 * MINUTE)
    assert len(storm.messages()) == 3
    assert Bundle.objects.latest("id").state == BundleState.EMPTY


def test_right_before_sending_what_is_over_falls_out(storm):
    incidents = storm.strike(6, T0)
    departure.depart(T0 + 15 * S)
    row = storm.messages()[-1]
    asked = [(row.pk, row.subject_id, row.page_key, row.user_id)]
    assert freshness.renewed(asked, T0) == {}
    commands.resolve(incidents[2], by=SYSTEM, now=T0 + 20 * S)
    assert freshness.renewed(asked, T0)[row.pk]["title"] == "3 incidents on Checkout"
    for incident in incidents[3:5]:
        commands.resolve(incident, by=SYSTEM, now=T0 + 20 * S)
    assert freshness.renewed(asked, T0)[row.pk]["subject_id"] == str(incidents[5].pk)
    assert freshness.unwanted(asked, T0) == {}
    commands.resolve(incidents[5], by=SYSTEM, now=T0 + 20 * S)
    assert freshness.unwanted(asked, T0) == {row.pk: "all incidents of the bundle are over"}


def fail(row: Delivery, at: datetime) -> None:
    Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.FAILED)
    DeliveryEvent.objects.create(delivery=row, outcome="failed", at=at, detail="no such mailbox")
    publishing.publish_due(at)


def test_steps_move_on_only_when_the_bundle_reached_nobody(storm):
    incidents = storm.strike(4, T0)
    single = storm.messages()[0]
    fail(single, T0 + S)
    open_steps = Incident.objects.filter(escalate_at=T0 + 5 * MINUTE)
    assert open_steps.count() == 3  # one page failed; those in the bundle wait in good hope
    departure.depart(T0 + 15 * S)
    assert open_steps.count() == 3
    fail(storm.messages()[-1], T0 + 20 * S)
    assert set(open_steps.values_list("pk", flat=True)) == {incidents[1].pk}
    told = IncidentEvent.objects.filter(incident=incidents[3], type="notification_failed").get()
    assert told.details["detail"] == "no such mailbox, in one message about 2 incidents"


def test_a_bundle_that_cannot_leave_falls_apart_and_only_what_is_broken_stays(storm, monkeypatch):
    incidents = storm.strike(6, T0)
    request = departure._request

    def broken(bundle, members, now):
        if any(member.item.number == incidents[3].pk for member in members):
            raise ValueError("cannot be worded")
        return request(bundle, members, now)

    monkeypatch.setattr(departure, "_request", broken)
    assert departure.depart(T0 + 15 * S) == 0
    alone = [row.subject_id for row in storm.messages()[2:]]
    assert alone == [incidents[number].pk for number in (2, 4, 5)]
    assert trouble(T0 + MINUTE).overdue > 0, "what stays raises the alarm"
    monkeypatch.setattr(departure, "_request", request)
    assert departure.depart(T0 + MINUTE) == 1
    assert storm.messages()[-1].subject_id == incidents[3].pk
    assert len(storm.messages()) == 6


def test_a_shield_that_breaks_lets_every_page_through(storm, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("incidents.shield.paging.gathered", broken)
    storm.strike(5, T0)
    assert len(storm.messages()) == 5


def test_without_a_limit_nothing_is_gathered(storm, monkeypatch):
    monkeypatch.setenv("OPSKNIGHT_PAGES_PER_CAUSE", "0")
    storm.strike(5, T0)
    assert len(storm.messages()) == 5


class TestOneAcknowledgeForAll:
    @pytest.fixture
    def bundle(self, storm) -> Bundle:
        storm.strike(6, T0)
        departure.depart(T0 + 15 * S)
        return Bundle.objects.get()

    def test_the_link_shows_and_only_the_post_acts(self, bundle, storm, client: Client):
        url = links.acknowledge_bundle_url(bundle)
        assert b"Acknowledge all 4" in client.get(url).content
        assert Incident.objects.filter(status=Status.OPEN).count() == 6
        assert b"You have them" in client.post(url).content
        taken = Incident.objects.filter(status=Status.ACKNOWLEDGED, bundled__bundle=bundle)
        assert {row.assignee for row in taken} == {storm.people.ann}
        assert taken.count() == 4
        event = IncidentEvent.objects.filter(type="acknowledged").first()
        assert (event.actor_label, event.via) == ("Ann", "email")

    def test_the_device_gets_words_and_a_dead_link_does_nothing(self, bundle, client: Client):
        url = links.acknowledge_bundle_url(bundle)
        told = client.post(url, headers={"Accept": "application/json"})
        assert told.json()["title"] == "You have them • 4 incidents on Checkout"
        assert client.post(url[:-4] + "abc/").status_code == 410

    def test_who_comes_too_late_is_not_told_that_they_have_them(self, bundle, storm, client):
        ben = storm.people.ben
        commands.acknowledge_bundle(bundle, ben, by=ben.as_actor("web"), now=T0 + MINUTE)
        url = links.acknowledge_bundle_url(bundle)
        told = client.post(url, headers={"Accept": "application/json"}).json()
        assert told["title"] == "None of them was open any more • 4 incidents on Checkout"
        assert b"Nothing is left to do for you" in client.post(url).content
        say = {"channel": Channel.SMS, "address": "+4915112345678", "now": T0, "request": None}
        answer = texting.answer_to(storm.people.ann, f"1 B{bundle.pk}", **say)
        assert "none of them is open any more" in answer

    def test_what_a_request_had_no_time_for_the_ticker_finishes(self, bundle, storm, monkeypatch):
        monkeypatch.setattr("incidents.commands.bundles.AT_ONCE_SECONDS", -1.0)
        by, now = storm.people.ann.as_actor("web"), T0 + MINUTE
        assert commands.acknowledge_bundle(bundle, storm.people.ann, by=by, now=now).left == 4
        assert commands.go_on_taking(now) == 4
        assert commands.go_on_taking(now) == 0
        bundle.refresh_from_db()
        assert bundle.taking is False

    def test_one_that_was_opened_again_meanwhile_is_not_taken(self, bundle, storm, monkeypatch):
        monkeypatch.setattr("incidents.commands.bundles.AT_ONCE_SECONDS", -1.0)
        by, now = storm.people.ann.as_actor("web"), T0 + MINUTE
        commands.acknowledge_bundle(bundle, storm.people.ann, by=by, now=now)
        back = bundle.members.first().incident
        commands.resolve(back, by=SYSTEM, now=now + S)
        commands.reopen(back, by=SYSTEM, now=now + 2 * S)
        assert commands.go_on_taking(now + 3 * S) == 3
        back.refresh_from_db()
        assert back.status == Status.OPEN

    def test_pages_show_it_and_take_it(self, bundle, storm):
        browser = browser_of(storm.people.ann)
        page = browser.get(f"/incidents/bundle/{bundle.pk}/")
        assert b"Acknowledge all 4" in page.content
        assert b"4 incidents on Checkout" in browser.get("/incidents/bundles/").content
        member = bundle.members.first().incident_id
        assert b"one message about 4 incidents" in browser.get(f"/incidents/{member}/").content
        browser.post(f"/incidents/bundle/{bundle.pk}/acknowledgement/")
        assert Incident.objects.filter(status=Status.ACKNOWLEDGED).count() == 4

    def test_programs_read_and_take_it(self, bundle, storm, api):
        client = api(storm.people.ann, "incidents:read", "incidents:write")
        assert client.get("/api/bundles").json()["bundles"][0]["count"] == 4
        assert len(client.get(f"/api/bundles/{bundle.pk}").json()["incidents"]) == 4
        taken = client.post(f"/api/bundles/{bundle.pk}/acknowledgement").json()
        assert taken == {"acknowledged": True, "taken": 4, "left": 0}
        stranger = api(person("eve", Role.USER), "incidents:read")
        assert stranger.get(f"/api/bundles/{bundle.pk}").status_code == 404

    @pytest.mark.parametrize(
        ("text", "taken"), [("1 B{}", 4), ("ack b{}", 4), ("2 B{}", 0), ("1 B9{}", 0)]
    )
    def test_a_text_message_answers_all_of_it(self, bundle, storm, text, taken):
        say = {"channel": Channel.SMS, "address": "+4915112345678", "now": T0, "request": None}
        texting.answer_to(storm.people.ann, text.format(bundle.pk), **say)
        assert Incident.objects.filter(status=Status.ACKNOWLEDGED).count() == taken

    def test_text_and_call_say_how(self, bundle, storm):
        message = Message.from_json(storm.messages()[-1].message)
        assert f"Reply 1 B{bundle.pk} = ack all" in sms.render(message).body
        assert "4 to acknowledge all" in speech_of(message).keys


class TestResolveStorm:
    def test_the_news_of_many_come_in_one_quiet_message(self, storm):
        incidents = storm.strike(12, T0)
        departure.depart(T0 + 15 * S)
        paged = len(storm.messages())
        for incident in incidents:
            commands.acknowledge(incident, by=SYSTEM, now=T0 + MINUTE)
            commands.resolve(incident, by=SYSTEM, now=T0 + MINUTE)
        for _ in range(3):
            incident_publishing.publish_due(T0 + MINUTE, limit=17)
        departure.depart(T0 + MINUTE + 15 * S)
        first, rest = storm.messages()[paged:]
        assert (first.subject_kind, rest.subject_kind) == ("incident-news", "bundle")
        assert rest.message["title"] == "11 incidents on Checkout are taken or over"
        assert (rest.rank, rest.channel) == (9, Channel.EMAIL)
        incident_publishing.publish_due(T0 + 2 * MINUTE)
        assert len(storm.messages()) == paged + 2

    def test_what_was_over_before_its_page_left_is_no_news(self, storm):
        *told, over = storm.strike(4, T0)
        commands.resolve(over, by=SYSTEM, now=T0 + 5 * S)
        incident_publishing.publish_due(T0 + 5 * S)
        departure.depart(T0 + 15 * S)
        assert [row.subject_id for row in storm.messages()] == [one.pk for one in told]
        commands.resolve(told[2], by=SYSTEM, now=T0 + MINUTE)
        incident_publishing.publish_due(T0 + MINUTE)
        news = [row for row in storm.messages() if row.subject_kind == "incident-news"]
        assert [row.subject_id for row in news] == [told[2].pk]

    def test_a_push_about_a_bundle_is_replaced_when_nothing_in_it_is_open(self, storm, people):
        ContactMethod.objects.create(
            user=people.ann, channel=Channel.PUSH, address="https://push.example/1", position=1
        )
        incidents = storm.strike(4, T0)
        departure.depart(T0 + 15 * S)
        Delivery.objects.filter(subject_kind="bundle").update(state="SENT", attempts=1)
        closing = Delivery.objects.filter(subject_kind="bundle-news", channel=Channel.PUSH)
        for left, incident in reversed(list(enumerate(incidents))):
            commands.resolve(incident, by=SYSTEM, now=T0 + MINUTE)
            incident_publishing.publish_due(T0 + MINUTE)
            assert closing.count() == (1 if left <= 2 else 0)


def test_a_bundle_that_does_not_leave_raises_the_alarm(storm):
    storm.strike(3, T0)
    assert trouble(T0 + MINUTE).overdue > trouble(T0 + 10 * S).overdue
