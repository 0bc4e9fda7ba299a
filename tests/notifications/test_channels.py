"""What leaves: mails and calls as receivers see them, also when the text is hostile."""

import hashlib
import hmac
import time
from email.header import decode_header
from html.parser import HTMLParser

import pytest

from notifications.channels import email, in_app, webhook
from notifications.channels.base import ChannelError, MailSettings, Outgoing, module
from notifications.domain.message import Action, Message
from tests.phones import Mode, Phones

HOSTILE = [
    "line\r\nBcc: victim@example.com",
    "nul\x00 and \ud800 surrogate",
    "\u202egnp.exe \u2066turned\u2069",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:7 }}{% now 'Y' %}",
    "=?utf-8?q?injected?=",
    "\x1b[31mred\x1b[0m\x07",
    "\n\n.\r\nMAIL FROM:<x@y.example>",
    "--=_opsknight_7_1--",
    "ünïcödé " * 60,
    "a" * 5000,
]


def words(text: str) -> Message:
    return Message(
        kind="page",
        subject_id="7",
        title=text,
        facts=((text, text),),
        details=((text, text),),
        body=text,
        url="https://pager.example.com/incidents/7/",
        actions=(Action(text, "https://pager.example.com/a/t0ken/"),),
        urgency="HIGH",
        tag=text,
    )


def outgoing(phones: Phones, address: str = "alice@example.com", **more: object) -> Outgoing:
    mail = MailSettings(phones.mail.url, "OpsKnight <pager@example.org>")
    return Outgoing(42, address, subject_kind="incident", subject_id=7, mail=mail, **more)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert not [name for name, _ in attrs if name.startswith("on")]


class TestMail:
    def send(self, phones: Phones, message: Message, **more: object):
        email.send(email.render(message), outgoing(phones, **more))
        return phones.mails[-1]

    def test_headers_say_what_it_is(self, phones: Phones) -> None:
        message = Message("page", "7", "#7 Checkout is down", urgency="HIGH", tag="HIGH")
        mail = self.send(phones, message).message
        expected = {
            "From": "OpsKnight <pager@example.org>",
            "To": "alice@example.com",
            "Subject": "[HIGH] #7 Checkout is down",
            "Message-ID": "<opsknight.42@example.org>",
            "Auto-Submitted": "auto-generated",
            "X-OpsKnight-Delivery": "42",
            "X-OpsKnight-Subject": "incident:7",
            "Importance": "high",
        }
        assert {name: str(mail[name]) for name in expected} == expected
        assert phones.mails[-1].sender == "pager@example.org"

    def test_the_same_words_stand_in_text_and_html(self, phones: Phones) -> None:
        message = Message(
            kind="page",
            subject_id="7",
            title="Checkout is down",
            facts=(("Service", "Payment & Co"), ("Why you", "step 1: on call")),
            body="5xx > 20 %\nsince 03:00",
            url="https://pager.example.com/incidents/7/?a=1&b=2",
            actions=(Action("Acknowledge", "https://pager.example.com/a/t0ken/"),),
        )
        mail = self.send(phones, message)
        for part in (mail.text, mail.html.replace("&amp;", "&").replace("&gt;", ">")):
            for piece in ("Checkout is down", "Payment & Co", "5xx > 20 %", "Acknowledge"):
                assert piece in part
            assert "https://pager.example.com/incidents/7/?a=1&b=2" in part
        assert Tags(mail.html).links == [
            "https://pager.example.com/a/t0ken/",
            "https://pager.example.com/incidents/7/?a=1&b=2",
        ]

    def test_details_are_named_values_in_text_and_html(self, phones: Phones) -> None:
        details = (("labels.job", "<api> & co"), ("cpu", "95.5"))
        mail = self.send(phones, Message("page", "7", "Checkout is down", details=details))
        assert "\n  labels.job: <api> & co\n  cpu: 95.5\n" in mail.text.replace("\r", "")
        assert ">labels.job</td>" in mail.html
        assert ">&lt;api&gt; &amp; co</td>" in mail.html

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_arrives_as_text(self, phones: Phones, text: str) -> None:
        mail = self.send(phones, words(text))
        assert mail.message.get_all("Subject") and len(mail.message.get_all("Subject")) == 1
        assert mail.message["Bcc"] is None
        assert [part.get_content_type() for part in mail.message.iter_parts()] == [
            "text/plain",
            "text/html",
        ]
        seen = Tags(mail.html)
        assert not {"script", "img"} & set(seen.seen)
        assert all(link.startswith("https://pager.example.com/") for link in seen.links)
        assert not set(mail.subject) & set("\r\n\x00\x1b\u202e\u2066")
        assert not set(mail.text) & set("\x00\x1b\x07\u202e\u2066")
        assert len(phones.mails) == 1

    def test_template_syntax_in_the_text_stays_text(self, phones: Phones) -> None:
        assert "{{ 7|add:7 }}" in self.send(phones, words("{{ 7|add:7 }}")).text

    def test_a_subject_in_any_script_can_be_read(self, phones: Phones) -> None:
        title = "支払いサービス停止 – „Kasse“ 💥"
        mail = self.send(phones, Message("page", "7", title))
        raw = mail.raw.split(b"Subject:")[1].split(b"\r\nFrom")[0]
        assert raw.isascii()
        assert mail.subject == title
        assert decode_header(raw.decode().strip())

    def test_a_domain_in_any_script_is_written_for_the_server(self, phones: Phones) -> None:
        mail = self.send(phones, Message("page", "7", "t"), address="a@bücher.example")
        assert mail.to == "a@xn--bcher-kva.example"

    def test_a_wrong_mail_address_of_the_installation_is_said(self, phones: Phones) -> None:
        target = Outgoing(1, "a@example.com", mail=MailSettings("http://mail.example.com"))
        with pytest.raises(ChannelError, match="a mail URL looks like") as refused:
            email.send(email.render(Message("page", "7", "t")), target)
        assert refused.value.permanent


class TestWebhook:
    def send(self, phones: Phones, message: Message, secret: str = "") -> str:
        target = Outgoing(42, phones.hook.url("/alice"), secret)
        return webhook.send(webhook.render(message), target)

    def test_a_person_gets_the_words(self, phones: Phones) -> None:
        message = Message(
            kind="page",
            subject_id="7",
            title="Checkout is down",
            facts=(("Service", "Payment API"),),
            details=(("labels.job", "api"),),
            url="https://pager.example.com/incidents/7/",
            actions=(Action("Acknowledge", "https://pager.example.com/a/t0ken/"),),
            urgency="HIGH",
            tag="new",
        )
        assert self.send(phones, message) == "HTTP 200"
        assert phones.calls[0].json == {
            "type": "page",
            "tag": "new",
            "subjectId": "7",
            "title": "Checkout is down",
            "urgency": "HIGH",
            "body": "",
            "url": "https://pager.example.com/incidents/7/",
            "facts": [{"label": "Service", "value": "Payment API"}],
            "details": [{"label": "labels.job", "value": "api"}],
            "actions": [{"label": "Acknowledge", "url": "https://pager.example.com/a/t0ken/"}],
        }

    def test_a_service_gets_its_own_body(self, phones: Phones) -> None:
        body = {"event": {"type": "triggered"}, "incident": {"id": "inc_1", "assignee": None}}
        self.send(phones, Message("service_event", "7", "t", data=body))
        assert phones.calls[0].json == body

    def test_the_signature_covers_stamp_and_body(self, phones: Phones) -> None:
        self.send(phones, words("x"), secret="s3cret")
        call = phones.calls[0]
        stamp = call.headers["x-opsknight-timestamp"]
        signed = stamp.encode() + b"." + call.body
        digest = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
        assert call.headers["x-opsknight-signature"] == f"sha256={digest}"
        assert abs(int(stamp) / 1000 - time.time()) < 5
        assert call.headers["x-opsknight-delivery"] == "42"

    def test_without_a_secret_there_is_no_signature(self, phones: Phones) -> None:
        self.send(phones, words("x"))
        assert "x-opsknight-signature" not in phones.calls[0].headers

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_stays_one_json_string(self, phones: Phones, text: str) -> None:
        self.send(phones, words(text))
        message = words(text)
        assert phones.calls[0].json["title"] == message.title
        assert len(phones.calls[0].json["facts"]) == 1

    @pytest.mark.parametrize(
        ("mode", "reason", "permanent", "retry_after"),
        [
            (Mode.PERMANENT, "HTTP 410", True, None),
            (Mode.TEMPORARY, "HTTP 503", False, None),
            (Mode.BUSY, "HTTP 429", False, 60),
            (Mode.REFUSE, "the other side refused the connection", False, None),
            (Mode.DROP, None, False, None),
        ],
    )
    def test_failures_are_told_apart(
        self, phones: Phones, mode: Mode, reason: str | None, permanent: bool, retry_after: object
    ) -> None:
        phones.hook.mode = mode
        with pytest.raises(ChannelError) as failure:
            self.send(phones, words("x"))
        error = failure.value
        assert (error.permanent, error.retry_after) == (permanent, retry_after)
        assert reason is None or error.reason == reason
        assert error.maybe_sent == (mode == Mode.DROP)

    def test_an_inside_address_is_refused_for_good(self, phones: Phones, settings) -> None:
        settings.OPSKNIGHT_EGRESS_ALLOW = ()
        with pytest.raises(ChannelError) as failure:
            self.send(phones, words("x"))
        assert failure.value.permanent
        assert not phones.hook.attempts

    @pytest.mark.parametrize(
        ("url", "host"),
        [
            ("https://user:pw@Hooks.Example.com:8443/x", "hooks.example.com:8443"),
            ("https://[2001:db8::1]/x", "[2001:db8::1]"),
        ],
    )
    def test_the_provider_is_host_and_port_without_the_password(self, url: str, host: str) -> None:
        assert webhook.provider(url) == host


class TestInApp:
    def test_the_line_leads_to_a_page_of_ours(self) -> None:
        url = "https://pager.example.com/incidents/7/?tab=alerts"
        line = in_app.render(Message("page", "7", "A\nB", url=url, urgency="HIGH"))
        assert (line.title, line.url, line.urgent) == ("A B", "/incidents/7/?tab=alerts", True)

    def test_a_path_that_leads_away_is_dropped(self) -> None:
        message = Message("page", "7", "t", url="https://pager.example.com//evil.example/")
        assert in_app.render(message).url == ""

    def test_it_is_no_way_to_reach_somebody(self, phones: Phones) -> None:
        with pytest.raises(ChannelError):
            in_app.send(in_app.render(words("x")), outgoing(phones))


def test_every_configured_channel_keeps_the_protocol(settings) -> None:
    for kind in settings.CHANNELS:
        channel = module(kind)
        assert channel.render(words("x"))
        assert isinstance(channel.provider("https://hooks.example.com/x"), str)
