"""The Command Center, health, "More"."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock, config, heartbeat
from core.actor import SYSTEM
from core.models import GIVEN_UP_TRIES
from dashboard import commands as commands_of_home
from dashboard import queries
from incidents import commands
from incidents.commands.faults import note_fault
from incidents.models import EscalationState, Incident, IncidentEvent
from notifications import commands as notifications
from notifications.commands import drills
from notifications.models import Delivery, DeliveryState
from tests.notifications.push import give
from tests.page_rules import HTMX, SignedInPage


class TestHome(SignedInPage):
    @pytest.fixture
    def url(self) -> str:
        return reverse("home")

    def test_a_fresh_installation_is_led_to_its_first_page(self, as_root, url):
        steps = as_root.get(url).context["steps"]
        assert [step.done for step in steps] == [False] * 7
        assert steps[0].url_name == "notifications:providers"

    def test_each_step_is_ticked_by_its_rows(self, as_root, service, integration, url):
        config.put("email_url", "smtp://127.0.0.1:25")
        done = {step.title: step.done for step in as_root.get(url).context["steps"]}
        assert done["Open a way out"]
        assert done["Invite people"]
        assert done["Write an escalation policy"]
        assert done["Connect a tool"]
        assert not done["Make a schedule"]
        assert not done["Prove that you are paged"]

    def test_looking_at_the_ways_opens_none_and_the_first_device_does(
        self, as_root, root, push_service, url
    ):
        as_root.get(reverse("notifications:reach"))
        as_root.get(reverse("notifications:providers"))
        assert notifications.public_key(now=clock.now())
        assert not as_root.get(url).context["steps"][0].done
        give(root, push_service)
        assert as_root.get(url).context["steps"][0].done

    def test_the_checklist_goes_when_a_test_page_was_answered_where_it_came(
        self, as_root, root, integration, phones, now, url
    ):
        mail = notifications.ensure_default_method(root)[0]
        notifications.send_test(mail, by=SYSTEM, now=now)
        drills.start_drill(root, by=SYSTEM, now=now)
        Delivery.objects.update(state="SENT", seen_at=now)
        assert as_root.get(url).context["steps"], "accepted, and looked at elsewhere"
        page = Delivery.objects.get(subject_kind="drill")
        Delivery.objects.update(seen_at=None)
        drills.confirm(page.pk, now=now, detail="“It arrived” was tapped")
        assert as_root.get(url).context["steps"] == []

    def test_pages_of_others_prove_nothing(self, as_root, paged, integration, phones, url):
        Delivery.objects.update(state=DeliveryState.SENT)
        steps = as_root.get(url).context["steps"]
        assert [step.title for step in steps if not (step.done or step.optional)] == [
            "Prove that you are paged"
        ]

    def test_responders_get_no_checklist(self, as_alice, url):
        assert "First steps" not in as_alice.get(url).content.decode()

    def test_the_strip_counts_what_the_person_may_see(self, as_alice, as_carol, incident, url):
        assert as_alice.get(url).context["world"].unacknowledged == 1
        assert as_carol.get(url).context["world"].unacknowledged == 0

    def test_my_queue_is_what_is_assigned_or_paged_to_me(self, as_alice, as_bob, paged, url):
        assert [incident.pk for incident in as_alice.get(url).context["queue"]] == [paged.pk]
        assert as_bob.get(url).context["queue"] == []

    def test_open_ones_stand_before_taken_ones(self, as_alice, alice, open_incident, now, url):
        taken, new = open_incident("Taken", assignee=alice), open_incident("New", assignee=alice)
        commands.acknowledge(new, by=SYSTEM, now=now)
        queue = as_alice.get(url).context["queue"]
        assert [incident.pk for incident in queue] == [taken.pk, new.pk]

    def test_admins_are_warned_of_what_reached_nobody(self, as_root, as_alice, incident, url):
        Incident.objects.update(escalation_state=EscalationState.EXHAUSTED)
        text = "gone through the whole policy without an answer"
        assert text in as_root.get(url).content.decode()
        assert text not in as_alice.get(url).content.decode()

    def test_everybody_sees_what_nobody_answered_until_somebody_takes_it(
        self, as_root, as_alice, as_carol, incident, alice, now, url
    ):
        Incident.objects.update(escalation_state=EscalationState.EXHAUSTED)
        lists = [browser.get(url).context["exhausted"] for browser in (as_root, as_alice, as_carol)]
        assert lists == [[incident], [incident], []]
        commands.assign(incident, user=alice, by=SYSTEM, now=now)
        assert as_root.get(url).context["exhausted"] == []

    def test_what_nobody_answered_stands_there_once(self, as_alice, paged, url):
        Incident.objects.update(escalation_state=EscalationState.EXHAUSTED)
        assert as_alice.get(url).content.decode().count(f'id="incident-row-{paged.pk}"') == 1

    def test_admins_are_warned_of_a_dead_timer(self, as_root, incident, now, url):
        Incident.objects.update(escalate_at=now - timedelta(minutes=5))
        assert "Incidents escalate to nobody" in as_root.get(url).content.decode()

    def test_admins_are_warned_of_escalations_that_fail(self, as_root, incident, now, url):
        note_fault(incident.pk, ValueError("odd"), told=True, now=now)
        text = as_root.get(url).content.decode()
        assert "The escalation of 1 incident keeps failing; the fallback contact was paged" in text

    def test_admins_are_warned_of_late_pages(self, as_root, paged, now, url):
        Delivery.objects.update(next_attempt_at=now - timedelta(seconds=31))
        said = [alarm.text for alarm in queries.alarms(queries.trouble(now))]
        assert "1 page should have left by now." in said

    def test_the_live_part_is_a_fragment(self, as_alice, url):
        answer = as_alice.get(url, headers=HTMX)
        assert "<html" not in answer.content.decode()
        assert "HX-Request" in answer.headers["Vary"]

    def test_it_costs_at_most_twelve_queries(self, as_root, paged, url):
        with CaptureQueriesContext(connection) as asked:
            as_root.get(url)
        assert len(asked) <= 12, [query["sql"][:80] for query in asked]


class TestHealth(SignedInPage):
    @pytest.fixture
    def url(self) -> str:
        return reverse("dashboard:health")

    def test_each_process_has_a_word(self, as_alice, now, url):
        heartbeat.beat("ticker", now=now)
        heartbeat.beat("sender", now=now - timedelta(minutes=10))
        words = {beat.label: beat.word for beat in as_alice.get(url).context["beats"]}
        assert words == {
            "Escalation timer": "alive",
            "Sender": "silent",
            "Background jobs": "never seen",
        }

    def test_admins_see_what_is_in_trouble_by_name(self, as_root, as_alice, incident, now, url):
        note_fault(incident.pk, ValueError("odd <row>"), told=False, now=now)
        text = as_root.get(url).content.decode()
        assert f"#{incident.pk} Checkout is down" in text
        assert "ValueError: odd &lt;row&gt; · 1 try · nobody could be paged" in text
        assert "ValueError" not in as_alice.get(url).content.decode()

    def test_what_was_given_up_is_counted_for_a_day(self, paged, now):
        IncidentEvent.objects.filter(incident=paged).update(tries=GIVEN_UP_TRIES)
        events = IncidentEvent.objects.count()
        assert events
        assert queries.trouble(now).dead_letters == events
        assert queries.trouble(now + timedelta(hours=25)).dead_letters == 0


class TestTheMinutesLook:
    def test_is_kept_in_a_row(self, paged, now):
        assert commands_of_home.look(now) == 0
        kept = queries.Trouble.of(heartbeat.find(queries.CHECK).detail)
        assert kept == queries.trouble(now)

    def test_names_incidents_that_nothing_pages_for(self, incident, open_incident, now, caplog):
        asleep = open_incident("Asleep")
        commands.snooze(asleep, now + timedelta(minutes=1), by=SYSTEM, now=now)
        Incident.objects.filter(pk=incident.pk).update(escalate_at=now - timedelta(minutes=2))
        assert commands_of_home.look(now + timedelta(minutes=3)) == 2
        names = [incident.pk, asleep.pk]
        assert f"2 incidents without a next step: {names}" in caplog.text

    def test_says_when_nobody_could_be_told(self, incident, now, caplog):
        note_fault(incident.pk, ValueError("odd"), told=False, now=now)
        commands_of_home.look(now)
        assert "1 escalations fail and nobody could be told" in caplog.text

    def test_works_before_anybody_exists(self, db, now):
        assert commands_of_home.look(now) == 0


class TestMore(SignedInPage):
    @pytest.fixture
    def url(self) -> str:
        return reverse("more")

    def test_settings_are_for_admins(self, as_root, as_alice, url):
        assert reverse("settings:home") in as_root.get(url).content.decode()
        labels = {item.label for item in as_alice.get(url).context["nav"]}
        assert "Incidents" in labels
        assert not {"Settings", "Audit log"} & labels
