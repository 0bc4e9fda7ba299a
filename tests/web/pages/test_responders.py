"""Asking for help, and the answer, on the page of the incident and by the link in a message."""

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from incidents import commands, links
from incidents.models import IncidentResponder, ResponderState
from tests.page_rules import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(as_alice: Client, incident, bob) -> IncidentResponder:
    """bob, by the form that alice filled in."""
    url = reverse("incidents:responders", args=[incident.pk])
    form = as_alice.get(url, headers=HTMX).content.decode()
    assert "<html" not in form
    assert f'value="user:{bob.public_id}"' in form
    as_alice.post(url, {"who": [f"user:{bob.public_id}"], "message": "Need a <b>hand</b>"})
    return IncidentResponder.objects.get(user=bob)


def test_who_is_asked_sees_it_on_the_page_and_answers_there(as_alice, as_bob, asked, incident):
    page = reverse("incidents:detail", args=[incident.pk])
    assert "Alice asks for your help" in as_bob.get(page).content.decode()
    assert "Alice asks for your help" not in as_alice.get(page).content.decode()
    as_bob.post(reverse("incidents:respond", args=[incident.pk]), {"answer": "decline"})
    asked.refresh_from_db()
    assert asked.state == ResponderState.DECLINED
    text = as_alice.get(page).content.decode()
    assert "Need a &lt;b&gt;hand&lt;/b&gt;" in text
    assert ">declined</span>" in text


def test_a_request_is_withdrawn_on_the_page(as_alice, asked, incident):
    as_alice.post(reverse("incidents:withdrawal", args=[incident.pk, asked.public_id]))
    asked.refresh_from_db()
    assert asked.state == ResponderState.WITHDRAWN


def test_nobody_chosen_is_said_beside_the_field(as_alice, incident):
    answer = as_alice.post(reverse("incidents:responders", args=[incident.pk]), {})
    assert answer.status_code == 422


def test_the_link_only_shows_until_somebody_answers(client, asked, incident, bob):
    path = links.respond_url(incident, bob)
    path = path[path.index("/r/") :]
    assert "I can help" in client.get(path).content.decode()
    asked.refresh_from_db()
    assert asked.state == ResponderState.REQUESTED
    assert "You are coming" in client.post(path, {"answer": "accept"}).content.decode()
    commands.resolve(incident, by=bob.as_actor("web"), now=clock.now())
    assert client.get("/r/forged/").status_code == 410
