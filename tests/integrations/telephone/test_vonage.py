"""What comes back through Vonage: receipts, answers, keys. Each proves where it comes from."""

import json
import time

import pytest

from core import clock
from incidents.models import Incident
from notifications.commands import callbacks
from notifications.models import Channel, Delivery, DeliveryState
from tests.fakes.vonage import Accepted
from tests.integrations.telephone.conftest import NUMBER, ORIGIN, aloud, entries, phone, ring
from tests.integrations.telephone.test_twilio import sent, status_of

pytestmark = [pytest.mark.once, pytest.mark.django_db]

DOOR = f"{ORIGIN}/api/inbound/vonage"
MESSAGE = f"{DOOR}/message"


@pytest.fixture
def her_phone(alice):
    for channel in (Channel.SMS, Channel.VOICE):
        phone(alice, verified=clock.now(), channel=channel)


@pytest.fixture
def incident(her_phone, page) -> Incident:
    return page()


def url(what: str, delivery: Delivery) -> str:
    return f"{DOOR}/{what}/{callbacks.token_of(delivery.pk)}"


def written_back() -> list[tuple[str, str]]:
    """(address, text) of the answers that wait to be sent."""
    rows = Delivery.objects.filter(subject_kind="reply").order_by("id")
    return [(row.address, row.message["body"]) for row in rows]


def test_one_acknowledges_and_the_answer_leaves_as_a_text(client, vonage, incident) -> None:
    callback = vonage.text(MESSAGE, NUMBER, f"1 {incident.pk}")
    for _ in range(2):  # Vonage repeats what was not answered in time
        assert ring(client, callback).status_code == 204
    assert status_of(incident) == "ACKNOWLEDGED"
    assert entries(incident) == [("Alice", "sms")]
    assert written_back() == [(NUMBER, f"#{incident.pk} is acknowledged: Checkout is down")]


def test_a_form_is_read_as_well_as_json(client, vonage, incident) -> None:
    address, body, headers = vonage.text(MESSAGE, NUMBER, f"1 {incident.pk} ")
    assert ring(client, (address, json.loads(body), headers)).status_code == 204
    assert status_of(incident) == "ACKNOWLEDGED"


def test_a_stranger_gets_no_answer_and_changes_nothing(client, vonage, incident) -> None:
    callback = vonage.text(MESSAGE, "+4915199999999", f"1 {incident.pk}")
    assert ring(client, callback).status_code == 204
    assert (status_of(incident), written_back()) == ("OPEN", [])


@pytest.mark.once
@pytest.mark.parametrize("field", ["sig", "text", "timestamp"])
@pytest.mark.parametrize("value", ["", "1460000000", None])
def test_a_text_is_believed_by_its_signature_only(client, vonage, incident, field, value) -> None:
    address, body, headers = vonage.text(MESSAGE, NUMBER, f"1 {incident.pk}")
    form = json.loads(body)
    form.pop(field) if value is None else form.update({field: value})
    answer = ring(client, (address, json.dumps(form).encode(), headers))
    assert answer.status_code == 403
    assert status_of(incident) == "OPEN"


def test_an_old_text_is_refused_though_it_is_signed(client, vonage, incident) -> None:
    callback = vonage.text(MESSAGE, NUMBER, f"1 {incident.pk}", at=time.time() - 301)
    assert ring(client, callback).status_code == 403


def test_four_acknowledges_with_one_entry(client, vonage, incident) -> None:
    delivery = sent(incident, Channel.VOICE)
    first, second = (ring(client, vonage.key(url("keys", delivery), "4")) for _ in range(2))
    (talk,) = first.json()
    number = aloud(incident)
    assert talk["text"] == f"Incident {number} is acknowledged: Checkout is down. Goodbye."
    assert "already acknowledged" in second.json()[0]["text"]
    assert entries(incident) == [("Alice", "voice")]
    delivery.refresh_from_db()
    assert delivery.seen_at


def test_another_key_says_the_page_again_and_none_says_goodbye(client, vonage, incident) -> None:
    delivery = sent(incident, Channel.VOICE)
    keys = url("keys", delivery)  # names the second in which it was made
    talk, ask = ring(client, vonage.key(keys, "9")).json()
    assert talk["text"].startswith("That key has no meaning here. This is OpsKnight.")
    assert ask["eventUrl"] == [keys]
    (talk,) = ring(client, vonage.key(keys, "")).json()
    assert talk["text"].startswith("No key was pressed")
    assert status_of(incident) == "OPEN"


@pytest.mark.once
class TestSignatureOfCalls:
    @pytest.mark.parametrize("door", ["call", "keys"])
    @pytest.mark.parametrize("bearer", ["", "Bearer ", "Bearer a.b.c", "Bearer é"])
    def test_nothing_is_believed_without_it(self, client, vonage, incident, door, bearer) -> None:
        address, body, _ = vonage.key(url(door, sent(incident, Channel.VOICE)), "4")
        answer = ring(client, (address, body, {"Authorization": bearer}))
        assert answer.status_code == 403
        assert status_of(incident) == "OPEN"

    def test_it_covers_the_body_and_the_time(self, client, vonage, incident) -> None:
        address = url("keys", sent(incident, Channel.VOICE))
        _, body, headers = vonage.key(address, "5")
        changed = (address, body.replace(b"5", b"4"), headers)
        assert ring(client, changed).status_code == 403
        old = vonage.signed_call(address, {"dtmf": {"digits": "4"}}, at=time.time() - 301)
        assert ring(client, old).status_code == 403
        assert status_of(incident) == "OPEN"

    def test_the_address_names_the_delivery_by_a_token_of_ours(self, client, vonage) -> None:
        for token in ("1", "x:y:z", callbacks.token_of(1)[:-2]):
            assert ring(client, vonage.key(f"{DOOR}/keys/{token}", "4")).status_code == 403
            assert ring(client, (f"{DOOR}/status/{token}", b"{}", {})).status_code == 403


@pytest.mark.parametrize(
    ("channel", "fate", "seen", "delivered", "state"),
    [
        (Channel.SMS, "delivered", False, True, "SENT"),
        (Channel.SMS, "duplicate", False, True, "SENT"),
        (Channel.SMS, "failed", False, False, "FAILED"),
        (Channel.SMS, "no receipt", False, False, "SENT"),
        (Channel.VOICE, "answered", True, True, "SENT"),
        (Channel.VOICE, "busy", False, False, "FAILED"),
        (Channel.VOICE, "unanswered", False, False, "FAILED"),
    ],
)
def test_receipts_tell_what_became_of_it(
    client, vonage, incident, channel, fate, seen, delivered, state
) -> None:
    delivery = sent(incident, channel)
    vonage.fate = fate
    calls = {
        Channel.SMS: {"callback": url("status", delivery), "to": NUMBER[1:]},
        Channel.VOICE: {"event_url": [url("call", delivery)]},
    }
    for callback in vonage.receipts(Accepted("0A1", calls[channel])):
        assert ring(client, callback).status_code == 204
    delivery.refresh_from_db()
    assert (bool(delivery.seen_at), bool(delivery.delivered_at)) == (seen, delivered)
    assert delivery.state == DeliveryState(state)
