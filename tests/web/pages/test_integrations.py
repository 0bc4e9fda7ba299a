"""The doors of a service: keys are shown once; webhooks; the first event; the test event."""

import re

import pytest
from django.urls import reverse

from core import clock
from core.actor import SYSTEM
from incidents.models import Alert, Incident
from services import commands
from services.models import Integration, Service, ServiceWebhook
from services.queries import door_of_key
from tests.web.pages.rules import ServiceEditorsPage

KEY = re.compile(r"\b[0-9a-f]{32}\b")


def keys_in(page: str) -> set[str]:
    return set(KEY.findall(page))


class IntegrationPage(ServiceEditorsPage):
    post_only = True
    name = ""

    @pytest.fixture
    def url(self, integration: Integration) -> str:
        return reverse(f"services:{self.name}", args=[integration.public_id])


class TestAdd(ServiceEditorsPage):
    @pytest.fixture
    def url(self, service: Service) -> str:
        return reverse("services:add_integration", args=[service.public_id])

    @pytest.mark.parametrize(
        ("kind", "hint"),
        [("events", "Authorization: Token token="), ("prometheus", "webhook_configs")],
    )
    def test_the_key_is_shown_once_ready_to_paste(self, as_alice, service, url, kind, hint):
        answer = as_alice.post(url, {"type": kind, "name": "Tool"})
        (key,) = keys_in(answer.content.decode())
        assert door_of_key(key, clock.now()).service_id == service.pk
        assert hint in answer.content.decode()
        assert "no-store" in answer.headers["Cache-Control"]
        detail = as_alice.get(reverse("services:detail", args=[service.public_id]))
        assert keys_in(detail.content.decode()) == set()

    def test_an_unknown_tool_is_refused(self, as_alice, url):
        assert as_alice.post(url, {"type": "telegraph", "name": "Tool"}).status_code == 422


class TestRotate(IntegrationPage):
    name = "rotate_key"

    def test_both_keys_live_until_the_old_one_is_revoked(self, as_alice, service, now, url):
        made, old = commands.create_integration(
            service, name="Two", type="events", by=SYSTEM, now=now
        )
        url = reverse("services:rotate_key", args=[made.public_id])
        (new,) = keys_in(as_alice.post(url).content.decode())
        assert all(door_of_key(key, clock.now()) for key in (old, new))
        as_alice.post(reverse("services:revoke_old_keys", args=[made.public_id]))
        assert door_of_key(old, clock.now()) is None
        assert door_of_key(new, clock.now()) is not None


class TestRevoke(IntegrationPage):
    name = "revoke_old_keys"


class TestSwitch(IntegrationPage):
    name = "switch_integration"

    def test_off_and_on(self, as_alice, integration, url):
        as_alice.post(url)
        integration.refresh_from_db()
        assert not integration.enabled
        as_alice.post(url, {"enabled": "1"})
        integration.refresh_from_db()
        assert integration.enabled


class TestDelete(IntegrationPage):
    name = "delete_integration"
    post_only = False  # it asks first

    def test_the_name_must_be_typed(self, as_alice, integration, url):
        assert as_alice.post(url, {"name": ""}).status_code == 422
        as_alice.post(url, {"name": integration.name})
        assert not Integration.objects.exists()


class TestWebhooks(ServiceEditorsPage):
    @pytest.fixture
    def url(self, service: Service) -> str:
        return reverse("services:add_webhook", args=[service.public_id])

    def test_it_is_added_for_the_events_chosen_and_deleted(self, as_alice, service, url):
        values = {"name": "Relay", "url": "https://93.184.216.34/in", "on_resolved": "on"}
        as_alice.post(url, values)
        made = ServiceWebhook.objects.get()
        assert (made.on_triggered, made.on_acknowledged, made.on_resolved) == (False, False, True)
        as_alice.post(reverse("services:delete_webhook", args=[made.public_id]))
        assert not ServiceWebhook.objects.exists()

    @pytest.mark.parametrize("address", ["http://127.0.0.1/", "file:///etc/passwd", "nonsense"])
    def test_an_address_inside_is_refused_beside_the_field(self, as_alice, url, address):
        answer = as_alice.post(url, {"name": "Relay", "url": address})
        assert answer.status_code == 422
        assert "url" in answer.context["form"].errors


class TestArrivals(ServiceEditorsPage):
    @pytest.fixture
    def url(self, integration: Integration) -> str:
        return reverse("incidents:arrivals", args=[integration.public_id])

    def test_it_waits_until_the_first_event_is_there(self, as_alice, integration, url):
        assert "Waiting for the first event" in as_alice.get(url).content.decode()
        as_alice.post(
            reverse("incidents:test_event", args=[integration.public_id]), {"severity": "error"}
        )
        assert "Received" in as_alice.get(url).content.decode()


class TestTestEvent(ServiceEditorsPage):
    post_only = True

    @pytest.fixture
    def url(self, integration: Integration) -> str:
        return reverse("incidents:test_event", args=[integration.public_id])

    @pytest.mark.parametrize(
        ("severity", "urgency"), [("critical", "HIGH"), ("info", "LOW"), ("silly", "LOW")]
    )
    def test_it_takes_the_path_of_a_real_event(self, as_alice, integration, url, severity, urgency):
        answer = as_alice.post(url, {"severity": severity})
        made = Incident.objects.get()
        assert answer.headers["Location"] == reverse("incidents:detail", args=[made.pk])
        assert (made.urgency, made.integration) == (urgency, integration)
        assert Alert.objects.get().incident == made


def test_recent_incidents_of_a_service_follow_what_one_may_see(as_alice, as_carol, incident):
    url = reverse("incidents:of_service", args=[incident.service.public_id])
    assert "Checkout is down" in as_alice.get(url).content.decode()
    assert "Checkout is down" not in as_carol.get(url).content.decode()
