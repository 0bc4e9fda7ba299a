"""What Twilio is asked for, and what each of its answers means for the page."""

import json
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from notifications.channels import sms, voice, whatsapp
from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from tests.fakes.server import Mode
from tests.fakes.twilio import SID, FakeTwilio
from tests.notifications.test_telephone import ACK, page

ORIGIN = "https://pager.example.com"
NUMBER = "+4915123456789"


@pytest.fixture
def twilio(settings) -> Iterator[FakeTwilio]:
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    with FakeTwilio() as fake:
        yield fake


def send(twilio: FakeTwilio, channel=sms, origin: str = ORIGIN, **fields: str) -> Sent:
    account = Account("twilio", "prov_1", {**twilio.fields, **fields})
    outgoing = Outgoing(7, NUMBER, account=account, origin=origin)
    return channel.send(channel.render(page()), outgoing)


def refusal(twilio: FakeTwilio, channel=sms, **fields: str) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        send(twilio, channel, **fields)
    assert twilio.token not in str(caught.value)
    assert NUMBER not in caught.value.reason
    return caught.value


def test_a_text_goes_out_with_number_body_and_receipts(twilio: FakeTwilio) -> None:
    sent = send(twilio)
    (call,) = twilio.calls
    assert call.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert call.form == {
        "To": NUMBER,
        "From": "+15005550006",
        "Body": sms.render(page()).body,
        "StatusCallback": f"{ORIGIN}/api/inbound/twilio/status/7",
    }
    assert sent == Sent("accepted by Twilio", twilio.accepted[0].sid)


def test_a_messaging_service_takes_the_place_of_the_number(twilio: FakeTwilio) -> None:
    send(twilio, messaging_service_sid="MG1")
    assert twilio.accepted[0].form.keys() >= {"MessagingServiceSid"}
    assert twilio.accepted[0].From == ""


@pytest.mark.parametrize("more", [{"origin": ""}, {"from_number": "OpsKnight"}])
def test_no_codes_are_offered_when_nobody_would_hear_the_answer(twilio, more) -> None:
    send(twilio, **more)
    assert twilio.accepted[0].Body == sms.render(page()).mute


def test_a_call_carries_its_words_and_asks_for_a_key(twilio: FakeTwilio) -> None:
    sent = send(twilio, voice)
    (call,) = twilio.accepted
    assert twilio.calls[0].path.endswith("/Calls.json")
    assert (call.To, call.From) == (NUMBER, "+15005550006")
    gather = ElementTree.fromstring(call.Twiml).find("Gather")
    assert gather.attrib["action"] == f"{ORIGIN}/api/inbound/twilio/keys/7"
    assert call.StatusCallback == f"{ORIGIN}/api/inbound/twilio/call/7"
    assert call.form["StatusCallbackEvent"] == ["answered", "completed"]
    assert "MachineDetection" not in call.form
    assert sent.reference == call.sid


def test_a_call_without_an_address_of_ours_still_speaks(twilio: FakeTwilio) -> None:
    send(twilio, voice, origin="", machine_detection="on")
    (call,) = twilio.accepted
    assert "StatusCallback" not in call.form
    assert call.MachineDetection == "Enable"
    assert "Checkout is down" in call.Twiml


def test_whatsapp_sends_the_template_with_its_variables(twilio: FakeTwilio) -> None:
    send(twilio, whatsapp)
    (taken,) = twilio.accepted
    assert (taken.To, taken.From) == (f"whatsapp:{NUMBER}", "whatsapp:+15005550009")
    assert taken.ContentSid == twilio.fields["whatsapp_content_sid"]
    assert json.loads(taken.ContentVariables)["4"] == ACK
    assert "Body" not in taken.form


@pytest.mark.parametrize(
    ("code", "permanent", "provider_fault"),
    [
        (21211, True, False),
        (21610, True, False),
        (21614, True, False),
        (63003, True, False),
        (20003, True, True),
        (21212, True, True),
        (21408, True, True),
        (21660, True, True),
        (63016, True, True),
        (99999, True, True),
        (30001, False, True),
        (20429, False, True),
    ],
)
def test_who_is_to_blame_for_a_refusal(twilio, code, permanent, provider_fault) -> None:
    twilio.fail = code
    error = refusal(twilio)
    assert (error.permanent, error.provider_fault) == (permanent, provider_fault)
    assert error.reason.startswith(f"Twilio {code}: ")
    assert len(error.reason) < 100


def test_wrong_credentials_are_the_account_s_fault(twilio: FakeTwilio) -> None:
    error = refusal(twilio, auth_token="wrong")
    assert (error.permanent, error.provider_fault) == (True, True)
    assert "auth token" in error.reason


@pytest.mark.parametrize(
    ("channel", "missing"),
    [
        (sms, {"from_number": ""}),
        (voice, {"from_number": "OpsKnight"}),
        (whatsapp, {"whatsapp_content_sid": ""}),
        (whatsapp, {"whatsapp_from": ""}),
    ],
)
def test_an_incomplete_account_lets_the_next_one_try(twilio, channel, missing) -> None:
    error = refusal(twilio, channel, **missing)
    assert (error.permanent, error.provider_fault) == (True, True)
    assert twilio.calls == []


def test_a_busy_api_is_asked_again_when_it_wishes(twilio: FakeTwilio) -> None:
    twilio.mode = Mode.BUSY
    error = refusal(twilio)
    assert (error.permanent, error.provider_fault, error.retry_after) == (False, True, 30)


@pytest.mark.parametrize("mode", [Mode.BROKEN, Mode.DROP])
def test_trouble_on_the_way_is_tried_again(twilio: FakeTwilio, mode: Mode) -> None:
    twilio.mode = mode
    error = refusal(twilio)
    assert (error.permanent, error.provider_fault) == (False, True)
    assert error.maybe_sent is (mode == Mode.DROP)


def test_a_closed_port_is_tried_again_and_nothing_was_sent(twilio: FakeTwilio) -> None:
    twilio.close()
    error = refusal(twilio)
    assert (error.permanent, error.provider_fault, error.maybe_sent) == (False, True, False)


def test_an_api_that_hangs_holds_a_page_for_one_attempt_only(twilio, monkeypatch) -> None:
    monkeypatch.setattr(
        "notifications.providers.calls.call.__kwdefaults__",
        {
            "headers": None,
            "content": b"",
            "seconds": 0.3,
        },
    )
    twilio.mode = Mode.HANG
    error = refusal(twilio)
    assert (error.permanent, error.maybe_sent) == (False, True)


@pytest.mark.parametrize("channel", [sms, voice, whatsapp])
def test_without_an_account_nothing_is_pretended(channel) -> None:
    with pytest.raises(ChannelError, match="no provider is set up"):
        channel.send(channel.render(page()), Outgoing(7, NUMBER))
    assert channel.provider(NUMBER) == ""
