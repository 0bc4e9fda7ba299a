"""Receipts of mail services and answers by mail: who is believed, and what then happens."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from core import clock, config, egress
from incidents import commands
from integrations.domain.mail_answer import MailAnswer, verb_of
from integrations.replies.mail import ses
from notifications.channels import email
from notifications.commands import drills
from notifications.models import Delivery
from tests.fakes.mail_apis import FAKES
from tests.integrations.replies.conftest import doors, status

pytestmark = [pytest.mark.once, pytest.mark.django_db]
ALICE = "alice@example.com"
SIGNED = sorted(FAKES.keys() - {"ses"})


@pytest.fixture(params=SIGNED)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def vendor(kind: str) -> Iterator[Any]:
    with FAKES[kind]() as fake:
        yield fake


@pytest.fixture
def account(reach, vendor, kind, monkeypatch):
    monkeypatch.setenv("OPSKNIGHT_REPLY_DOMAIN", "answers.example.com")
    return reach("EMAIL", ALICE, vendor, kind)


@pytest.fixture
def tell(post, account):
    """Brings (body, headers) to the door of receipts; gives the status of the answer."""

    def call(webhook) -> int:
        body, headers = webhook
        named = {name.replace("-", "_"): value for name, value in headers.items()}
        return post(f"/api/inbound/mail/{account.public_id}/events", body, **named).status_code

    return call


def delivery() -> Delivery:
    return Delivery.objects.get(channel="EMAIL", subject_kind="incident")


def test_a_delivered_page_is_known_to_be(vendor, tell, page):
    page()
    assert tell(vendor.event(delivery().pk, "delivered")) == 200
    assert delivery().delivered_at and not delivery().seen_at


def test_a_bounce_fails_the_page_and_says_why(vendor, tell, page):
    page()
    assert tell(vendor.event(delivery().pk, "bounced")) == 200
    assert delivery().state == "FAILED"
    assert "not delivered" in delivery().reason


def test_that_a_mail_was_opened_proves_nothing(vendor, tell, page):
    page()
    assert tell(vendor.event(delivery().pk, "opened")) == 200
    assert not delivery().seen_at and not delivery().delivered_at


@pytest.mark.once
def test_a_receipt_that_is_not_proven_changes_nothing(vendor, tell, page):
    page()
    body, headers = vendor.event(delivery().pk, "bounced")
    forged = body.replace(b'"signature": "', b'"signature": "0')  # where it stands in the body
    assert tell((forged, {})) == tell((forged, dict.fromkeys(headers, "1"))) == 403
    assert delivery().state == "SENT"


@pytest.mark.once
@pytest.mark.parametrize("kind", ["sendgrid", "resend", "mailgun"])
def test_an_old_signature_is_refused(vendor, tell, page, data_dir):
    page()
    webhook = vendor.event(delivery().pk, "bounced")
    (data_dir / "clock_offset").write_text(str(25 * 3600))
    assert tell(webhook) == 403


@pytest.mark.parametrize("kind", ["sendgrid"])
def test_an_account_only_tells_of_its_own_mails(vendor, tell, page):
    page()
    Delivery.objects.filter(channel="EMAIL").update(provider="prv_other")
    Delivery.objects.get(channel="EMAIL").tries.update(account="prv_other")
    assert tell(vendor.event(delivery().pk, "bounced")) == 200
    assert delivery().state == "SENT"


def shapes(kind: str, vendor: Any, to: str, text: str, sender: str, header: str) -> dict[str, Any]:
    """One mail as the services bring it: arguments of the test client's `post`."""
    name, _, value = header.partition(": ")
    if kind == "postmark":
        body = {
            "FromFull": {"Email": sender},
            "OriginalRecipient": to,
            "TextBody": text,
            "Headers": [{"Name": name, "Value": value}],
        }
        word = base64.b64encode(b"x:postmark-word").decode()
        headers = {"Authorization": f"Basic {word}"}
        return {"data": json.dumps(body), "content_type": "application/json", "headers": headers}
    if kind == "mailgun":
        form = {"recipient": to, "from": f"Alice <{sender}>", "body-plain": text, **vendor.sign()}
        form["message-headers"] = json.dumps([[name, value]])
        return {"data": urlencode(form), "content_type": "application/x-www-form-urlencoded"}
    word = base64.b64encode(b"x:parse-word").decode()
    form = {"envelope": json.dumps({"to": [to]}), "from": sender, "text": text, "headers": header}
    return {"data": form, "headers": {"Authorization": f"Basic {word}"}}


@pytest.fixture
def answer(client, account, vendor, kind):
    def bring(to: str, text: str, sender: str = ALICE, header: str = "X-A: b", **more: Any) -> int:
        call = shapes(kind, vendor, to, text, sender, header) | more
        path = f"/api/inbound/mail/{account.public_id}/answers"
        return client.post(path, **call).status_code

    return bring


ANSWERING = pytest.mark.parametrize("kind", ["mailgun", "postmark", "sendgrid"])


@ANSWERING
def test_an_answer_acknowledges_and_says_so(vendor, answer, page, send):
    incident = page()
    to = vendor.mails[0]["reply_to"]
    assert answer(to, "\n Ack\n\n> [HIGH] Checkout is down\n", sender="Alice@Example.com") == 200
    assert status(incident) == ("ACKNOWLEDGED", False)
    assert doors(incident) == [("Alice", "reply")]
    assert delivery().seen_at
    send()
    assert "is acknowledged" in vendor.mails[1]["text"]
    assert vendor.mails[1]["reply_to"] == ""
    assert answer(to, "resolved") == 200
    assert status(incident) == ("RESOLVED", False)


class TestOtherThanPages:
    @pytest.fixture
    def kind(self) -> str:
        return "postmark"

    @pytest.mark.parametrize(("text", "event"), [("Yes.", "accepted"), ("decline", "declined")])
    def test_a_request_for_help_is_answered(
        self, vendor, answer, page, send, alice, bob, text, event
    ):
        incident = page()
        helpers = commands.Helpers(people=[alice])
        commands.ask(incident, helpers, by=bob.as_actor("web"), now=clock.now(), message="Please")
        send()
        *_, mail = vendor.mails
        assert email.HINTS["request"] in mail["text"]
        answer(mail["reply_to"], "I am at the dentist")
        answer(mail["reply_to"], text)
        assert doors(incident, f"responder_{event}") == [("Alice", "reply")]
        send()
        said = "".join(one["text"] for one in vendor.mails[2:])
        assert "must be “accept” or “decline”" in said and "Bob is told" in said

    def test_a_test_page_is_confirmed(self, vendor, answer, send, alice):
        drill = drills.start_drill(alice, by=alice.as_actor("web"), now=clock.now())
        send()
        (mail,) = vendor.mails
        assert email.HINTS["drill"] in mail["text"]
        answer(mail["reply_to"], "Who are you?")
        drill.refresh_from_db()
        assert drill.answered_at is None
        answer(mail["reply_to"], "Arrived\n> Test page")
        drill.refresh_from_db()
        assert drill.answered_at and drill.concluded_at
        send()
        said = sorted("Thank you" in one["text"] for one in vendor.mails[1:])
        assert said == [False, True], "what is understood, and that it arrived"


@ANSWERING
def test_only_who_got_the_page_can_answer_it(vendor, answer, page, bob):
    incident = page()
    to = vendor.mails[0]["reply_to"]
    forged = to.replace("reply+", "reply+1")
    assert {answer(to, "ack", sender=bob.email), answer(forged, "ack")} == {200}
    assert answer("reply+1@x", "ack") == answer("", "ack") == 200
    assert status(incident) == ("OPEN", True)


@ANSWERING
@pytest.mark.parametrize(
    "header", ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes"]
)
def test_a_vacation_note_decides_nothing(vendor, answer, page, header):
    incident = page()
    answer(vendor.mails[0]["reply_to"], "ack", header=header)
    assert status(incident) == ("OPEN", True)
    assert Delivery.objects.filter(subject_kind="mail-answer").count() == 0


@pytest.mark.once
@ANSWERING
def test_without_the_password_or_signature_nothing_is_read(vendor, answer, page, kind):
    incident = page()
    wrong = {"headers": {"Authorization": "Basic " + base64.b64encode(b"x:wrong").decode()}}
    if kind == "mailgun":
        wrong = {"data": "recipient=x", "content_type": "application/x-www-form-urlencoded"}
    assert answer(vendor.mails[0]["reply_to"], "ack", **wrong) == 403
    assert status(incident) == ("OPEN", True)


class TestOwnServer:
    @pytest.fixture
    def kind(self) -> str:
        return "sendgrid"

    @pytest.fixture
    def hand_over(self, client, account, monkeypatch):
        monkeypatch.setenv("OPSKNIGHT_REPLY_SECRET", "hand-over")
        config.forget()

        def bring(raw: bytes, secret: str = "hand-over", **headers: str) -> int:
            told = {"Authorization": f"Bearer {secret}", **headers}
            call = {"data": raw, "content_type": "message/rfc822", "headers": told}
            return client.post("/api/inbound/mail/raw", **call).status_code

        return bring

    def mime(self, to: str, body: str = "ack") -> bytes:
        head = f"From: Alice <{ALICE}>\r\nTo: Pager <{to}>\r\nSubject: Re: down\r\n"
        return f"{head}Content-Type: text/plain; charset=no-such\r\n\r\n{body}\r\n".encode()

    def test_a_whole_mail_acts(self, vendor, hand_over, page):
        incident = page()
        to = vendor.mails[0]["reply_to"]
        assert hand_over(self.mime("somebody@x"), **{"X-Recipient": to}) == 200
        assert status(incident) == ("ACKNOWLEDGED", False)

    def test_the_recipient_may_stand_in_the_mail(self, vendor, hand_over, page):
        incident = page()
        hand_over(self.mime(vendor.mails[0]["reply_to"], "Resolve!"))
        assert status(incident) == ("RESOLVED", False)

    @pytest.mark.parametrize("secret", ["", "wrong"])
    def test_a_wrong_password_is_refused(self, hand_over, secret):
        assert hand_over(b"From: x\n\nack", secret) == 403

    def test_without_a_password_the_door_is_shut(self, client, db):
        assert client.post("/api/inbound/mail/raw", b"", "message/rfc822").status_code == 403

    def test_a_question_is_answered_with_what_is_understood(self, vendor, hand_over, page, send):
        incident = page()
        raw = self.mime(vendor.mails[0]["reply_to"], "What is this?")
        assert [hand_over(raw), hand_over(raw)] == [200, 200]
        send()
        assert len(vendor.mails) == 2 and "not understood" in vendor.mails[1]["text"]
        assert status(incident) == ("OPEN", True)


class TestAmazon:
    @pytest.fixture
    def kind(self) -> str:
        return "ses"

    @pytest.fixture
    def signer(self, monkeypatch) -> rsa.RSAPrivateKey:
        """The key of a certificate that stands where Amazon's would."""
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(1))
        pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        self.asked: list[str] = []

        def fetched(method: str, url: str, **_: Any) -> egress.Response:
            self.asked.append(url)
            return egress.Response(200, {}, pem, False, 1)

        ses.public_key.cache_clear()
        monkeypatch.setattr(ses.egress, "request", fetched)
        return key

    def note(self, signer: rsa.RSAPrivateKey, message: Any, **more: str) -> bytes:
        note = {
            "Type": "Notification",
            "MessageId": "m1",
            "TopicArn": "arn:aws:sns:eu-central-1:1:mail",
            "Message": json.dumps(message),
            "Timestamp": "2026-11-21T09:00:00.000Z",
            "SignatureVersion": "2",
            "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/key.pem",
            **more,
        }
        names = [name for name in ses.SIGNED[note["Type"]] if name in note]
        signed = "".join(f"{name}\n{note[name]}\n" for name in names).encode()
        signature = signer.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return json.dumps({**note, "Signature": base64.b64encode(signature).decode()}).encode()

    def bounce(self, number: int, kind: str = "Permanent") -> dict[str, Any]:
        bounced = [{"emailAddress": ALICE, "diagnosticCode": "550 5.1.1 user unknown"}]
        mail = {"tags": {"opsknight_delivery": [str(number)]}}
        bounce = {"bounceType": kind, "bouncedRecipients": bounced}
        return {"eventType": "Bounce", "mail": mail, "bounce": bounce}

    def test_a_signed_bounce_counts_and_a_transient_one_does_not(self, tell, page, signer, sent):
        number = sent(page)
        assert tell((self.note(signer, self.bounce(number, "Transient")), {})) == 200
        assert delivery().state == "SENT"
        assert tell((self.note(signer, self.bounce(number)), {})) == 200
        assert delivery().state == "FAILED" and "user unknown" in delivery().reason

    def test_another_topic_or_certificate_is_refused(self, tell, page, signer, sent):
        bounce = self.bounce(sent(page))
        other = self.note(signer, bounce, TopicArn="arn:aws:sns:eu-central-1:2:evil")
        certificate = self.note(signer, bounce, SigningCertURL="https://evil.example.com/k.pem")
        trick = self.note(
            signer, bounce, SigningCertURL="https://sns.x.amazonaws.com@evil.io/k.pem"
        )
        changed = self.note(signer, bounce).replace(b"m1", b"m2")
        assert {tell((body, {})) for body in (other, certificate, trick, changed)} == {403}
        assert delivery().state == "SENT"

    def test_the_subscription_is_confirmed_at_amazon_only(self, tell, page, signer, sent):
        sent(page)
        asked = {"Type": "SubscriptionConfirmation", "Token": "t"}
        url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"
        assert tell((self.note(signer, {}, SubscribeURL=url, **asked), {})) == 200
        assert self.asked[-1] == url
        evil = self.note(signer, {}, SubscribeURL="https://evil.example.com/", **asked)
        assert tell((evil, {})) == 502

    def test_a_mail_that_ses_received_acts(self, vendor, tell, page, signer, sent):
        sent(page)
        mime = TestOwnServer().mime(vendor.mails[0]["reply_to"]).decode()
        told = {"notificationType": "Received", "content": mime, "mail": {}}
        assert tell((self.note(signer, told), {})) == 200
        assert delivery().seen_at


@pytest.fixture
def sent(vendor, account):
    """Sends the page before the network is replaced; gives the number of its delivery."""

    def run(page) -> int:
        original = egress.client.request
        ses.egress.request, patched = original, ses.egress.request
        page()
        ses.egress.request = patched
        return delivery().pk

    return run


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("ack", "acknowledge"),
        ("ACK.\n\nthanks", "acknowledge"),
        ("\n\nresolve #7", "resolve"),
        ("resolve #8", ""),
        ("ack please", ""),
        ("> ack", ""),
        ("1", ""),
        ("", ""),
    ],
)
def test_only_a_first_line_that_is_a_command_counts(text: str, verb: str):
    assert verb_of(text, 7) == verb


def test_a_bounce_is_automatic():
    assert MailAnswer((), "", "ack", {"return-path": "<>"}).is_automatic
    assert not MailAnswer((), "", "ack", {"auto-submitted": "no"}).is_automatic


@pytest.mark.parametrize("door", ["telegram/%00", "pushover/%00", "mail/%00/events"])
def test_an_account_that_no_text_can_name_is_no_fault_of_ours(client, door: str):
    assert client.post(f"/api/inbound/{door}", b"{}", "application/json").status_code < 500
