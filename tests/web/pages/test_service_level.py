"""The service level on pages and in the API: targets that people set, clocks that they see."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core import clock
from core.actor import SYSTEM
from incidents import commands, publishing
from incidents.commands.create import Draft
from services.queries import level_of
from tests.page_rules import SignedInPage

pytestmark = pytest.mark.once

MINUTE = timedelta(minutes=1)


class TestLevel(SignedInPage):
    @pytest.fixture
    def url(self, service) -> str:
        return reverse("services:level", args=[service.public_id])

    def test_whoever_edits_the_service_sets_targets(self, as_alice, url, service):
        form = {"enabled": "on", "warn_ack_minutes": "2", "warn_resolve_minutes": "20"}
        form |= {"targets.P1.acknowledgeMinutes": "3", "targets.HIGH.resolveMinutes": "45"}
        assert as_alice.post(url, form).status_code == 302
        level = level_of(type(service).objects.get())
        assert level.targets["P1"] == {"ack": 3, "resolve": None, "in_hours": False}
        assert (level.warn_ack_minutes, level.tells_people) == (2, False)
        assert 'value="45"' in as_alice.get(url).content.decode()
        form |= {"targets.P1.inSupportHours": "on"}
        refused = as_alice.post(url, form)
        assert refused.status_code == 422
        assert "Choose the support hours" in refused.content.decode()

    def test_everybody_else_reads_them(self, as_carol, url):
        page = as_carol.get(url).content.decode()
        assert "disabled" in page and ">Save<" not in page
        assert as_carol.post(url, {"enabled": "on"}).status_code == 403


@pytest.fixture
def late_incident(service, now):
    """Opened 20 minutes ago, taken by nobody: late by five."""
    type(service).objects.update(created_at=now - 30 * MINUTE)
    draft = Draft("Checkout is down", service, urgency="HIGH")
    incident, _ = commands.create(draft, by=SYSTEM, now=now - 20 * MINUTE)
    publishing.publish_due(now)
    commands.mind_clocks(now)
    return incident


def test_a_broken_promise_is_seen_in_the_list_on_its_page_and_at_home(
    as_alice, late_incident, open_incident
):
    other = open_incident("Disk is full")
    found = as_alice.get(reverse("incidents:list") + "?status=all&sla=breached").content.decode()
    assert f"#{late_incident.pk}" in found and f"#{other.pk}<" not in found
    assert "Ack</span> breached" in found
    page = as_alice.get(reverse("incidents:detail", args=[late_incident.pk])).content.decode()
    assert "The time to acknowledge is over" in page and "Targets" in page
    assert "Late" in as_alice.get(reverse("home")).content.decode()


def test_a_clock_that_moved_changes_what_a_poll_gets(as_alice, late_incident):
    for url in (
        reverse("incidents:live", args=[late_incident.pk]),
        reverse("incidents:rows") + "?status=open",
    ):
        tag = as_alice.get(url)["ETag"]
        assert as_alice.get(url, headers={"If-None-Match": tag}).status_code == 304
        late_incident.sla_clocks.update(changed_at=clock.now())
        assert as_alice.get(url, headers={"If-None-Match": tag}).status_code == 200


def test_the_api_tells_clocks_and_changes_targets(api, alice, carol, service, late_incident):
    client = api(alice, "incidents:read", "services:read", "services:write")
    sla = client.get(f"/api/incidents/{late_incident.pk}").json()["sla"]
    assert (sla["acknowledge"]["state"], sla["acknowledge"]["targetMinutes"]) == ("BREACHED", 15)
    assert sla["resolve"]["state"] == "RUNNING" and sla["resolve"]["remainingSeconds"] is None
    assert client.get("/api/incidents?sla=breached").json()["total"] == 1
    assert client.get("/api/incidents?sla=kept").json()["total"] == 0
    address = f"/api/services/{service.public_id}/sla"
    target = {"acknowledgeMinutes": 40, "resolveMinutes": None}
    changed = client.put(address, {"targets": {"HIGH": target}}, format="json").json()
    assert changed["targets"]["HIGH"] == target | {"inSupportHours": False}
    assert changed["targets"]["P1"]["acknowledgeMinutes"] == 5
    commands.apply_levels(clock.now())
    sla = client.get(f"/api/incidents/{late_incident.pk}").json()["sla"]
    assert sla["acknowledge"]["state"] == "BREACHED"  # what is broken stays broken
    assert sla["resolve"] is None
    assert client.put(address, {"targets": {"P9": target}}, format="json").status_code == 422
    answer = client.put(address, {"warnResolveMinutes": 0}, format="json").json()
    assert answer["error"]["details"]["field"] == "warnResolveMinutes"
    stranger = api(carol, "services:write")
    assert stranger.put(address, {}, format="json").status_code == 403
