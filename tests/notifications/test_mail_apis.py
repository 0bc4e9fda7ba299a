"""Mail by API and by several servers: the same page at each service, and what a failure means."""

from collections.abc import Iterator
from typing import Any

import pytest

from notifications import links
from notifications.channels import email
from notifications.channels.base import Account, ChannelError, MailSettings, Outgoing, Sent
from notifications.domain.message import Action, Message
from notifications.providers import aws
from tests.fakes.mail_apis import FAKES, SENDER
from tests.fakes.server import Mode
from tests.notifications.test_channels import HOSTILE, words
from tests.phones import Mode as PhoneMode
from tests.phones import Phones

PAGE = Message(
    "page",
    "7",
    "#7 Checkout is down",
    facts=(("Service", "Payment & Co"),),
    actions=(Action("Acknowledge", "https://pager.example.com/a/t0ken/"),),
    urgency="HIGH",
    tag="HIGH",
)


@pytest.fixture(autouse=True)
def _reachable(settings: Any) -> None:
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)


@pytest.fixture(params=sorted(FAKES))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def vendor(kind: str) -> Iterator[Any]:
    with FAKES[kind]() as fake:
        yield fake


def deliver(
    kind: str, fields: dict[str, str], message: Message = PAGE, domain: str = "", **more: Any
) -> Sent:
    outgoing = Outgoing(
        42,
        more.pop("address", "alice@example.com"),
        subject_kind="incident",
        subject_id=7,
        mail=MailSettings(reply_domain=domain),
        account=Account(kind, "prv_1", fields),
    )
    return email.send(email.render(message), outgoing)


def test_the_page_arrives_whole_and_can_be_followed(kind: str, vendor: Any):
    sent = deliver(kind, vendor.account())
    (mail,) = vendor.mails
    assert (mail["to"], mail["subject"]) == ("alice@example.com", "[HIGH] #7 Checkout is down")
    assert "Service: Payment & Co" in mail["text"]
    assert "Payment &amp; Co" in mail["html"] and "/a/t0ken/" in mail["html"]
    assert mail["delivery"] == "42"
    told = {name: mail["headers"].get(name) for name in ("Auto-Submitted", "Importance")}
    assert told == {"Auto-Submitted": "auto-generated", "Importance": "high"}
    assert mail["reply_to"] == ""
    assert sent.reference or kind == "sendgrid"


def test_an_answer_goes_to_an_address_that_names_the_page(kind: str, vendor: Any):
    deliver(kind, vendor.account(), domain="answers.example.com")
    (mail,) = vendor.mails
    address = links.reply_address(42, "alice@example.com", "answers.example.com")
    assert mail["reply_to"] == address
    assert email.HINTS["page"] in mail["text"] and email.HINTS["page"] in mail["html"]


@pytest.mark.parametrize(
    ("mode", "permanent", "wait"),
    [
        (Mode.REFUSE, True, None),
        (Mode.BROKEN, False, None),
        (Mode.BUSY, False, 30),
        (Mode.DROP, False, None),
    ],
)
def test_a_failure_of_the_service_is_the_services(
    kind: str, vendor: Any, mode: Mode, permanent: bool, wait: float | None
):
    vendor.mode = mode
    with pytest.raises(ChannelError) as raised:
        deliver(kind, vendor.account())
    error = raised.value
    assert (error.permanent, error.provider_fault, error.retry_after) == (permanent, True, wait)
    assert not any(secret in error.reason for secret in vendor.account().values())


# Amazon SES takes every address and tells of a bounce later.
@pytest.mark.parametrize("kind", sorted(FAKES.keys() - {"ses"}))
def test_a_bad_address_is_not_the_services_fault(kind: str, vendor: Any):
    vendor.bad_addresses.add("nobody@example.com")
    with pytest.raises(ChannelError) as raised:
        deliver(kind, vendor.account(), address="nobody@example.com")
    assert raised.value.permanent and not raised.value.provider_fault


def test_hostile_texts_stay_texts(kind: str, vendor: Any):
    for text in HOSTILE:
        deliver(kind, vendor.account(), words(text), domain="answers.example.com")
    assert len(vendor.mails) == len(HOSTILE)
    for mail in vendor.mails:
        assert "\n" not in mail["subject"] and "<script>" not in mail["html"]
        assert "Bcc" not in mail["headers"]
        assert mail["html"].count(email.HINTS["page"]) == 1


def test_the_signature_is_the_one_of_the_published_example():
    """The signing key that AWS derives in its guide to Signature Version 4."""
    credentials = aws.Credentials("AK", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1")
    key = aws._key(credentials, "20120215", "iam")
    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


class TestServers:
    def account(self, phones: Phones, **more: str) -> dict[str, str]:
        fields = {"host": "127.0.0.1", "port": str(phones.mail.port), "security": "none"}
        return {**fields, "from": SENDER, **more}

    def test_a_mail_leaves_by_its_own_server_and_sender(self, phones: Phones):
        deliver("mail_smtp", self.account(phones), domain="answers.example.com")
        (mail,) = phones.mails
        assert mail.sender == "pager@example.org"
        assert str(mail.message["Reply-To"]).startswith("reply+42.")
        assert email.HINTS["page"] in mail.text

    def test_a_refused_recipient_is_not_the_servers_fault(self, phones: Phones):
        phones.mail.mode = PhoneMode.PERMANENT
        with pytest.raises(ChannelError) as raised:
            deliver("mail_smtp", self.account(phones))
        assert raised.value.permanent and not raised.value.provider_fault

    def test_a_sign_in_that_fails_is(self, phones: Phones):
        with pytest.raises(ChannelError) as raised:
            deliver("mail_smtp", self.account(phones, user="me", password="p@ss:w/rd"))
        assert raised.value.permanent and raised.value.provider_fault
