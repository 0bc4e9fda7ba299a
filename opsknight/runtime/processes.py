"""Which processes make an installation, and what runs in each."""

import os
import signal
import socket
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application

from dashboard.domain.alarm import Part
from notifications.sender import Sender
from opsknight.runtime import queue, sentry, ticker, traffic, web
from opsknight.runtime.child import Child
from opsknight.runtime.database import Role
from opsknight.runtime.progress import Board, Pulse

LOOP_STALL = 15.0
QUEUE_STALL = 25.0  # longer than its tasks may take
# Under a storm the processor goes first to accepting events, which a sender may not repeat, then
# to paging, and last to what may wait. Nobody starves: a niced process still gets its share.
PAGING = 4
PUBLISHING = 12


def children(sock: socket.socket, board: Board) -> list[Child]:
    """The processes of `manage.py up`; web processes share `sock`, each has a slot on `board`."""

    def engine(
        name: str, run: Callable[[], None], stall: float, *, nice: int, family: int = 0
    ) -> Child:
        return Child(name, partial(_without, sock, run, nice), Role.ENGINE, stall, family)

    counts = traffic.Board(settings.WEB_PROCESSES)
    webs = [
        Child(
            f"web-{slot + 1}",
            partial(run_web, sock, board.pulse(slot), partial(traffic.use, counts, slot)),
            Role.WEB,
            LOOP_STALL,
        )
        for slot in range(settings.WEB_PROCESSES)
    ]
    return [
        *webs,
        engine("ticker", run_ticker, LOOP_STALL, nice=PAGING),
        engine("sender", run_sender, LOOP_STALL, nice=PAGING),
        engine("q2", queue.run_cluster, QUEUE_STALL, nice=PUBLISHING, family=queue.FAMILY),
    ]


def _without(sock: socket.socket, run: Callable[[], None], nice: int) -> None:
    sock.close()
    os.nice(nice)
    run()


def run_web(
    sock: socket.socket, pulse: Pulse | None = None, begin: Callable[[], None] | None = None
) -> None:
    """Answers requests on `sock` until SIGTERM; `begin` is called in the new process first."""
    if begin:
        begin()
    settings.PROCESS = "web"
    server = web.make_server(
        get_internal_wsgi_application(),
        sock,
        threads=settings.WEB_THREADS,
        body_bytes=settings.VENDOR_BODY_BYTES,
        pulse=pulse,
    )
    web.run(server)


def run_ticker() -> None:
    """Does what is due until SIGTERM, with a watcher of the other processes beside it."""
    sentry.beside(Part.TICKER)
    ticker.run()


def run_sender() -> None:
    """Sends deliveries until SIGTERM, with a watcher of the other processes beside it."""
    sentry.beside(Part.SENDER)
    sender = Sender()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sender.stop())
    sender.run()
