"""What comes back through Twilio: receipts, answers, keys. Nothing without its signature."""

from xml.etree import ElementTree

import pytest

from accounts.models import User
from core import clock
from incidents import commands
from incidents.models import Incident
from notifications.channels import sms
from notifications.domain.message import Message
from notifications.models import Channel, ContactMethod, Delivery, DeliveryState
from tests.integrations.telephone.conftest import (
    NUMBER,
    ORIGIN,
    account,
    aloud,
    entries,
    phone,
    ring,
)
from tests.notifications.test_channels import HOSTILE

pytestmark = [pytest.mark.once, pytest.mark.django_db]

WORDS = [text.replace("\ud800", "") for text in HOSTILE]  # no wire carries a lone surrogate
MESSAGE = f"{ORIGIN}/api/inbound/twilio/message"


def sent(incident: Incident, channel: str) -> Delivery:
    """The page of an incident on one channel, as the sender leaves it."""
    row = Delivery.objects.get(subject_kind="incident", subject_id=incident.pk, channel=channel)
    row.state = DeliveryState.SENT
    row.save(update_fields=["state"])
    return row


def text(client, twilio, body: str, sender: str = NUMBER, **more: str) -> str:
    """What a person who writes to our number reads as the answer."""
    answer = ring(client, twilio.text(MESSAGE, sender, body, **more))
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.content).findtext("Message", "")


def spoken(answer) -> str:
    assert answer.status_code == 200
    return " ".join(node.text for node in ElementTree.fromstring(answer.content).iter("Say"))


def status_of(incident: Incident) -> str:
    incident.refresh_from_db()
    return incident.status


@pytest.fixture
def her_phone(alice):
    now = clock.now()
    for channel in (Channel.SMS, Channel.VOICE, Channel.WHATSAPP):
        phone(alice, verified=now, channel=channel)


@pytest.fixture
def asked(page, alice, bob) -> Incident:
    """Bob has it and asks Alice for help."""
    incident = page()
    commands.acknowledge(incident, by=bob.as_actor("web"), now=clock.now())
    ask(incident, alice, bob)
    return incident


def ask(incident: Incident, helper: User, by: User) -> None:
    helpers = commands.Helpers(people=[helper])
    commands.ask(incident, helpers, by=by.as_actor("web"), now=clock.now(), message="Please")


class TestRequestForHelp:
    @pytest.mark.parametrize(
        ("body", "answer"),
        [
            ("yes", "accepted"),
            ("4 {}", "accepted"),
            ("1", "accepted"),
            ("No!", "declined"),
            ("5 #{}", "declined"),
        ],
    )
    def test_a_text_answers_it(self, client, twilio, her_phone, asked, body, answer) -> None:
        page = Delivery.objects.get(channel="SMS", message__kind="request")
        codes = f"Reply 4 {asked.pk} = accept, 5 {asked.pk} = decline"
        assert sms.render(Message.from_json(page.message)).body.endswith(codes)
        said = text(client, twilio, body.format(asked.pk))
        assert said.startswith(f"#{asked.pk} ") and "Bob is told" in said
        assert entries(asked, f"responder_{answer}") == [("Alice", "sms")]
        assert entries(asked) == [("Bob", "web")], "an answer takes nothing away from its owner"
        page.refresh_from_db()
        assert page.seen_at

    def test_among_several_nothing_is_guessed(
        self, client, twilio, her_phone, asked, page, alice, bob
    ) -> None:
        other = page("Search is slow")
        ask(other, alice, bob)
        which = f"and its number: #{other.pk}, #{asked.pk}."
        assert text(client, twilio, "no") == f"Which one? Answer 5 {which}"
        assert text(client, twilio, "yes") == f"Which one? Answer 4 {which}"
        assert not entries(asked, "responder_declined") + entries(other, "responder_accepted")

    def test_whom_nobody_asked_is_told_so_unless_the_network_may_be_meant(
        self, client, twilio, her_phone, page
    ) -> None:
        incident = page()
        assert text(client, twilio, "yes") == ""
        assert "Nothing was changed" in text(client, twilio, "accept")
        assert "Nobody has asked you" in text(client, twilio, f"yes {incident.pk}")


class TestText:
    def test_one_acknowledges_with_one_entry_and_the_page_counts_as_seen(
        self, client, twilio, her_phone, page
    ) -> None:
        incident = page()
        delivery = sent(incident, Channel.SMS)
        said = text(client, twilio, f"1 {incident.pk}")
        assert said == f"#{incident.pk} is acknowledged: Checkout is down"
        assert "already acknowledged by you" in text(client, twilio, f"ack {incident.pk}")
        assert status_of(incident) == "ACKNOWLEDGED"
        assert incident.escalate_at is None
        assert entries(incident) == [("Alice", "sms")]
        delivery.refresh_from_db()
        assert delivery.seen_at

    def test_a_call_that_comes_twice_counts_once(self, client, twilio, her_phone, page) -> None:
        page("first"), page("second")
        callback = twilio.text(MESSAGE, NUMBER, "1")
        assert b"<Message>" in ring(client, callback).content
        assert b"<Message>" not in ring(client, callback).content
        assert Incident.objects.filter(status="OPEN").count() == 1

    def test_a_bare_one_names_what_else_is_open(self, client, twilio, her_phone, page) -> None:
        first, second = page("first"), page("second")
        assert text(client, twilio, " 1 ") == (
            f"#{second.pk} is acknowledged: second Also open: #{first.pk}."
        )
        assert status_of(first) == "OPEN"

    def test_a_bare_two_asks_which_one(self, client, twilio, her_phone, page) -> None:
        first, second = page("first"), page("second")
        assert text(client, twilio, "2").startswith(
            f"Which one? Answer 2 and its number: #{second.pk}"
        )
        assert {status_of(first), status_of(second)} == {"OPEN"}
        assert "is resolved" in text(client, twilio, f"Resolve #{first.pk}.")
        assert entries(first, "resolved") == [("Alice", "sms")]

    def test_whatsapp_is_a_channel_of_its_own(self, client, twilio, her_phone, page) -> None:
        incident = page()
        assert "is acknowledged" in text(client, twilio, "Acknowledge", f"whatsapp:{NUMBER}")
        assert entries(incident) == [("Alice", "whatsapp")]

    @pytest.mark.parametrize("body", ["help", "what?", "12", "1 42 please", "", *WORDS])
    def test_what_is_no_command_changes_nothing_and_explains(
        self, client, twilio, her_phone, page, body
    ) -> None:
        incident = page()
        assert text(client, twilio, body).startswith("OpsKnight: 1 = acknowledge")
        assert status_of(incident) == "OPEN"

    @pytest.mark.parametrize("body", ["STOP", "unsubscribe", "START"])
    def test_words_that_the_network_answers_get_no_second_answer(
        self, client, twilio, her_phone, body
    ) -> None:
        assert text(client, twilio, body) == ""
        assert text(client, twilio, "help", OptOutType="HELP") == ""

    @pytest.mark.parametrize("sender", ["+4915199999999", "Bank", "", "whatsapp:", "+49\x00151"])
    def test_a_stranger_gets_no_answer_and_changes_nothing(
        self, client, twilio, her_phone, page, sender
    ) -> None:
        incident = page()
        assert text(client, twilio, f"1 {incident.pk}", sender) == ""
        assert status_of(incident) == "OPEN"

    def test_a_number_that_was_never_confirmed_is_a_stranger_s(
        self, client, twilio, alice, page
    ) -> None:
        phone(alice)
        incident = page()
        assert text(client, twilio, f"1 {incident.pk}") == ""
        assert status_of(incident) == "OPEN"

    def test_who_writes_without_end_is_not_heard(self, client, twilio, her_phone) -> None:
        said = [text(client, twilio, "1") for _ in range(22)]
        assert "" in said
        assert said[0].startswith("You were paged about nothing")

    def test_an_answer_cannot_carry_markup(self, client, twilio, her_phone, page) -> None:
        title = "</Message><Redirect>http://evil.example/</Redirect>"
        incident = page(title)
        answer = ring(client, twilio.text(MESSAGE, NUMBER, f"1 {incident.pk}"))
        root = ElementTree.fromstring(answer.content)
        assert [node.tag for node in root.iter()] == ["Response", "Message"]
        assert "evil.example" in root.findtext("Message")


class TestKeys:
    def press(self, client, twilio, delivery: Delivery, key: str):
        return ring(client, twilio.key(f"{ORIGIN}/api/inbound/twilio/keys/{delivery.pk}", key))

    def test_four_acknowledges_with_one_entry(self, client, twilio, her_phone, page) -> None:
        incident = page()
        delivery = sent(incident, Channel.VOICE)
        said = spoken(self.press(client, twilio, delivery, "4"))
        assert said == f"Incident {aloud(incident)} is acknowledged: Checkout is down. Goodbye."
        assert "already acknowledged" in spoken(self.press(client, twilio, delivery, "4"))
        assert status_of(incident) == "ACKNOWLEDGED"
        assert entries(incident) == [("Alice", "voice")]
        delivery.refresh_from_db()
        assert delivery.seen_at

    def test_six_resolves(self, client, twilio, her_phone, page) -> None:
        incident = page()
        self.press(client, twilio, sent(incident, Channel.VOICE), "6")
        assert entries(incident, "resolved") == [("Alice", "voice")]

    def test_another_key_says_the_page_again(self, client, twilio, her_phone, page) -> None:
        incident = page()
        answer = self.press(client, twilio, sent(incident, Channel.VOICE), "5")
        assert spoken(answer).startswith("That key has no meaning here. This is OpsKnight.")
        assert (
            ElementTree.fromstring(answer.content)
            .find("Gather")
            .attrib["action"]
            .startswith(f"{ORIGIN}/api/inbound/twilio/keys/")
        )
        assert status_of(incident) == "OPEN"

    def test_a_number_that_was_never_confirmed_changes_nothing(
        self, client, twilio, her_phone, page
    ) -> None:
        incident = page()
        delivery = sent(incident, Channel.VOICE)
        ContactMethod.objects.update(verified_at=None)
        assert "not confirmed" in spoken(self.press(client, twilio, delivery, "4"))
        assert status_of(incident) == "OPEN"

    def test_a_key_for_another_channel_s_page_changes_nothing(
        self, client, twilio, her_phone, page
    ) -> None:
        incident = page()
        answer = self.press(client, twilio, sent(incident, Channel.SMS), "4")
        assert "This call is over" in spoken(answer)
        assert status_of(incident) == "OPEN"

    def test_a_recording_of_an_old_call_changes_nothing(
        self, client, twilio, her_phone, page, data_dir
    ) -> None:
        incident = page()
        delivery = sent(incident, Channel.VOICE)
        (data_dir / clock.OFFSET_FILE).write_text("7200")
        assert "This call is over" in spoken(self.press(client, twilio, delivery, "4"))
        assert status_of(incident) == "OPEN"


class TestReceipts:
    @pytest.fixture
    def delivery(self, her_phone, page) -> Delivery:
        row = sent(page(), Channel.SMS)
        Delivery.objects.filter(pk=row.pk).update(reference="SM1")
        return row

    def report(self, client, twilio, delivery: Delivery, *states: str, sid: str = "SM1", **more):
        url = f"{ORIGIN}/api/inbound/twilio/status/{delivery.pk}"
        for state in states:
            form = {"MessageSid": sid, "MessageStatus": state, **more}
            assert ring(client, twilio.signed(url, form)).status_code == 204
        delivery.refresh_from_db()
        return delivery

    def test_delivered_and_read_are_noted(self, client, twilio, delivery) -> None:
        assert self.report(client, twilio, delivery, "queued", "sent").delivered_at is None
        assert self.report(client, twilio, delivery, "delivered", "delivered").delivered_at
        assert delivery.seen_at is None
        assert self.report(client, twilio, delivery, "read").seen_at

    def test_undelivered_fails_the_delivery_with_the_code(self, client, twilio, delivery) -> None:
        self.report(client, twilio, delivery, "undelivered", "undelivered", ErrorCode="30005")
        assert delivery.state == DeliveryState.FAILED
        assert "30005: the number is unknown" in delivery.reason

    def test_a_late_bad_receipt_does_not_undo_a_good_one(self, client, twilio, delivery) -> None:
        self.report(client, twilio, delivery, "delivered", "undelivered")
        assert delivery.state == DeliveryState.SENT

    def test_the_end_of_an_earlier_copy_is_not_the_end(self, client, twilio, delivery) -> None:
        self.report(client, twilio, delivery, "undelivered", sid="SM0", ErrorCode="30003")
        assert delivery.state == DeliveryState.SENT

    def test_a_receipt_for_nothing_is_harmless(self, client, twilio, delivery) -> None:
        delivery.pk, gone = 999_999, twilio.signed
        url = f"{ORIGIN}/api/inbound/twilio/status/999999"
        answer = ring(client, gone(url, {"MessageStatus": "delivered"}))
        assert answer.status_code == 204

    @pytest.mark.parametrize(
        ("form", "seen", "state"),
        [
            ({"CallStatus": "in-progress"}, True, "SENT"),
            ({"CallStatus": "completed", "AnsweredBy": "human"}, True, "SENT"),
            ({"CallStatus": "completed", "AnsweredBy": "machine_start"}, False, "SENT"),
            ({"CallStatus": "ringing"}, False, "SENT"),
            ({"CallStatus": "no-answer"}, False, "FAILED"),
            ({"CallStatus": "busy"}, False, "FAILED"),
        ],
    )
    def test_an_answered_call_was_seen(
        self, client, twilio, her_phone, page, form, seen, state
    ) -> None:
        row = sent(page(), Channel.VOICE)
        url = f"{ORIGIN}/api/inbound/twilio/call/{row.pk}"
        assert ring(client, twilio.signed(url, form)).status_code == 204
        row.refresh_from_db()
        assert (bool(row.seen_at), row.state) == (seen, state)


@pytest.mark.once
class TestSignature:
    DOORS = ("message", "status/1", "call/1", "keys/1")

    @pytest.mark.parametrize("door", DOORS)
    @pytest.mark.parametrize(
        "signature", ["", "bm9uc2Vuc2U=", "ünïcödé".encode().decode("latin-1")]
    )
    def test_nothing_is_believed_without_it(self, client, twilio, door, signature) -> None:
        url, form, _ = twilio.signed(f"{ORIGIN}/api/inbound/twilio/{door}", {"Body": "1"})
        answer = ring(client, (url, form, {"X-Twilio-Signature": signature} if signature else {}))
        assert answer.status_code == 403
        assert answer.json() == {"error": "Forbidden"}

    def test_it_covers_the_address_and_every_field(self, client, twilio, her_phone, page) -> None:
        incident = page()
        delivery = sent(incident, Channel.VOICE)
        url, form, headers = twilio.key(f"{ORIGIN}/api/inbound/twilio/keys/{delivery.pk}", "5")
        assert ring(client, (url, {**form, "Digits": "4"}, headers)).status_code == 403
        other = url.replace(f"/keys/{delivery.pk}", f"/keys/{delivery.pk + 1}")
        assert ring(client, (other, form, headers)).status_code == 403
        assert status_of(incident) == "OPEN"

    def test_another_account_s_token_proves_nothing(self, client, twilio) -> None:
        twilio.token = "somebody-else-s"
        assert ring(client, twilio.text(MESSAGE, NUMBER, "1")).status_code == 403

    def test_an_account_without_token_proves_nothing(self, client, twilio) -> None:
        account("twilio", {"account_sid": "AC2"})
        twilio.sid, twilio.token = "AC2", ""
        assert ring(client, twilio.text(MESSAGE, NUMBER, "1")).status_code == 403

    def test_a_switched_off_account_is_still_heard(self, client, twilio, her_phone, page) -> None:
        incident = page()
        account("twilio", {}).__class__.objects.update(enabled=False)
        assert "is acknowledged" in text(client, twilio, f"1 {incident.pk}")

    def test_a_flood_of_forged_calls_is_cut_off(self, client, twilio) -> None:
        forged = (MESSAGE, {"AccountSid": "AC0"}, {})
        # Twice the limit: the minute may end meanwhile.
        answers = {ring(client, forged).status_code for _ in range(122)}
        assert answers == {403, 429}

    def test_get_and_large_bodies_are_refused(self, client, twilio) -> None:
        assert client.get("/api/inbound/twilio/message").status_code == 405
        large = (MESSAGE, {"Body": "x" * 70_000}, {})
        assert ring(client, large).status_code == 413
