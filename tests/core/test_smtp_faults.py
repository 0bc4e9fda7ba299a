"""Mail servers that refuse, hang, drip or hang up: the reason, the time, and the certainty."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.smtp import SmtpError, SmtpPool, SmtpTarget
from tests.core.socket_server import SocketServer

MESSAGE = b"Subject: Page\n\nDatabase down\n"
Step = bytes | Callable[[socket.socket], None] | None

POLITE: dict[str, Step] = {
    "GREETING": b"220 ready\r\n",
    "EHLO": b"250-mail.example\r\n250 SIZE 1000000\r\n",
    "MAIL": b"250 ok\r\n",
    "RCPT": b"250 ok\r\n",
    "DATA": b"354 go on\r\n",
    "BODY": b"250 taken\r\n",
    "QUIT": b"221 bye\r\n",
}


class FakeMailServer:
    """A dialogue by table: what to answer to each verb; None hangs up, a function takes over."""

    def __init__(self, **steps: Step) -> None:
        self.steps = POLITE | steps
        self.bodies: list[bytes] = []
        self.lines: list[bytes] = []
        self.server = SocketServer(self._talk)

    @property
    def target(self) -> SmtpTarget:
        return SmtpTarget("127.0.0.1", self.server.port)

    def drip(self, piece: bytes) -> Callable[[socket.socket], None]:
        def step(conn: socket.socket) -> None:
            for _ in self.server.ticks():
                conn.sendall(piece)

        return step

    def hang(self, conn: socket.socket) -> None:
        self.server.stopped.wait(5)

    def _talk(self, conn: socket.socket) -> None:
        lines = conn.makefile("rb")
        alive = self._play("GREETING", conn)
        while alive and (line := lines.readline()):
            self.lines.append(line)
            verb = line.split()[0].decode().upper()
            alive = self._play(verb, conn)
            if verb == "DATA" and alive and str(self.steps["DATA"]).startswith("b'354"):
                self.bodies.append(_read_body(lines))
                alive = self._play("BODY", conn)

    def _play(self, verb: str, conn: socket.socket) -> bool:
        step = self.steps.get(verb, b"500 what?\r\n")
        if callable(step):
            step(conn)
        elif step is not None:
            conn.sendall(step)
            return not step.startswith(b"421")
        return False


def _read_body(lines: Iterator[bytes]) -> bytes:
    body = b""
    for line in lines:
        if line == b".\r\n":
            break
        body += line
    return body


@pytest.fixture
def mailer() -> Iterator[SmtpPool]:
    mailer = SmtpPool()
    yield mailer
    mailer.close()


def failure_of(mailer: SmtpPool, fake: FakeMailServer, seconds: float = 5.0) -> SmtpError:
    with pytest.raises(SmtpError) as failure:
        mailer.send(fake.target, "pager@ops.example", "alice@example.com", MESSAGE, seconds)
    return failure.value


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "reply", "permanent"),
    [
        ("GREETING", b"554 no service\r\n", True),
        ("GREETING", b"421 busy\r\n", False),
        ("MAIL", b"530 sign in first\r\n", True),
        ("MAIL", b"451 try later\r\n", False),
        ("RCPT", b"550 no such person\r\n", True),
        ("RCPT", b"450 greylisted\r\n", False),
        ("DATA", b"554 no\r\n", True),
        ("DATA", b"452 disk full\r\n", False),
        ("BODY", b"554-spam\r\n554 refused\r\n", True),
        ("BODY", b"451 try later\r\n", False),
    ],
)
def test_a_refusal_tells_whether_to_try_again_and_that_nothing_was_taken(
    mailer: SmtpPool, verb: str, reply: bytes, permanent: bool
) -> None:
    fake = FakeMailServer(**{verb: reply})
    with fake.server:
        error = failure_of(mailer, fake)
    assert (error.permanent, error.sent) == (permanent, False)
    assert reply[:3].decode() in error.reason
    assert fake.server.connections == 1


def test_a_refused_connection_is_temporary_and_nothing_was_sent(mailer: SmtpPool) -> None:
    fake = FakeMailServer()
    with fake.server:
        pass
    error = failure_of(mailer, fake)
    assert (error.permanent, error.sent) == (False, False)


def test_the_words_of_a_server_are_shown_short_and_clean(mailer: SmtpPool) -> None:
    fake = FakeMailServer(RCPT=b"550 \x1b[31mno\x00\x07 " + b"x" * 5000 + b"\r\n")
    with fake.server:
        error = failure_of(mailer, fake)
    assert error.reason.isprintable()
    assert len(error.reason) < 300


def test_addresses_are_handed_over_letter_by_letter(mailer: SmtpPool) -> None:
    """A parser that drops the "comment" would page somebody else."""
    fake = FakeMailServer()
    with fake.server:
        mailer.send(fake.target, "", "alice(and)bob@example.com", MESSAGE)
    assert fake.lines[1:3] == [
        b"MAIL FROM:<> SIZE=%d\r\n" % len(MESSAGE),
        b"RCPT TO:<alice(and)bob@example.com>\r\n",
    ]


# --- certainty ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [None, b"garbage\r\n", b"354 again\r\n", b"250 " + b"x" * 9000 + b"\r\n"],
    ids=["closed", "garbage", "wrong", "too long"],
)
def test_a_message_of_unknown_fate_is_reported_as_possibly_sent(
    mailer: SmtpPool, step: Step
) -> None:
    fake = FakeMailServer(BODY=step)
    with fake.server:
        error = failure_of(mailer, fake)
    assert (error.permanent, error.sent) == (False, True)
    assert (len(fake.bodies), fake.server.connections) == (1, 1)


def test_a_message_of_unknown_fate_on_a_kept_connection_is_not_sent_again(
    mailer: SmtpPool,
) -> None:
    fake = FakeMailServer()
    with fake.server:
        mailer.send(fake.target, "", "alice@example.com", MESSAGE)
        fake.steps["BODY"] = None
        error = failure_of(mailer, fake)
    assert (error.permanent, error.sent) == (False, True)
    assert (len(fake.bodies), fake.server.connections) == (2, 1)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("step", [None, b"421 idle for too long\r\n"], ids=["closed", "421"])
def test_a_kept_connection_that_died_is_replaced_before_the_message(
    mailer: SmtpPool, verb: str, step: Step
) -> None:
    fake = FakeMailServer()

    def die_once(conn: socket.socket) -> None:
        fake.steps[verb] = POLITE[verb]
        if isinstance(step, bytes):
            conn.sendall(step)

    with fake.server:
        mailer.send(fake.target, "", "alice@example.com", MESSAGE)
        fake.steps[verb] = die_once
        mailer.send(fake.target, "", "alice@example.com", MESSAGE)
    assert (len(fake.bodies), fake.server.connections) == (2, 2)


def test_a_server_that_hangs_up_after_each_mail_gets_each_mail_once(mailer: SmtpPool) -> None:
    fake = FakeMailServer()

    def take_and_close(conn: socket.socket) -> None:
        conn.sendall(b"250 taken\r\n")

    fake.steps["BODY"] = take_and_close
    with fake.server:
        for _ in range(3):
            mailer.send(fake.target, "", "alice@example.com", MESSAGE)
    assert (len(fake.bodies), fake.server.connections) == (3, 3)


def test_a_connection_in_use_is_not_given_to_a_second_thread(mailer: SmtpPool) -> None:
    fake = FakeMailServer()
    busy, release = threading.Event(), threading.Event()

    def take_slowly(conn: socket.socket) -> None:
        fake.steps["BODY"] = POLITE["BODY"]
        busy.set()
        release.wait(5)
        conn.sendall(b"250 taken\r\n")

    with fake.server, ThreadPoolExecutor(1) as threads:
        mailer.send(fake.target, "", "alice@example.com", MESSAGE)
        fake.steps["BODY"] = take_slowly
        slow = threads.submit(mailer.send, fake.target, "", "bob@example.com", MESSAGE)
        assert busy.wait(5)
        mailer.send(fake.target, "", "carol@example.com", MESSAGE)
        assert not slow.done()
        release.set()
        slow.result(5)
    assert (len(fake.bodies), fake.server.connections) == (3, 2)


def test_a_new_connection_that_dies_is_not_tried_again(mailer: SmtpPool) -> None:
    fake = FakeMailServer(MAIL=None)
    with fake.server:
        error = failure_of(mailer, fake)
    assert (error.permanent, error.sent) == (False, False)
    assert fake.server.connections == 1


def test_a_refusal_on_a_kept_connection_is_believed(mailer: SmtpPool) -> None:
    fake = FakeMailServer()
    with fake.server:
        mailer.send(fake.target, "", "alice@example.com", MESSAGE)
        fake.steps["RCPT"] = b"550 no such person\r\n"
        error = failure_of(mailer, fake)
    assert (error.permanent, fake.server.connections) == (True, 1)


# --- time -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["GREETING", "RCPT", "BODY"])
@pytest.mark.parametrize("piece", [None, b"2", b"250-drip\r\n"], ids=["hang", "bytes", "lines"])
def test_a_silent_or_dripping_server_ends_at_the_deadline(
    mailer: SmtpPool, verb: str, piece: bytes | None
) -> None:
    fake = FakeMailServer()
    fake.steps[verb] = fake.hang if piece is None else fake.drip(piece)
    with fake.server:
        started = time.monotonic()
        error = failure_of(mailer, fake, 0.25)
        assert time.monotonic() - started < 2.0
    assert (error.permanent, error.sent) == (False, verb == "BODY")
    assert "in time" in error.reason


def test_each_mail_on_a_kept_connection_has_its_own_deadline(mailer: SmtpPool) -> None:
    fake = FakeMailServer()
    with fake.server:
        mailer.send(fake.target, "", "alice@example.com", MESSAGE)
        fake.steps["RCPT"] = fake.hang
        started = time.monotonic()
        error = failure_of(mailer, fake, 0.25)
        assert time.monotonic() - started < 2.0
    assert (error.permanent, error.sent, fake.server.connections) == (False, False, 1)


def test_a_server_that_stops_reading_ends_at_the_deadline(mailer: SmtpPool) -> None:
    fake = FakeMailServer()

    def go_on_and_sleep(conn: socket.socket) -> None:
        conn.sendall(b"354 go on\r\n")
        fake.hang(conn)

    fake.steps["DATA"] = go_on_and_sleep
    with fake.server:
        started = time.monotonic()
        with pytest.raises(SmtpError) as failure:
            mailer.send(fake.target, "", "alice@example.com", b"x" * 20_000_000, 0.5)
        assert time.monotonic() - started < 5.0  # far from the eight of a whole attempt
    assert failure.value.sent is True


def test_an_endless_reply_is_abandoned_long_before_the_deadline(mailer: SmtpPool) -> None:
    def flood(conn: socket.socket) -> None:
        while True:
            conn.sendall(b"250-more\r\n" * 1000)

    fake = FakeMailServer(MAIL=flood)
    with fake.server:
        error = failure_of(mailer, fake)
    assert (error.permanent, error.sent) == (False, False)
    assert "in time" not in error.reason
