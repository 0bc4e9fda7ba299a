"""The web server on raw sockets: slow, endless and wrong requests."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from opsknight.runtime import web
from opsknight.runtime.http import OVERSIZE

pytestmark = pytest.mark.once

LIMIT = 100_000
START = b"POST /api/events HTTP/1.1\r\nHost: x\r\n"
Connect = Callable[[], socket.socket]
arrived = threading.Event()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Says what it was given."""
    if environ["PATH_INFO"] == "/slow":
        arrived.set()
        time.sleep(0.5)
    if environ["PATH_INFO"] == "/unchanged":
        start_response("304 Not Modified", [])
        return []
    said = {
        "method": environ["REQUEST_METHOD"],
        "bytes": len(environ["wsgi.input"].read()),
        "length": environ.get("CONTENT_LENGTH"),
        "oversize": environ.get(OVERSIZE, False),
        "forwarded": environ.get("HTTP_X_FORWARDED_FOR"),
    }
    body = json.dumps(said).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def server() -> Iterator[web.Server]:
    sock = web.listen("127.0.0.1", 0)
    server = web.make_server(application, sock, threads=2, body_bytes=LIMIT)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.stop()
    thread.join(10)
    sock.close()
    assert not thread.is_alive()


@pytest.fixture
def connect(server: web.Server) -> Iterator[Connect]:
    opened = []

    def open_one() -> socket.socket:
        opened.append(socket.create_connection(server.socket.getsockname(), timeout=10))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


def answer(connection: socket.socket) -> tuple[str, dict[str, Any]]:
    """Head and body of one answer with a length."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(65536) or pytest.fail(f"closed after {text!r}")
    head, _, body = text.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536) or pytest.fail("closed in the body")
    return head.decode(), json.loads(body)


def trickle(connection: socket.socket, count: int) -> None:
    """Sends `count` bytes now and then, for four seconds or until the server has enough."""
    for _ in range(200):
        connection.sendall(b"x" * count)
        time.sleep(0.02)


def until_closed(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    text = b""
    while part := connection.recv(65536):
        text += part
    return text


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_body_within_the_limit_arrives(connect: Connect) -> None:
    connection = connect()
    connection.sendall(START + b"Content-Length: %d\r\n\r\n" % LIMIT + b"x" * LIMIT)
    assert answer(connection)[1]["bytes"] == LIMIT


def test_a_declared_gigabyte_is_answered_without_being_read(connect: Connect) -> None:
    connection = connect()
    connection.sendall(START + b"Content-Length: 1073741824\r\n\r\n" + b"x" * 1000)
    head, said = answer(connection)
    assert said == {
        "method": "POST",
        "bytes": 0,
        "length": "0",
        "oversize": True,
        "forwarded": None,
    }
    assert "connection: close" in head.lower()


def test_the_client_of_a_gigabyte_reads_the_answer_although_it_goes_on_sending(
    connect: Connect,
) -> None:
    connection = connect()
    connection.sendall(START + b"Content-Length: 1073741824\r\n\r\n")
    for _ in range(50):
        connection.sendall(b"x" * 100_000)
    assert answer(connection)[1]["oversize"]
    connection.shutdown(socket.SHUT_WR)
    assert is_closed(connection)


def test_an_endless_chunked_body_is_cut_off(connect: Connect) -> None:
    connection = connect()
    connection.sendall(START + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"2710\r\n" + b"x" * 10_000 + b"\r\n"
    for _ in range(30):
        connection.sendall(chunk)
    said = answer(connection)[1]
    assert (said["oversize"], said["bytes"]) == (True, 0)


def test_what_follows_an_oversize_head_is_not_taken_for_a_request(connect: Connect) -> None:
    connection = connect()
    smuggled = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
    connection.sendall(START + b"Content-Length: 1073741824\r\n\r\n" + smuggled)
    assert answer(connection)[1]["oversize"]
    connection.shutdown(socket.SHUT_WR)
    assert is_closed(connection)


def test_an_oversize_body_is_not_invited(connect: Connect) -> None:
    connection = connect()
    connection.sendall(START + b"Expect: 100-continue\r\nContent-Length: 1073741824\r\n\r\n")
    head, said = answer(connection)
    assert head.startswith("HTTP/1.1 200")
    assert said["oversize"]


def test_a_lingering_connection_ends_even_when_the_client_never_stops(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsknight.runtime.http.LINGER_SECONDS", 0.2)
    connection = connect()
    connection.sendall(START + b"Content-Length: 1073741824\r\n\r\n")
    answer(connection)
    with pytest.raises(OSError, match="Broken pipe|reset"):
        trickle(connection, 1000)


@pytest.mark.parametrize("length", [b"-1", b"nonsense", b"9" * 5000])
def test_a_nonsense_length_is_a_bad_request(connect: Connect, length: bytes) -> None:
    connection = connect()
    connection.sendall(START + b"Content-Length: " + length + b"\r\n\r\n")
    assert until_closed(connection).startswith(b"HTTP/1.1 400 ")


def test_a_body_that_comes_too_slowly_is_dropped(
    connect: Connect, server: web.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsknight.runtime.web.REQUEST_SECONDS", 0.3)
    server.adj.cleanup_interval, server.next_channel_cleanup = 0, 0
    connection = connect()
    connection.sendall(START + b"Content-Length: 1000\r\n\r\n")
    with pytest.raises(OSError, match="Broken pipe|reset"):
        trickle(connection, 1)


def test_connections_stay_open_also_after_an_answer_without_a_body(connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"GET /unchanged HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 304")
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer(connection)[1]["method"] == "GET"


def test_a_client_that_wants_to_close_is_told_so(connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"GET /unchanged HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"Connection: close" in until_closed(connection)


def test_proxy_headers_reach_the_application_untouched(connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")
    assert answer(connection)[1]["forwarded"] == "192.0.2.7"


def test_the_server_does_not_name_itself(connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert "server:" not in answer(connection)[0].lower()


def test_a_stop_finishes_what_is_under_way(connect: Connect, server: web.Server) -> None:
    connection = connect()
    connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    assert arrived.wait(10)
    server.stop()
    assert answer(connection)[1]["method"] == "GET"
