"""GET /incidents/<number>/ and its live part, timeline and alerts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import UserStatus
from core import config
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec
from escalation.models import StepTarget
from incidents import commands, paging
from incidents.domain.alert import Action, AlertEvent, Severity
from incidents.models import Incident
from notifications import accounts
from notifications.models import Delivery, DeliveryState
from services.models import Service
from services.queries import door_of_service
from tests.page_rules import HTMX
from tests.web.pages.rules import IncidentPage


def text_of(client, incident: Incident, name: str = "detail") -> str:
    return client.get(reverse(f"incidents:{name}", args=[incident.pk])).content.decode()


class TestDetail(IncidentPage):
    @pytest.fixture
    def url(self, incident: Incident) -> str:
        return reverse("incidents:detail", args=[incident.pk])

    def test_it_says_what_happens_if_nobody_acts(self, as_alice, paged):
        ladder = as_alice.get(reverse("incidents:detail", args=[paged.pk])).context["ladder"]
        assert [goal.label for goal in ladder.next.goals] == ["Bob"]
        assert ladder.next.due == paged.escalate_at
        assert ladder.paged_names == ["Alice"]

    def test_each_page_shows_the_fate_of_its_channels(self, as_alice, paged):
        Delivery.objects.update(state=DeliveryState.FAILED, reason="mailbox full", attempts=3)
        page = text_of(as_alice, paged)
        assert "E-mail failed" in page
        assert "3 attempts: mailbox full" in page

    def test_only_the_moves_of_the_table_are_offered(self, as_alice, incident, now):
        commands.suppress(incident, by=SYSTEM, now=now)
        answer = as_alice.get(reverse("incidents:detail", args=[incident.pk]))
        offered = {name for name, possible in answer.context["can"].items() if possible}
        assert offered == {"resolve", "unsuppress"}
        assert reverse("incidents:acknowledgement", args=[incident.pk]) not in str(answer.content)

    def test_a_policy_that_ended_says_so(self, as_alice, root, incident, now):
        for _ in range(4):
            incident.refresh_from_db()
            paging.advance(incident.escalate_at)
        page = text_of(as_alice, incident)
        assert "Nobody has acknowledged" in page
        assert "Root" in page

    def test_a_policy_that_reached_nobody_blames_nobody(self, as_alice, root, incident, now):
        StepTarget.objects.all().delete()
        for _ in range(4):
            incident.refresh_from_db()
            paging.advance(incident.escalate_at)
        page = text_of(as_alice, incident)
        assert "The policy reached nobody" in page
        assert "Nobody has acknowledged" not in page
        assert page.count("reached nobody, and was skipped at once") == 2
        assert "not needed" not in page

    def test_a_newer_policy_is_announced(self, as_alice, incident, policy, now):
        assert "The policy has changed since" not in text_of(as_alice, incident)
        escalation.save_policy(policy, PolicySpec(steps=[]), by=SYSTEM, now=now)
        assert "The policy has changed since" in text_of(as_alice, incident)

    def test_notes_are_markdown_without_a_way_in(self, as_alice, alice, incident, now):
        text = "**bold** <script>alert(1)</script> [x](javascript:alert(2)) <img src=y onerror=z>"
        commands.add_note(incident, text, author=alice, by=alice.as_actor("web"), now=now)
        page = text_of(as_alice, incident)
        assert "<strong>bold</strong>" in page
        assert "<script>alert" not in page
        assert "javascript:alert" not in page.replace("[x](javascript:alert(2))", "")
        assert "<img src=y" not in page

    def test_hostile_links_never_become_an_address(self, as_alice, open_incident):
        links = [
            {"href": "javascript:alert(1)", "text": "Run me"},
            {"href": " JaVaScRiPt:alert(1)", "text": "Run me too"},
            {"href": "https://runbooks.example.com/x", "text": "<b>Runbook</b>"},
            "nonsense",
        ]
        page = text_of(as_alice, open_incident(links=links))
        assert "javascript:" not in page.lower()
        assert 'href="https://runbooks.example.com/x" rel="noopener noreferrer nofollow"' in page
        assert "&lt;b&gt;Runbook" in page

    def test_hostile_titles_and_details_are_only_text(self, as_alice, open_incident):
        bad = "</title><script>alert(1)</script>{{ 7|add:7000000 }}"
        page = text_of(as_alice, open_incident(bad, custom_details={bad: {bad: [bad]}}))
        assert "<script>alert" not in page
        assert "7000007" not in page

    @pytest.fixture
    def slow_computer(self, monkeypatch):
        """What is read once a second is not read again while a page is made, however slowly."""
        monkeypatch.setattr(config, "CACHE_SECONDS", 3600)
        monkeypatch.setattr(accounts, "CACHE_SECONDS", 3600)

    @pytest.mark.usefixtures("slow_computer")
    def test_it_costs_at_most_twelve_queries(self, as_alice, alice, paged, now):
        for index in range(5):
            commands.add_note(
                paged, f"Note {index}", author=alice, by=alice.as_actor("web"), now=now
            )
        as_alice.get("/more/")  # what a process reads once
        with CaptureQueriesContext(connection) as queries:
            text_of(as_alice, paged)
        assert len(queries) <= 12, [query["sql"][:80] for query in queries]

    @pytest.mark.usefixtures("slow_computer")
    @pytest.mark.parametrize("status", ["OPEN", "ACKNOWLEDGED"])
    def test_it_costs_no_more_with_all_that_an_incident_may_have(
        self, as_alice, alice, bob, paged, now, status
    ):
        by = alice.as_actor("web")
        hour_ago = now - timedelta(hours=1)
        Service.objects.update(ack_timeout_minutes=30, created_at=hour_ago)
        commands.add_note(paged, "@bob and @alice", author=alice, by=by, now=now)
        commands.ask(paged, commands.Helpers(people=[bob]), by=by, now=now)
        if status == "ACKNOWLEDGED":
            commands.acknowledge(paged, by=by, now=now)
        commands.sla.read_clocks([paged.pk], now=now)
        as_alice.get("/more/")  # what a process reads once
        with CaptureQueriesContext(connection) as queries:
            answer = as_alice.get(reverse("incidents:detail", args=[paged.pk]))
        shown = answer.context
        assert "Told: Bob, Alice" in answer.content.decode()
        assert all([shown["clocks"], shown["responders"], shown["ladder"].paged_names])
        assert bool(shown["ack_ends"]) == (status == "ACKNOWLEDGED")
        assert len(queries) <= 12, [query["sql"][-200:] for query in queries]

    def test_a_step_without_targets_keeps_its_place_on_the_ladder(self, as_alice, paged):
        StepTarget.objects.filter(step__position=0).delete()
        ladder = as_alice.get(reverse("incidents:detail", args=[paged.pk])).context["ladder"]
        assert [[goal.label for goal in rung.goals] for rung in ladder.rungs] == [[], ["Bob"]]

    def test_a_disabled_person_is_signed_out_at_once(self, as_alice, alice, url):
        alice.become(UserStatus.DISABLED)
        alice.save()
        assert as_alice.get(url).status_code == 302


class TestLive(IncidentPage):
    @pytest.fixture
    def url(self, incident: Incident) -> str:
        return reverse("incidents:live", args=[incident.pk])

    def test_nothing_new_costs_a_304(self, as_alice, url):
        etag = as_alice.get(url).headers["ETag"]
        assert as_alice.get(url, headers={"If-None-Match": etag}).status_code == 304

    def test_the_page_carries_the_etag_of_its_parts(self, as_alice, incident, url):
        detail = reverse("incidents:detail", args=[incident.pk])
        assert as_alice.get(detail).context["etag"] == as_alice.get(url).headers["ETag"]

    def test_notes_alerts_and_deliveries_are_seen(self, as_alice, alice, paged, now, url):
        seen = {as_alice.get(url).headers["ETag"]}
        commands.add_note(paged, "Hm", author=alice, by=alice.as_actor("web"), now=now)
        seen.add(as_alice.get(url).headers["ETag"])
        Incident.objects.update(alert_count=7)
        seen.add(as_alice.get(url).headers["ETag"])
        Delivery.objects.update(attempts=1)
        seen.add(as_alice.get(url).headers["ETag"])
        assert len(seen) == 4

    def test_who_may_not_see_it_learns_nothing_from_an_etag(self, as_alice, as_carol, url):
        etag = as_alice.get(url).headers["ETag"]
        assert as_carol.get(url, headers={"If-None-Match": etag}).status_code == 404


class TestTimeline(IncidentPage):
    @pytest.fixture
    def url(self, incident: Incident) -> str:
        return reverse("incidents:timeline", args=[incident.pk])

    def test_every_kind_of_change_is_a_sentence(self, as_alice, alice, bob, incident, now):
        by = alice.as_actor("web")
        commands.acknowledge(incident, by=by, now=now, via="email")
        commands.assign(incident, user=bob, by=by, now=now)
        commands.change_urgency(incident, "LOW", by=by, now=now)
        page = " ".join(text_of(as_alice, incident, "timeline").split())
        assert "<strong>Alice</strong> acknowledged it from the mail" in page
        assert "gave it to Bob" in page
        assert "changed the urgency from HIGH to LOW" in page


class TestAlerts(IncidentPage):
    @pytest.fixture
    def url(self, incident: Incident) -> str:
        return reverse("incidents:alerts", args=[incident.pk])

    def test_the_raw_payload_is_shown_as_text(self, as_alice, service, now):
        event = AlertEvent(
            Action.TRIGGER, "key", "Hot", Severity.ERROR, "probe", raw={"a": "<script>alert(1)"}
        )
        commands.ingest(door_of_service(service.public_id), [event], by=SYSTEM, now=now)
        url = reverse("incidents:alerts", args=[Incident.objects.get().pk])
        fragment = as_alice.get(url, headers=HTMX).content.decode()
        assert "&lt;script&gt;alert(1)" in fragment
        assert "<html" not in fragment
        assert "<html" in as_alice.get(url).content.decode()
