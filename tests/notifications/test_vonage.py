"""What Vonage is asked for, and what each of its answers means for the page."""

from collections.abc import Iterator

import pytest

from notifications.channels import sms, voice
from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.commands import callbacks
from notifications.providers import jwt
from tests.fakes.server import Mode
from tests.fakes.vonage import FakeVonage, private_key
from tests.notifications.test_telephone import page
from tests.notifications.test_twilio import NUMBER, ORIGIN


@pytest.fixture
def vonage(settings) -> Iterator[FakeVonage]:
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    with FakeVonage() as fake:
        yield fake


def send(vonage: FakeVonage, channel=sms, title: str = "Checkout is down", **more: str) -> Sent:
    origin = more.pop("origin", ORIGIN)
    account = Account("vonage", "prov_2", {**vonage.fields, **more})
    return channel.send(
        channel.render(page(title)), Outgoing(7, NUMBER, account=account, origin=origin)
    )


def refusal(vonage: FakeVonage, channel=sms, **more: str) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        send(vonage, channel, **more)
    assert vonage.fields["api_secret"] not in caught.value.reason
    return caught.value


def test_a_text_goes_out_with_a_receipt_address_that_names_the_delivery(vonage) -> None:
    sent = send(vonage)
    (taken,) = vonage.accepted
    assert vonage.calls[0].path == "/sms/json"
    assert (taken.order["to"], taken.order["from"]) == (NUMBER[1:], "447700900000")
    assert (taken.order["text"], taken.order["type"]) == (sms.render(page()).body, "text")
    head, _, token = taken.order["callback"].rpartition("/")
    assert head == f"{ORIGIN}/api/inbound/vonage/status"
    assert callbacks.delivery_of(token) == 7
    assert callbacks.delivery_of(token[:-1] + "x") is None
    assert sent == Sent("accepted by Vonage", taken.id)


def test_other_letters_are_sent_as_unicode(vonage: FakeVonage) -> None:
    send(vonage, title="Кассы не работают")
    assert vonage.accepted[0].order["type"] == "unicode"


@pytest.mark.parametrize("more", [{"origin": ""}, {"signature_secret": ""}, {"from_number": "Ops"}])
def test_no_codes_are_offered_when_no_answer_would_be_believed(vonage, more) -> None:
    send(vonage, **more)
    assert vonage.accepted[0].order["text"] == sms.render(page()).mute


def test_a_call_carries_its_words_and_a_token_that_vonage_accepts(vonage) -> None:
    sent = send(vonage, voice)
    (taken,) = vonage.accepted
    talk, ask = taken.order["ncco"]
    assert talk["text"].startswith("This is OpsKnight. High urgency incident 42.")
    assert ask["eventUrl"][0].startswith(f"{ORIGIN}/api/inbound/vonage/keys/")
    assert taken.order["event_url"][0].startswith(f"{ORIGIN}/api/inbound/vonage/call/")
    assert sent.reference == taken.id


def test_a_call_whose_keys_nobody_could_prove_only_speaks(vonage: FakeVonage) -> None:
    send(vonage, voice, signature_secret="", machine_detection="on")
    (taken,) = vonage.accepted
    assert [part["action"] for part in taken.order["ncco"]] == ["talk"]
    assert "event_url" not in taken.order
    assert taken.order["machine_detection"] == "continue"


@pytest.mark.parametrize(
    ("code", "permanent", "provider_fault"),
    [
        ("6", True, False),
        ("7", True, False),
        ("4", True, True),
        ("9", True, True),
        ("15", True, True),
        ("77", True, True),
        ("1", False, True),
        ("5", False, True),
    ],
)
def test_who_is_to_blame_for_a_refusal(vonage, code, permanent, provider_fault) -> None:
    vonage.fail = code
    error = refusal(vonage)
    assert (error.permanent, error.provider_fault) == (permanent, provider_fault)
    assert error.reason.startswith(f"Vonage {code}: ")


def test_wrong_credentials_are_the_account_s_fault(vonage: FakeVonage) -> None:
    assert refusal(vonage, api_secret="wrong").provider_fault is True
    error = refusal(vonage, voice, application_id="someone-else")
    assert (error.permanent, error.provider_fault) == (True, True)


@pytest.mark.parametrize(
    "missing", [{"application_id": ""}, {"private_key": "no key"}, {"from_number": "OpsKnight"}]
)
def test_a_call_from_an_incomplete_account_lets_the_next_one_try(vonage, missing) -> None:
    error = refusal(vonage, voice, **missing)
    assert (error.permanent, error.provider_fault) == (True, True)
    assert vonage.calls == []


@pytest.mark.parametrize("mode", [Mode.BUSY, Mode.BROKEN, Mode.DROP])
@pytest.mark.parametrize("channel", [sms, voice])
def test_trouble_on_the_way_is_tried_again(vonage, mode, channel) -> None:
    vonage.mode = mode
    error = refusal(vonage, channel)
    assert (error.permanent, error.provider_fault) == (False, True)


def test_a_key_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 any
        jwt.rs256({}, "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----")
    assert private_key().key_size == 2048
