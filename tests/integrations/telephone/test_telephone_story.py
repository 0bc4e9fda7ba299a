"""Telephone stories from end to end: the engine pages, the sender sends, a person answers."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core import clock
from incidents import paging
from incidents.models import Incident
from notifications.models import Channel, Delivery, DeliveryAttempt
from tests.fakes.server import Mode
from tests.integrations.telephone.conftest import NUMBER, ORIGIN, entries, phone, ring

pytestmark = pytest.mark.django_db(transaction=True)


def states() -> dict[str, str]:
    rows = Delivery.objects.filter(subject_kind="incident").order_by("id")
    return {row.channel: row.state for row in rows if row.channel != Channel.EMAIL}


@pytest.fixture
def called(alice) -> None:
    for channel in (Channel.SMS, Channel.VOICE):
        phone(alice, verified=clock.now(), channel=channel)


def test_a_key_stops_the_escalation_and_the_receipts_are_kept(
    client, twilio, called, page, send_until: Callable[..., None]
) -> None:
    incident: Incident = page()
    send_until(lambda: states() == {"SMS": "SENT", "VOICE": "SENT"})
    (call,) = [taken for taken in twilio.accepted if taken.sid.startswith("CA")]
    (text,) = [taken for taken in twilio.accepted if taken.sid.startswith("SM")]
    assert f"Reply 1 {incident.pk} = ack" in text.Body
    twilio.fate = "answered"
    for callback in [*twilio.receipts(call), *twilio.receipts(call)]:
        assert ring(client, callback).status_code == 204
    twilio.fate = "late"
    for callback in twilio.receipts(text):
        assert ring(client, callback).status_code == 204
    delivery = Delivery.objects.get(channel=Channel.VOICE)
    ring(client, twilio.key(f"{ORIGIN}/api/inbound/twilio/keys/{delivery.pk}", "4"))
    assert entries(incident) == [("Alice", "voice")]
    paging.advance(clock.now() + timedelta(days=366))
    incident.refresh_from_db()
    assert (incident.status, incident.escalate_at) == ("ACKNOWLEDGED", None)
    assert len(twilio.accepted) == 2


def test_the_second_provider_takes_over_when_the_first_refuses(
    client, twilio, vonage, called, page, send_until: Callable[..., None]
) -> None:
    twilio.mode = Mode.REFUSE
    incident: Incident = page()
    send_until(lambda: states() == {"SMS": "SENT", "VOICE": "SENT"})
    assert twilio.accepted == []
    assert {taken.order.get("to") for taken in vonage.accepted if "text" in taken.order} == {
        NUMBER[1:]
    }
    assert DeliveryAttempt.objects.filter(ok=False, detail__contains="Twilio 20003").count() >= 1
    (text,) = [taken for taken in vonage.accepted if "text" in taken.order]
    vonage.fate = "delivered"
    for callback in vonage.receipts(text):
        assert ring(client, callback).status_code == 204
    assert Delivery.objects.get(channel=Channel.SMS).delivered_at
    message = vonage.text(f"{ORIGIN}/api/inbound/vonage/message", NUMBER, f"1 {incident.pk}")
    assert ring(client, message).status_code == 204
    assert entries(incident) == [("Alice", "sms")]
    twilio.mode = Mode.ACCEPT
    send_until(lambda: not Delivery.objects.filter(subject_kind="reply").exclude(state="SENT"))
    answers = [taken.Body for taken in twilio.accepted]
    answers += [taken.order.get("text", "") for taken in vonage.accepted]
    assert f"OpsKnight\n#{incident.pk} is acknowledged: Checkout is down" in answers


def test_a_bad_number_lets_the_call_go_out_and_blames_no_provider(
    twilio, vonage, called, page, send_until: Callable[..., None]
) -> None:
    twilio.fail = 21211
    page()
    send_until(lambda: set(states().values()) == {"FAILED"})
    assert vonage.calls == []
