"""One outbound call against real, hostile and slow servers: time, size, certainty."""

import gzip
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.egress import EgressFailed, Response, lookup, request, wire
from tests.core.socket_server import HEAD, Script, SocketServer, answer, read_request

LOOPBACK = ("127.0.0.0/8",)


def call(server: SocketServer, *, timeout: float = 5.0, content: bytes = b"{}") -> Response:
    url = f"http://127.0.0.1:{server.port}/hook"
    return request("POST", url, content=content, timeout=timeout, allow=LOOPBACK)


def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture
def within() -> Iterator[Callable[[float], None]]:
    """`within(s)`: the test up to here took at most `s` seconds."""
    started = time.monotonic()

    def check(seconds: float) -> None:
        assert time.monotonic() - started <= seconds

    yield check


# --- the plain case -----------------------------------------------------------------------


def test_the_request_arrives_whole_and_the_answer_comes_back() -> None:
    received = bytearray()

    def script(conn: socket.socket) -> None:
        while not received.endswith(b'"n": 1}'):
            received.extend(conn.recv(65536))
        conn.sendall(b"HTTP/1.1 201 Created\r\nX-Id: 7\r\nX-Id: 8\r\nContent-Length: 4\r\n\r\ndone")

    with SocketServer(script) as server:
        url = f"http://127.0.0.1:{server.port}/a?b=c"
        headers = {"Content-Type": "application/json", "X-Name": "Zoë"}
        reply = request("post", url, headers=headers, content=b'{"n": 1}', allow=LOOPBACK)
    assert received.startswith(b"POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % server.port)
    for line in (b"Accept-Encoding: identity", b"Content-Length: 8", "X-Name: Zoë".encode()):
        assert b"\r\n" + line + b"\r\n" in received
    assert (reply.status, reply.body, reply.truncated) == (201, b"done", False)
    assert reply.headers["X-ID"] == "7, 8"
    assert 0 <= reply.elapsed_ms < 5000


def test_threads_get_their_own_answers() -> None:
    def echo(conn: socket.socket) -> None:
        path = read_request(conn).split()[1]
        conn.sendall(HEAD % len(path) + path)

    with SocketServer(echo) as server, ThreadPoolExecutor(8) as pool:
        urls = [f"http://127.0.0.1:{server.port}/{n}" for n in range(80)]
        bodies = pool.map(lambda url: request("GET", url, allow=LOOPBACK).body, urls)
        assert list(bodies) == [b"/%d" % n for n in range(80)]


def test_neither_path_nor_query_nor_headers_reach_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with SocketServer(answer()) as server:
        url = f"http://127.0.0.1:{server.port}/s3cret-path?token=s3cret-query"
        request("POST", url, headers={"Authorization": "s3cret-key"}, allow=LOOPBACK)
        with pytest.raises(Exception, match="not on the public Internet"):
            request("POST", url, headers={"Authorization": "s3cret-key"}, allow=())
    assert "refused" in caplog.text
    assert "s3cret" not in caplog.text


# --- time: the sum of everything ends, however slowly the peer moves ----------------------


def test_a_dripping_body_ends_at_the_deadline_with_the_status_kept(
    within: Callable[[float], None],
) -> None:
    def script(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in server.ticks():
            conn.sendall(b"x")

    with SocketServer(script) as server:
        reply = call(server, timeout=0.4)
        within(2.0)
    assert (reply.status, reply.truncated) == (200, True)
    assert 1 <= len(reply.body) < 100


@pytest.mark.parametrize("drip", [b"X-Drip: 1\r\n", b"x"], ids=["lines", "bytes"])
def test_dripping_headers_end_at_the_deadline(within: Callable[[float], None], drip: bytes) -> None:
    def script(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in server.ticks():
            conn.sendall(drip)

    with SocketServer(script) as server:
        with pytest.raises(EgressFailed) as failure:
            call(server, timeout=0.4)
        within(2.0)
    assert (failure.value.permanent, failure.value.sent) == (False, True)


def test_a_peer_that_stops_reading_ends_at_the_deadline(within: Callable[[float], None]) -> None:
    with SocketServer(lambda conn: server.stopped.wait(5) and None) as server:
        with pytest.raises(EgressFailed) as failure:
            call(server, timeout=0.4, content=b"x" * 20_000_000)
        within(2.0)
    assert failure.value.sent is True


def test_a_dripping_tls_handshake_ends_at_the_deadline(within: Callable[[float], None]) -> None:
    def script(conn: socket.socket) -> None:
        conn.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KB begins …
        for _ in server.ticks():
            conn.sendall(b"\x02")  # … and never gets on

    with SocketServer(script) as server:
        url = f"https://127.0.0.1:{server.port}/"
        with pytest.raises(EgressFailed) as failure:
            request("GET", url, timeout=0.4, allow=LOOPBACK)
        within(2.0)
    assert failure.value.sent is False


def test_a_full_backlog_ends_at_the_connect_timeout(within: Callable[[float], None]) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    waiting = [socket.socket() for _ in range(4)]
    for sock in waiting:
        sock.setblocking(False)
        sock.connect_ex(("127.0.0.1", port))
    with pytest.raises(EgressFailed) as failure:
        request("GET", f"http://127.0.0.1:{port}/", connect_timeout=0.3, allow=LOOPBACK)
    within(2.0)
    assert (failure.value.permanent, failure.value.sent) == (False, False)
    for sock in [*waiting, listener]:
        sock.close()


def test_the_next_checked_address_is_tried_when_the_first_refuses() -> None:
    with SocketServer(answer()) as server:
        reply = request(
            "GET",
            f"http://two.example:{server.port}/",
            allow=LOOPBACK,
            resolver=lambda host, port: ["127.0.0.9", "127.0.0.1"],
        )
    assert reply.status == 200


# --- names -------------------------------------------------------------------------------


class HangingResolver:
    """Answers only when released, and counts who asks."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        self.release.wait(5)
        return ["127.0.0.1"]


@pytest.fixture
def hanging() -> Iterator[HangingResolver]:
    resolver = HangingResolver()
    yield resolver
    resolver.release.set()


def test_callers_of_a_hanging_name_share_one_lookup_and_give_up_in_time(
    hanging: HangingResolver, within: Callable[[float], None]
) -> None:
    def attempt(_: int) -> bool:
        with pytest.raises(EgressFailed) as failure:
            request("GET", "http://slow.example/", timeout=0.3, resolver=hanging)
        return failure.value.sent

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(attempt, range(6))) == {False}
    within(2.0)
    assert hanging.asked == ["slow.example"]


def test_other_names_resolve_while_one_hangs(hanging: HangingResolver) -> None:
    with pytest.raises(EgressFailed):
        request("GET", "http://slow.example/", timeout=0.1, resolver=hanging)
    with SocketServer(answer()) as server:
        url = f"http://quick.example:{server.port}/"
        assert request("GET", url, allow=LOOPBACK, resolver=loopback).status == 200


def test_hanging_lookups_are_bounded(
    hanging: HangingResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "MAX_RUNNING", 2)
    monkeypatch.setattr(lookup, "_lookups", lookup._Lookups())
    for name in ("a", "b"):
        with pytest.raises(EgressFailed, match="no answer in time"):
            request("GET", f"http://{name}.example/", timeout=0.1, resolver=hanging)
    with pytest.raises(EgressFailed, match="too many"):
        request("GET", "http://c.example/", timeout=0.1, resolver=hanging)
    assert hanging.asked == ["a.example", "b.example"]


def test_a_forked_worker_does_not_wait_for_lookups_of_its_parent(
    hanging: HangingResolver,
) -> None:
    with pytest.raises(EgressFailed):
        request("GET", "http://slow.example/", timeout=0.1, resolver=hanging)
    child = os.fork()
    if child == 0:
        hanging.release = threading.Event()
        hanging.release.set()
        try:
            found = lookup.look_up(
                "slow.example", 80, deadline=wire.Deadline(2.0), resolver=hanging
            )
            os._exit(0 if found == ["127.0.0.1"] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label")])
def test_a_name_that_does_not_resolve_is_a_temporary_failure(error: Exception) -> None:
    def resolver(host: str, port: int) -> list[str]:
        raise error

    with pytest.raises(EgressFailed) as failure:
        request("GET", "http://nowhere.example/", resolver=resolver)
    assert (failure.value.permanent, failure.value.sent) == (False, False)


def test_a_name_without_addresses_is_a_temporary_failure() -> None:
    with pytest.raises(EgressFailed, match="no address"):
        request("GET", "http://empty.example/", resolver=lambda host, port: [])


# --- size --------------------------------------------------------------------------------


def test_a_body_of_ten_megabytes_is_cut_at_64_kilobytes() -> None:
    with SocketServer(answer(b"x" * 10_000_000)) as server:
        reply = call(server)
    assert (reply.status, len(reply.body), reply.truncated) == (200, 65536, True)


def test_a_body_of_exactly_the_cap_is_whole() -> None:
    with SocketServer(answer(b"x" * 65536)) as server:
        reply = call(server)
    assert (len(reply.body), reply.truncated) == (65536, False)


def test_a_compressed_bomb_is_never_unpacked() -> None:
    packed = gzip.compress(b"\0" * 10_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    with SocketServer(answer(packed, head % len(packed))) as server:
        reply = call(server)
    assert reply.body == packed


ENDLESS = {
    "informational answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 500,
    "header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000,
    "headers": b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 500,
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_endless_head_is_abandoned_long_before_the_deadline(kind: str) -> None:
    def script(conn: socket.socket) -> None:
        conn.sendall(ENDLESS[kind])
        while True:
            conn.sendall(ENDLESS[kind].removeprefix(b"HTTP/1.1 200 OK\r\n"))

    with SocketServer(script) as server:
        url = f"http://127.0.0.1:{server.port}/"
        with pytest.raises(EgressFailed, match="did not answer in HTTP") as failure:
            request("GET", url, max_body=100, allow=LOOPBACK)
    assert failure.value.sent is True


# --- certainty: did anything arrive? -----------------------------------------------------


def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    with SocketServer(answer()) as server:
        pass
    with pytest.raises(EgressFailed) as failure:
        call(server)
    assert (failure.value.permanent, failure.value.sent) == (False, False)


UNCERTAIN: dict[str, Script] = {
    "hangs up without an answer": lambda conn: read_request(conn) and None,
    "does not speak HTTP": lambda conn: conn.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 20),
}


@pytest.mark.parametrize("behaviour", UNCERTAIN)
def test_a_peer_that_answers_no_http_may_have_got_the_request(behaviour: str) -> None:
    with SocketServer(UNCERTAIN[behaviour]) as server, pytest.raises(EgressFailed) as failure:
        call(server)
    assert (failure.value.permanent, failure.value.sent) == (False, True)


def test_a_body_that_breaks_off_keeps_the_status() -> None:
    with SocketServer(answer(b"half", HEAD % 1000)) as server:
        reply = call(server)
    assert (reply.status, reply.body, reply.truncated) == (200, b"half", True)
