"""Asking for help, and the answer, on the page of the incident and by the link in a message."""

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from incidents import commands, links
from incidents.models import EventType, IncidentResponder, ResponderState
from tests.page_rules import HTMX

pytestmark = [pytest.mark.once, pytest.mark.django_db]


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


TAP = {"content_type": "application/json", "headers": {"Accept": "application/json"}}


def path_for(incident, user) -> str:
    whole = links.respond_url(incident, user)
    return whole[whole.index("/r/") :]


@pytest.mark.parametrize(
    ("answer", "state", "title"),
    [
        ("accept", ResponderState.ACCEPTED, "You are coming •"),
        ("decline", ResponderState.DECLINED, "You are not coming •"),
    ],
)
def test_a_tap_on_a_push_answers(client, asked, incident, bob, answer, state, title):
    for _ in range(2):  # the answer to the first tap was lost
        said = client.post(path_for(incident, bob), {"answer": answer}, **TAP)
        assert said.status_code == 200
        assert said.json()["title"].startswith(f"{title} #{incident.pk} ")
        assert said.json()["message"] == "Alice is told."
    asked.refresh_from_db()
    assert asked.state == state
    events = incident.events.filter(
        type__in=[EventType.RESPONDER_ACCEPTED, EventType.RESPONDER_DECLINED]
    )
    assert [event.via for event in events] == ["push"]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"answer": ["accept"]}', '{"answer": "ack"}'])
def test_a_tap_that_says_nothing_is_never_taken_for_an_answer(client, asked, incident, bob, body):
    said = client.generic("POST", path_for(incident, bob), body, **TAP)
    assert (said.status_code, said.json()["message"]) == (409, "Choose whether you can help.")
    asked.refresh_from_db()
    assert asked.state == ResponderState.REQUESTED


def test_a_tap_that_comes_too_late_says_why(client, asked, incident, bob):
    commands.resolve(incident, by=bob.as_actor("web"), now=clock.now())
    said = client.post(path_for(incident, bob), {"answer": "accept"}, **TAP)
    assert said.status_code == 409
    assert "The incident is over" in said.json()["message"]
    assert client.post("/r/forged/", {"answer": "accept"}, **TAP).status_code == 410
