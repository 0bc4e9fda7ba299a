"""Invitations and resets leave by the configured server, or are kept and shown."""

import json

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail

from notifications.mail import Backend
from notifications.models import OutboxMail, Provider
from tests.fakes.mail_apis import FakePostmark, FakeResend
from tests.fakes.server import Mode as VendorMode
from tests.phones import Mode, Phones

pytestmark = pytest.mark.django_db
LINK = "https://pager.example.com/invite/t0ken/"


@pytest.fixture(autouse=True)
def _real_backend(settings) -> None:
    settings.EMAIL_BACKEND = "notifications.mail.Backend"


def invite(subject: str = "You are invited") -> int:
    mail = EmailMultiAlternatives(subject, f"Come in: {LINK}", None, ["new@example.com"])
    mail.attach_alternative(f'<a href="{LINK}">Come in</a>', "text/html")
    return mail.send()


def test_it_leaves_by_the_configured_server(phones: Phones) -> None:
    assert invite() == 1
    [mail] = phones.mails
    assert (mail.to, mail.subject) == ("new@example.com", "You are invited")
    assert LINK in mail.text and LINK in mail.html
    assert not OutboxMail.objects.exists()


def test_without_a_server_it_is_shown_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert invite() == 0
    assert LINK in capsys.readouterr().out
    kept = OutboxMail.objects.get()
    assert (kept.to, kept.subject) == ("new@example.com", "You are invited")
    assert LINK in kept.text and LINK in kept.html
    assert kept.reason == "no mail server is configured (not sent)"


def test_a_refusal_breaks_no_page_and_is_kept(phones: Phones) -> None:
    phones.mail.mode = Mode.PERMANENT
    assert invite() == 0
    assert OutboxMail.objects.get().reason.startswith("the mail server refused: 550")


def test_a_line_break_in_the_subject_loses_no_mail(phones: Phones) -> None:
    assert send_mail("Reset\r\nBcc: x@example.com", "text", None, ["a@example.com"]) == 1
    [mail] = phones.mails
    assert mail.subject == "Reset Bcc: x@example.com"
    assert mail.message["Bcc"] is None


def test_several_recipients_get_one_mail_each(phones: Phones) -> None:
    assert Backend().send_messages([]) == 0
    send_mail("s", "text", None, ["a@example.com", "b@example.com"])
    assert sorted(mail.to for mail in phones.mails) == ["a@example.com", "b@example.com"]


class TestAccounts:
    @pytest.fixture(autouse=True)
    def _reachable(self, settings) -> None:
        settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)

    def test_it_leaves_through_an_account_though_no_server_is_configured(self) -> None:
        with FakeResend() as resend:
            Provider.objects.create(kind="resend", config=json.dumps(resend.account()))
            assert [invite(), invite()] == [1, 1]
            assert [mail["to"] for mail in resend.mails] == ["new@example.com"] * 2
            assert LINK in resend.mails[0]["html"]
            keys = {call.headers["idempotency-key"] for call in resend.calls}
        assert len(keys) == 2
        assert not OutboxMail.objects.exists()

    def test_the_next_account_and_then_the_server_take_over(self, phones: Phones) -> None:
        with FakeResend() as resend, FakePostmark() as postmark:
            for kind, fake in (("resend", resend), ("postmark", postmark)):
                Provider.objects.create(kind=kind, config=json.dumps(fake.account()))
            resend.mode = VendorMode.REFUSE
            assert invite() == 1
            assert len(postmark.mails) == 1 and not phones.mails
            postmark.mode = VendorMode.BROKEN
            assert invite() == 1
        assert len(phones.mails) == 1
