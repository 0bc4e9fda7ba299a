"""POST /incidents/bulk/: one verb for the ticked rows, each by the same command."""

import pytest
from django.urls import reverse

from core.actor import SYSTEM
from incidents import commands
from incidents.models import Incident, Status
from tests.page_rules import HTMX, SignedInPage


class TestBulk(SignedInPage):
    post_only = True

    @pytest.fixture
    def url(self) -> str:
        return reverse("incidents:bulk")

    def test_it_says_for_each_what_could_not_be_done(self, as_alice, open_incident, url, now):
        first, second = open_incident("One"), open_incident("Two")
        commands.suppress(second, by=SYSTEM, now=now)
        values = {"action": "acknowledge", "number": [first.pk, second.pk]}
        page = as_alice.post(url, values, follow=True).content.decode()
        assert "1 incident acknowledged" in page
        assert f"#{second.pk}: SUPPRESSED cannot become ACKNOWLEDGED" in page
        first.refresh_from_db()
        assert first.status == Status.ACKNOWLEDGED

    def test_the_filter_survives(self, as_alice, incident, url):
        values = {"action": "resolve", "number": [incident.pk]}
        answer = as_alice.post(url + "?status=all&urgency=HIGH", values)
        assert answer.headers["Location"] == "/incidents/?status=all&urgency=HIGH"

    def test_htmx_gets_the_list_back(self, as_alice, incident, url):
        values = {"action": "resolve", "number": [incident.pk]}
        page = as_alice.post(url, values, headers=HTMX).content.decode()
        assert 'id="incident-list"' in page
        assert "1 incident resolved" in page

    def test_incidents_of_others_stay_untouched(self, as_carol, incident, url):
        as_carol.post(url, {"action": "resolve", "number": [incident.pk]})
        assert Incident.objects.get().status == Status.OPEN

    @pytest.mark.parametrize("values", [{}, {"action": "delete", "number": "1"}, {"number": "x"}])
    def test_nonsense_changes_nothing(self, as_alice, incident, url, values):
        page = as_alice.post(url, values, follow=True).content.decode()
        assert "Tick the incidents first" in page
