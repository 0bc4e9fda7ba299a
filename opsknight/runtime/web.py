"""The web server of one process: waitress on a socket that the supervisor bound."""

import contextlib
import logging
import resource
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from opsknight.runtime.http import Channel
from opsknight.runtime.progress import Pulse

log = logging.getLogger("opsknight.web")

CONNECTIONS = 4000
OTHER_FILES = 200  # of a web process: database, temporary files of long bodies, code
IDLE_SECONDS = 75  # longer than the keep-alive of usual proxies, so that they close first
REQUEST_SECONDS = 60  # for a whole request to come in
DRAIN_SECONDS = 5.0
BODY_SLACK = 64 * 1024  # chunk headers count as body while it comes in
BACKLOG = 2048
ACCEPTS_AT_ONCE = 16

Application = Callable[..., Any]


class Server(TcpWSGIServer):
    """Accepts connections and reads requests in one thread, answers them in a few others."""

    channel_class = Channel
    stopping = False

    def __init__(self, *args: Any, pulse: Pulse, **options: Any) -> None:
        self.pulse = pulse
        super().__init__(*args, **options)

    def readable(self) -> bool:
        self.pulse.turned()  # asked in each turn of the loop
        return bool(super().readable()) and not self.stopping

    def handle_accept(self) -> None:
        """Takes several at once: a turn of the loop looks at every open connection."""
        for _ in range(ACCEPTS_AT_ONCE):
            known = len(self._map)
            super().handle_accept()
            if len(self._map) == known:
                return

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.overdue(REQUEST_SECONDS):
                channel.will_close = True

    def serve(self) -> None:
        """Runs until `stop`, then finishes what was received completely."""
        while not self.stopping:
            self._turn(1)
        until = time.monotonic() + DRAIN_SECONDS
        while self._busy() and time.monotonic() < until:
            self._turn(0.1)
        self.task_dispatcher.shutdown(timeout=max(0.1, until - time.monotonic()))
        wasyncore.close_all(self._map, ignore_all=True)

    def stop(self, *_: Any) -> None:
        """Safe in a signal handler."""
        if not self.stopping:
            self.stopping = True
            with contextlib.suppress(OSError):  # another thread may have ended `serve` just now
                self.pull_trigger()

    def _turn(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, use_poll=True, map=self._map, count=1)

    def _busy(self) -> bool:
        channels = self.active_channels.values()
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


def listen(host: str, port: int) -> socket.socket:
    """A bound, not yet listening socket. Raises OSError when the address cannot be had."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def connection_limit() -> int:
    """How many connections the open files of this process allow."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS if files == resource.RLIM_INFINITY else min(CONNECTIONS, files - OTHER_FILES)


def make_server(
    application: Application,
    sock: socket.socket,
    *,
    threads: int,
    body_bytes: int,
    pulse: Pulse | None = None,
) -> Server:
    """`body_bytes`: longest body that is read; see opsknight.runtime.http for longer ones."""
    options = Adjustments(
        sockets=[sock],
        threads=threads,
        backlog=BACKLOG,
        connection_limit=connection_limit(),
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=5,
        max_request_body_size=body_bytes + BODY_SLACK,
        asyncore_use_poll=True,
        expose_tracebacks=False,
        log_socket_errors=False,
        ident=None,
        clear_untrusted_proxy_headers=False,  # core.middleware decides whom to trust
    )
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    return Server(
        application,
        {},
        True,
        sock,
        dispatcher=dispatcher,
        adj=options,
        sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
        bind_socket=False,
        pulse=pulse or Pulse(),
    )


def run(server: Server) -> None:
    """Serves until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()
