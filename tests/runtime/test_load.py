"""Many connections at once against the running installation."""

import contextlib
import resource
import socket
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.runtime.conftest import Installation

pytestmark = pytest.mark.once  # liveness asks no database

SLOW = 500
HEAD = b"POST /api/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"


@pytest.fixture
def slow_bodies(running: Installation) -> Iterator[contextlib.ExitStack]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    with contextlib.ExitStack() as stack:
        for _ in range(SLOW):
            connection = socket.create_connection(("127.0.0.1", running.port), timeout=10)
            stack.enter_context(connection)
            connection.sendall(HEAD)
        yield stack


def test_a_request_is_answered_in_a_second_while_500_bodies_crawl_in(
    running: Installation, slow_bodies: contextlib.ExitStack
) -> None:
    slowest = 0.0
    for _ in range(10):
        started = time.monotonic()
        with urllib.request.urlopen(f"{running.url}/api/health", timeout=5) as answer:
            assert answer.status == 200
        slowest = max(slowest, time.monotonic() - started)
    assert slowest < 1
