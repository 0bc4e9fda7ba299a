"""Mail to a real server (aiosmtpd): what arrives, TLS, sign-in, kept connections."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from core.egress import wire
from core.smtp import SmtpError, SmtpPool, SmtpTarget, close_idle, pool, send
from tests.core.certificates import self_signed

# aiosmtpd warns of a sign-in without TLS, which is what some tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

MESSAGE = b"Subject: Page\n\nDatabase down\n"


class Inbox:
    """aiosmtpd handler: keeps the mails and the addresses of the connections they came by."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.peers: list[tuple[str, int]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        self.peers.append(session.peer)
        return "250 taken"


Start = Callable[..., tuple[Inbox, int]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers with the options of aiosmtpd: `inbox, port = start(...)`."""
    running: list[Controller] = []

    def begin(**options: object) -> tuple[Inbox, int]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        inbox = Inbox()
        controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return inbox, port

    yield begin
    for controller in running:
        controller.stop()


@pytest.fixture
def mailer() -> Iterator[SmtpPool]:
    mailer = SmtpPool()
    yield mailer
    mailer.close()


def target(port: int, **options: object) -> SmtpTarget:
    return SmtpTarget(host="127.0.0.1", port=port, **options)


def sign_in_server(start: Start) -> tuple[Inbox, int]:
    def check(server: SMTP, session: Session, envelope: Envelope, kind: str, data: object):
        right = isinstance(data, LoginPassword) and data.password == b"right"
        return AuthResult(success=right, handled=False)

    return start(authenticator=check, auth_required=True, auth_require_tls=False)


# --- what arrives ---------------------------------------------------------------------------


def test_a_mail_arrives_as_it_was_given(start: Start, mailer: SmtpPool) -> None:
    inbox, port = start()
    message = "Subject: Störung\n\n.dot\r\n..dots\rlast line".encode()
    mailer.send(target(port), "pager@ops.example", "alice@example.com", message)
    mail = inbox.mails[0]
    assert (mail.mail_from, mail.rcpt_tos) == ("pager@ops.example", ["alice@example.com"])
    assert (
        mail.original_content == "Subject: Störung\r\n\r\n.dot\r\n..dots\r\nlast line\r\n".encode()
    )
    assert "BODY=8BITMIME" in mail.mail_options


def test_a_body_cannot_end_the_message_and_begin_another(start: Start, mailer: SmtpPool) -> None:
    inbox, port = start()
    smuggled = b"Subject: x\n\n1\n.\nMAIL FROM:<evil@example.com>\r.\r2\n"
    mailer.send(target(port), "", "alice@example.com", smuggled)
    assert len(inbox.mails) == 1
    assert b"\r\n.\r\nMAIL FROM" in inbox.mails[0].original_content


def test_an_address_outside_ascii_needs_a_server_that_takes_it(
    start: Start, mailer: SmtpPool
) -> None:
    inbox, port = start(enable_SMTPUTF8=True)
    mailer.send(target(port), "", "jörg@example.com", MESSAGE)
    assert inbox.mails[0].rcpt_tos == ["jörg@example.com"]
    _, old_port = start(enable_SMTPUTF8=False)
    with pytest.raises(SmtpError, match="ASCII") as failure:
        mailer.send(target(old_port), "", "jörg@example.com", MESSAGE)
    assert failure.value.permanent is True


@pytest.mark.parametrize(
    "address",
    ["", "alice", "a@b>\r\nRCPT TO:<eve@b", "a@b\nDATA", "<a@b>", "a b@c", "a@" + "b" * 330],
)
def test_an_address_that_could_change_the_dialogue_is_refused(address: str) -> None:
    with pytest.raises(SmtpError) as failure:
        SmtpPool().send(target(1), "pager@ops.example", address, MESSAGE)
    assert (failure.value.permanent, failure.value.sent) == (True, False)


# --- kept connections -----------------------------------------------------------------------


def test_mails_in_a_row_share_one_connection(start: Start, mailer: SmtpPool) -> None:
    inbox, port = start()
    for _ in range(3):
        mailer.send(target(port), "", "alice@example.com", MESSAGE)
    assert (len(inbox.peers), len(set(inbox.peers))) == (3, 1)


def test_a_connection_idle_for_too_long_is_not_used(
    start: Start, mailer: SmtpPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", -1.0)
    inbox, port = start()
    for _ in range(2):
        mailer.send(target(port), "", "alice@example.com", MESSAGE)
    assert len(set(inbox.peers)) == 2


def test_a_quiet_worker_can_let_go_of_idle_connections(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, port = start()
    send(target(port), "", "alice@example.com", MESSAGE)
    close_idle()
    send(target(port), "", "alice@example.com", MESSAGE)
    monkeypatch.setattr(pool, "IDLE_SECONDS", -1.0)
    close_idle()
    monkeypatch.undo()
    send(target(port), "", "alice@example.com", MESSAGE)
    first, second, third = inbox.peers
    assert first == second != third


def test_another_sign_in_never_uses_a_kept_connection(start: Start, mailer: SmtpPool) -> None:
    inbox, port = sign_in_server(start)
    mailer.send(target(port, username="u", password="right"), "", "a@example.com", MESSAGE)
    with pytest.raises(SmtpError):
        mailer.send(target(port, username="u", password="wrong"), "", "a@example.com", MESSAGE)
    assert len(inbox.mails) == 1


def test_threads_never_share_a_connection_at_the_same_time(start: Start, mailer: SmtpPool) -> None:
    inbox, port = start()
    people = [f"p{n}@example.com" for n in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda who: mailer.send(target(port), "", who, MESSAGE), people))
    assert sorted(mail.rcpt_tos[0] for mail in inbox.mails) == sorted(people)
    assert len(set(inbox.peers)) <= 8


def test_a_forked_worker_opens_its_own_connection(start: Start, mailer: SmtpPool) -> None:
    inbox, port = start()
    mailer.send(target(port), "", "parent@example.com", MESSAGE)
    child = os.fork()
    if child == 0:
        try:
            mailer.send(target(port), "", "child@example.com", MESSAGE)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    mailer.send(target(port), "", "parent@example.com", MESSAGE)
    first, of_child, second = inbox.peers
    assert first == second != of_child


# --- sign-in --------------------------------------------------------------------------------


def test_the_right_password_signs_in(start: Start, mailer: SmtpPool) -> None:
    inbox, port = sign_in_server(start)
    mailer.send(target(port, username="u", password="right"), "", "a@example.com", MESSAGE)
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("password", ["wr0ng-secret", "wröng-secret"])
def test_a_refused_sign_in_is_permanent_and_does_not_tell_the_password(
    start: Start, mailer: SmtpPool, password: str
) -> None:
    _, port = sign_in_server(start)
    with pytest.raises(SmtpError) as failure:
        mailer.send(target(port, username="u", password=password), "", "a@b.example", MESSAGE)
    assert (failure.value.permanent, failure.value.sent) == (True, False)
    assert "secret" not in failure.value.reason


def test_a_server_without_sign_in_is_a_permanent_failure(start: Start, mailer: SmtpPool) -> None:
    _, port = start()
    with pytest.raises(SmtpError, match="sign-in") as failure:
        mailer.send(target(port, username="u", password="p"), "", "a@example.com", MESSAGE)
    assert failure.value.permanent is True


# --- TLS ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed("localhost", tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    wire.tls_context.cache_clear()
    yield
    wire.tls_context.cache_clear()


@pytest.fixture
def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.usefixtures("trusted")
def test_starttls_delivers_to_a_server_that_insists_on_it(
    start: Start, mailer: SmtpPool, server_context: ssl.SSLContext
) -> None:
    inbox, port = start(tls_context=server_context, require_starttls=True)
    secure = SmtpTarget.from_url(f"smtp+tls://localhost:{port}")
    mailer.send(secure, "", "alice@example.com", MESSAGE)
    mailer.send(secure, "", "alice@example.com", MESSAGE)
    assert (len(inbox.mails), len(set(inbox.peers))) == (2, 1)


@pytest.mark.usefixtures("trusted")
def test_tls_from_the_first_byte_delivers(
    start: Start, mailer: SmtpPool, server_context: ssl.SSLContext
) -> None:
    inbox, port = start(ssl_context=server_context)
    mailer.send(SmtpTarget.from_url(f"smtps://localhost:{port}"), "", "a@example.com", MESSAGE)
    assert len(inbox.mails) == 1


def test_an_untrusted_certificate_is_a_permanent_failure(
    start: Start, mailer: SmtpPool, server_context: ssl.SSLContext
) -> None:
    inbox, port = start(tls_context=server_context)
    with pytest.raises(SmtpError, match="certificate") as failure:
        mailer.send(SmtpTarget.from_url(f"smtp+tls://localhost:{port}"), "", "a@b.example", MESSAGE)
    assert (failure.value.permanent, failure.value.sent, inbox.mails) == (True, False, [])


def test_required_starttls_is_never_given_up(start: Start, mailer: SmtpPool) -> None:
    inbox, port = start()
    with pytest.raises(SmtpError, match="STARTTLS") as failure:
        mailer.send(target(port, use_starttls=True), "", "a@example.com", MESSAGE)
    assert (failure.value.permanent, inbox.mails) == (True, [])


# --- the URL --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", SmtpTarget("mail.example")),
        ("smtp://mail.example:2525", SmtpTarget("mail.example", 2525)),
        ("smtp+tls://mail.example", SmtpTarget("mail.example", 587, use_starttls=True)),
        ("smtps://mail.example", SmtpTarget("mail.example", 465, use_tls=True)),
        ("smtp://m.example?tls=starttls", SmtpTarget("m.example", 587, use_starttls=True)),
        ("smtp://m.example:26?tls=implicit", SmtpTarget("m.example", 26, use_tls=True)),
        ("smtps://m.example/?timeout=3", SmtpTarget("m.example", 465, use_tls=True, timeout=3.0)),
        ("smtp://[::1]:25?tls=none", SmtpTarget("::1")),
        (
            "smtp://us%40er:p%2Fw%3A1@m.example",
            SmtpTarget("m.example", username="us@er", password="p/w:1"),
        ),
    ],
)
def test_a_mail_url_is_read(url: str, expected: SmtpTarget) -> None:
    assert SmtpTarget.from_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://u:pass-w0rd@mail.example?tls=maybe",
        "smtp://u:pass-w0rd@mail.example?verify=no",
        "smtp://u:pass#-w0rd@mail.example",
        "smtp://u:pass/-w0rd@mail.example",
        "smtp://u:pass-w0rd@mail.example:99999",
        "smtp://u:pass-w0rd@mail.example?timeout=0",
        "smtp://u:pass-w0rd@mail.example/inbox",
    ],
)
def test_a_mail_url_that_cannot_be_meant_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="mail URL looks like") as refusal:
        SmtpTarget.from_url(url)
    assert "w0rd" not in str(refusal.value)


def test_a_target_does_not_show_its_password() -> None:
    assert "w0rd" not in repr(SmtpTarget.from_url("smtp://u:pass-w0rd@mail.example"))
