"""The catalogue: list, page, create, edit, archive."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from core.actor import SYSTEM
from incidents import commands as incidents
from services import commands
from services.models import Service
from tests.page_rules import SignedInPage
from tests.web.pages.rules import ServiceEditorsPage


class TestList(SignedInPage):
    @pytest.fixture
    def url(self) -> str:
        return reverse("services:list")

    def test_an_empty_catalogue_teaches_what_a_service_is(self, as_alice, as_carol, url):
        assert "No services yet" in as_alice.get(url).content.decode()
        assert reverse("services:create") in as_alice.get(url).content.decode()
        assert reverse("services:create") not in as_carol.get(url).content.decode()

    @pytest.mark.parametrize(
        ("urgency", "verb", "word"),
        [
            ("HIGH", None, "Outage"),
            ("LOW", "acknowledge", "Degraded"),
            ("HIGH", "suppress", "Operational"),
            ("HIGH", "resolve", "Operational"),
        ],
    )
    def test_health_is_a_word(self, as_carol, open_incident, now, url, urgency, verb, word):
        made = open_incident(urgency=urgency)
        if verb:
            getattr(incidents, verb)(made, by=SYSTEM, now=now)
        assert word in as_carol.get(url).content.decode()

    def test_many_services_cost_no_more_queries(self, as_alice, platform, policy, now, url):
        for index in range(30):
            commands.create_service(
                name=f"Service {index}", team=platform, policy=policy, by=SYSTEM, now=now
            )
        with CaptureQueriesContext(connection) as queries:
            as_alice.get(url)
        assert len(queries) <= 12

    def test_archived_services_are_gone(self, as_alice, service, now, url):
        commands.archive_service(service, by=SYSTEM, now=now)
        assert "Checkout API" not in as_alice.get(url).content.decode()
        detail = reverse("services:detail", args=[service.public_id])
        assert as_alice.get(detail).status_code == 404


class TestDetail(SignedInPage):
    @pytest.fixture
    def url(self, service: Service) -> str:
        return reverse("services:detail", args=[service.public_id])

    def test_everybody_may_look_but_sees_no_doors(self, as_carol, integration, service, now, url):
        commands.add_webhook(
            service, name="Relay", url="https://93.184.216.34/secret-path", by=SYSTEM, now=now
        )
        page = as_carol.get(url).content.decode()
        assert "Checkout API" in page
        assert "secret-path" not in page
        assert "Send a test event" not in page
        assert reverse("services:edit", args=[service.public_id]) not in page

    def test_the_team_that_owns_it_may_edit_it(self, as_carol, carol, platform, url, service):
        Membership.objects.create(team=platform, user=carol)
        assert "Edit" in as_carol.get(url).content.decode()

    def test_hostile_names_are_only_text(self, as_alice, now):
        bad = "<script>alert(1)</script>"
        made = commands.create_service(name=bad, description=bad, by=SYSTEM, now=now)
        commands.create_integration(made, name=bad, type="prometheus", by=SYSTEM, now=now)
        page = as_alice.get(reverse("services:detail", args=[made.public_id])).content.decode()
        assert "<script>alert" not in page

    def test_it_costs_at_most_twelve_queries(self, as_alice, service, now, url):
        for index in range(5):
            commands.create_integration(
                service, name=f"Tool {index}", type="events", by=SYSTEM, now=now
            )
        with CaptureQueriesContext(connection) as queries:
            as_alice.get(url)
        assert len(queries) <= 12


class TestCreate(SignedInPage):
    @pytest.fixture
    def url(self) -> str:
        return reverse("services:create")

    def test_it_joins_the_catalogue(self, as_alice, platform, policy, url):
        values = {"name": "Search", "team": platform.public_id, "policy": policy.public_id}
        as_alice.post(url, values)
        made = Service.objects.get()
        assert (made.name, made.team, made.policy) == ("Search", platform, policy)

    def test_a_taken_name_is_said_beside_the_field(self, as_alice, service, url):
        answer = as_alice.post(url, {"name": "checkout api"})
        assert answer.status_code == 422
        assert "exists already" in str(answer.context["form"].errors["name"])

    def test_a_user_may_not(self, as_carol, url):
        assert as_carol.get(url).status_code == 403


class TestEdit(ServiceEditorsPage):
    @pytest.fixture
    def url(self, service: Service) -> str:
        return reverse("services:edit", args=[service.public_id])

    def test_it_changes_what_was_changed(self, as_alice, service, platform, url):
        as_alice.post(url, {"name": "Checkout", "team": platform.public_id, "policy": ""})
        service.refresh_from_db()
        assert (service.name, service.team, service.policy) == ("Checkout", platform, None)


class TestArchive(ServiceEditorsPage):
    @pytest.fixture
    def url(self, service: Service) -> str:
        return reverse("services:archive", args=[service.public_id])

    def test_only_admins(self, as_alice, url):
        assert as_alice.get(url).status_code == 403

    def test_the_name_must_be_typed(self, as_root, service, url):
        assert as_root.post(url, {"name": "checkout"}).status_code == 422
        as_root.post(url, {"name": "Checkout API"})
        service.refresh_from_db()
        assert service.archived_at is not None
