"""DELETE of an incident: for admins with the scope, for good, and nobody is paged about it."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from audit.models import AuditEvent
from core import clock
from incidents import paging, receipts
from incidents.models import Alert, Incident, IncidentEvent, Note, Page
from incidents.queries import unwanted_pages
from notifications.models import Delivery, DeliveryEvent, DeliveryOutcome, DeliveryState
from tests.incidents.api.conftest import PATH, alarm

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(shop: SimpleNamespace) -> Incident:
    """Open, and alice's page is on its way."""
    made = alarm(shop)
    paging.advance(clock.now())
    return made


@pytest.fixture
def admin(api: Callable, people: SimpleNamespace) -> APIClient:
    return api(people.root, "incidents:delete", "incidents:read")


def test_it_is_gone_with_all_that_hangs_on_it(admin: APIClient, incident: Incident):
    answer = admin.delete(f"{PATH}/{incident.public_id}")
    assert answer.status_code == 200
    assert answer.json() == {"deleted": True, "id": incident.public_id}
    assert admin.get(f"{PATH}/{incident.public_id}").status_code == 404
    assert [
        kind for kind in (Incident, Alert, IncidentEvent, Note, Page) if kind.objects.exists()
    ] == []


def test_what_was_to_be_sent_is_not_sent_any_more(admin: APIClient, incident: Incident):
    assert Delivery.objects.filter(state=DeliveryState.QUEUED).exists()
    admin.delete(f"{PATH}/{incident.public_id}")
    rows = set(Delivery.objects.values_list("state", "reason"))
    assert rows == {(DeliveryState.CANCELLED, "the incident was deleted")}


def test_a_page_claimed_meanwhile_is_refused_and_its_fate_breaks_nothing(
    admin: APIClient, incident: Incident
):
    page = Delivery.objects.get()
    admin.delete(f"{PATH}/{incident.public_id}")
    asked = (page.pk, incident.pk, page.page_key, page.user_id)
    assert unwanted_pages([asked], clock.now()) == {page.pk: "the incident was deleted"}
    failed = DeliveryEvent(delivery=page, outcome=DeliveryOutcome.FAILED, at=clock.now())
    receipts.record([failed], clock.now())
    assert paging.advance(clock.now()) == 0


def test_the_audit_log_keeps_that_it_was_there(
    admin: APIClient, incident: Incident, people: SimpleNamespace
):
    admin.delete(f"{PATH}/{incident.pk}")
    event = AuditEvent.objects.get(action="incident.deleted")
    assert (event.actor_id, event.target_id) == (people.root.public_id, incident.public_id)
    assert event.target_label == f"#{incident.pk} Database connection timeout"
    assert event.changes == {"status": "OPEN", "service": "Payment API"}


def test_only_admins_may(api: Callable, alice: User, incident: Incident):
    answer = api(alice).delete(f"{PATH}/{incident.public_id}")
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "Only admins may delete incidents"
    assert Incident.objects.exists()


def test_the_key_must_carry_the_scope(api: Callable, people: SimpleNamespace, incident: Incident):
    answer = api(people.root, "incidents:write").delete(f"{PATH}/{incident.public_id}")
    assert answer.status_code == 403
    assert "incidents:delete" in answer.json()["error"]["message"]
    assert Incident.objects.exists()


def test_an_unknown_one_is_404(admin: APIClient):
    assert admin.delete(f"{PATH}/inc_none").status_code == 404
