"""POST /incidents/<number>/<verb>/: each is a resource; htmx gets a region, a form a redirect."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core.actor import SYSTEM
from incidents import commands
from incidents.models import EventType, Incident, Status
from tests.page_rules import HTMX
from tests.web.pages.rules import IncidentVerb

pytestmark = pytest.mark.once

# verb -> the status that the incident has before and after
VERBS = {
    "acknowledgement": (Status.OPEN, Status.ACKNOWLEDGED),
    "unacknowledgement": (Status.ACKNOWLEDGED, Status.OPEN),
    "reopening": (Status.RESOLVED, Status.OPEN),
    "return": (Status.RESOLVED, Status.ACKNOWLEDGED),
    "wake_up": (Status.SNOOZED, Status.OPEN),
    "suppression": (Status.OPEN, Status.SUPPRESSED),
    "unsuppression": (Status.SUPPRESSED, Status.OPEN),
    "escalation": (Status.OPEN, Status.OPEN),
    "restart": (Status.OPEN, Status.OPEN),
}


def into(incident: Incident, status: Status, now) -> None:
    if status is Status.SNOOZED:
        commands.snooze(incident, now + timedelta(hours=1), by=SYSTEM, now=now)
    elif status is not Status.OPEN:
        commands.move(incident, status, by=SYSTEM, now=now)


@pytest.mark.parametrize("verb", VERBS)
class TestVerb(IncidentVerb):
    @pytest.fixture
    def url(self, incident: Incident, verb: str) -> str:
        return reverse(f"incidents:{verb}", args=[incident.pk])

    def test_it_moves_the_incident(self, as_alice: Client, incident, url, verb, now):
        before, after = VERBS[verb]
        into(incident, before, now)
        answer = as_alice.post(url)
        assert answer.headers["Location"] == reverse("incidents:detail", args=[incident.pk])
        incident.refresh_from_db()
        assert incident.status == after
        assert incident.events.last().actor_label == "Alice"

    def test_htmx_gets_the_live_parts_and_a_toast(self, as_alice, incident, url, verb, now):
        into(incident, VERBS[verb][0], now)
        answer = as_alice.post(url, headers={**HTMX, "HX-Target": "incident-head"})
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'id="incident-head"' in page
        assert page.count('hx-swap-oob="morph"') == 3
        assert f"#{incident.pk} " in page.split('id="toasts"')[1]


def test_a_refused_move_is_said_and_the_page_shows_how_it_is(as_alice, incident, now):
    commands.resolve(incident, by=SYSTEM, now=now)
    url = reverse("incidents:acknowledgement", args=[incident.pk])
    page = as_alice.post(url, follow=True).content.decode()
    assert "RESOLVED cannot become ACKNOWLEDGED" in page


def test_a_row_gets_its_row_back(as_alice, incident):
    url = reverse("incidents:acknowledgement", args=[incident.pk])
    target = f"incident-row-{incident.pk}"
    page = as_alice.post(url, {"tick": "1"}, headers={**HTMX, "HX-Target": target}).content.decode()
    assert page.strip().startswith(f'<li id="{target}"')
    assert "Acknowledged" in page


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/incidents/?status=all", "/incidents/?status=all"),
        ("//evil.example.com/", None),
        ("/\\evil.example.com/", None),
        ("https://evil.example.com/", None),
        ("javascript:alert(1)", None),
    ],
)
def test_the_way_back_stays_at_home(as_alice, incident, wanted, leads_to):
    url = reverse("incidents:acknowledgement", args=[incident.pk])
    answer = as_alice.post(url, {"next": wanted})
    own = reverse("incidents:detail", args=[incident.pk])
    assert answer.headers["Location"] == (leads_to or own)


def test_taking_back_a_resolution_pages_nobody_when_it_had_been_taken(as_alice, incident, now):
    commands.acknowledge(incident, by=SYSTEM, now=now)
    page = as_alice.post(
        reverse("incidents:resolution", args=[incident.pk]), follow=True
    ).content.decode()
    assert reverse("incidents:return", args=[incident.pk]) in page
    as_alice.post(reverse("incidents:return", args=[incident.pk]))
    incident.refresh_from_db()
    assert (incident.status, incident.escalate_at) == (Status.ACKNOWLEDGED, None)


def test_a_cross_site_post_is_refused(incident, alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    answer = strict.post(reverse("incidents:acknowledgement", args=[incident.pk]))
    assert answer.status_code == 403
    assert not incident.events.filter(type=EventType.ACKNOWLEDGED).exists()
