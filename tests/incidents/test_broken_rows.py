"""Damaged rows and faults in between: a human is paged all the same."""

import pytest
from django.db import connection

from core.actor import SYSTEM
from core.crypto import UNREADABLE
from escalation.commands import TargetSpec
from incidents import commands, paging
from incidents.commands.create import Draft
from incidents.models import Incident, Page, PageKind
from notifications.models import Channel, ContactMethod, Delivery
from tests.incidents.conftest import MINUTE, T0, policy_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(make_service, people) -> Incident:
    spec = policy_of((5, [TargetSpec(user=people.ann)]))
    draft = Draft(service=make_service(spec).service, title="Down", urgency="HIGH")
    return commands.create(draft, by=SYSTEM, now=T0)[0]


def test_a_secret_that_no_key_opens_stops_no_page(incident, people) -> None:
    for channel, address in [
        (Channel.EMAIL, people.ann.email),
        (Channel.WEBHOOK, "https://x.example/"),
    ]:
        ContactMethod.objects.create(user=people.ann, channel=channel, address=address)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_contactmethod SET secret = 'garbage'")
    assert paging.advance(T0) == 1
    assert Page.objects.get().user == people.ann
    sent = Delivery.objects.values_list("channel", "state")
    assert sorted(sent) == [("EMAIL", "QUEUED"), ("WEBHOOK", "QUEUED")]
    assert Delivery.objects.get(channel="WEBHOOK").secret == UNREADABLE


class TestAFaultOfTheEngine:
    @pytest.fixture(autouse=True)
    def _fault(self, monkeypatch) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("a fault")

        monkeypatch.setattr(paging, "_step", broken)

    def test_pages_the_fallback_once_while_it_tries_again(self, incident, people) -> None:
        paging.advance(T0)
        paging.advance(T0 + MINUTE)
        page = Page.objects.get()
        assert (page.user, page.kind) == (people.root, PageKind.FALLBACK)
        incident.refresh_from_db()
        assert incident.escalate_at > T0 + MINUTE
        assert "could not be worked out" in incident.events.last().details["reason"]

    def test_goes_on_where_it_stood_when_the_fault_is_gone(
        self, incident, people, monkeypatch
    ) -> None:
        paging.advance(T0)
        monkeypatch.undo()
        paging.advance(T0 + MINUTE)
        assert Page.objects.filter(user=people.ann, kind=PageKind.STEP).exists()


def test_an_alert_on_an_incident_opened_by_hand_is_deduplicated(incident, make_service) -> None:
    from incidents.domain.alert import Action, AlertEvent, Severity
    from services.queries import door_of_service

    Incident.objects.update(dedup_key="k")
    door = door_of_service(incident.service.public_id)
    event = AlertEvent(Action.TRIGGER, "k", "Down", Severity.ERROR, "x", raw={})
    (outcome,) = commands.ingest(door, [event], by=SYSTEM, now=T0)
    assert outcome.action == "deduplicated"
    assert incident.events.filter(type="created").count() == 1


def test_an_archived_service_still_hears_that_it_is_over(make_service, client, people) -> None:
    from services import commands as services

    door = make_service()
    headers = {"authorization": f"Token token={door.key}"}

    def post(action: str) -> int:
        payload = {"summary": "s", "source": "s", "severity": "error"}
        body = {"event_action": action, "dedup_key": "k", "payload": payload}
        answer = client.post("/api/events", body, content_type="application/json", headers=headers)
        return answer.status_code

    assert post("trigger") == 202
    services.archive_service(door.service, by=SYSTEM, now=T0)
    assert post("trigger") == 403
    assert post("resolve") == 202
    assert Incident.objects.get(dedup_key="k").status == "RESOLVED"
