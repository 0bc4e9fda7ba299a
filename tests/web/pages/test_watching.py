"""The card of watchers and the pages behind it; the list of what one watches; calls in notes."""

import pytest
from django.urls import reverse

from incidents import commands, queries
from incidents.models import Incident
from tests.page_rules import HTMX
from tests.web.pages.rules import IncidentPage, IncidentVerb


class TestWatchers(IncidentPage):
    @pytest.fixture
    def url(self, incident: Incident) -> str:
        return reverse("incidents:watchers", args=[incident.pk])

    def test_one_press_watches_and_the_list_shows_it(self, as_alice, alice, incident, url):
        answer = as_alice.post(url, {"role": "STAKEHOLDER"}, headers=HTMX)
        assert "You hear: changes of status" in answer.content.decode()
        rows = as_alice.get(reverse("incidents:list"), {"watched": "me"}).context["page"]
        assert [row.pk for row in rows] == [incident.pk]
        mine = as_alice.get(reverse("incidents:watching")).content.decode()
        assert incident.title in mine

    def test_somebody_who_may_not_see_it_is_refused_in_the_form(self, as_alice, carol, url):
        answer = as_alice.post(url, {"user": carol.public_id, "role": "EXEC"})
        assert answer.status_code == 422
        assert "Carol may not see this incident" in answer.content.decode()


class TestStop(IncidentVerb):
    @pytest.fixture
    def url(self, incident: Incident) -> str:
        return reverse("incidents:stop_watching", args=[incident.pk])

    def test_responders_take_others_off(self, as_alice, bob, incident, url, now):
        commands.watch(incident, bob, by=bob.as_actor("web"), now=now)
        as_alice.post(url, {"user": bob.public_id})
        assert queries.watch_of(incident, bob) is None


def test_users_decide_only_for_themselves(as_carol, carol, bob, service, platform):
    carol.memberships.create(team=platform)
    url = reverse("incidents:service_watchers", args=[service.public_id])
    assert as_carol.post(url, {"user": bob.public_id, "role": "EXEC"}).status_code == 403
    as_carol.post(url, {"role": "EXEC"})
    assert [watch.user for watch in queries.service_watches(service)] == [carol]
    as_carol.post(reverse("incidents:stop_watching_service", args=[service.public_id]))
    assert not queries.service_watches(service)


def test_a_refused_call_keeps_the_text_and_a_taken_one_is_said(as_alice, bob, carol, incident):
    url = reverse("incidents:notes", args=[incident.pk])
    refused = as_alice.post(url, {"content": "@Carol, look"})
    assert refused.status_code == 422
    assert "@Carol, look" in refused.content.decode()
    chosen = {"content": "Look", "tell": f"user:{bob.public_id}"}
    assert "Bob is told" in as_alice.post(url, chosen, follow=True).content.decode()
