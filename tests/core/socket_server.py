"""A real TCP server for tests: one script per connection, every connection counted."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Self

Script = Callable[[socket.socket], None]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


def answer(body: bytes = b"ok", head: bytes | None = None) -> Script:
    """Script: read one request, answer it, close."""

    def script(conn: socket.socket) -> None:
        read_request(conn)
        conn.sendall((HEAD % len(body) if head is None else head) + body)

    return script


def read_request(conn: socket.socket) -> bytes:
    """Head of the request (the body, if any, may or may not follow)."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = conn.recv(65536)
        if not piece:
            break
        data += piece
    return data


class SocketServer:
    """Listens until the `with` block ends; then hangs up on everybody and waits for its threads."""

    def __init__(self, script: Script, host: str = "127.0.0.1", port: int = 0) -> None:
        self._script = script
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server(
            (host, port), family=family, dualstack_ipv6=family == socket.AF_INET6
        )
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.stopped = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for conn in list(self._open):
            _hang_up(conn)
        for thread in list(self._threads):
            thread.join(timeout=5)

    def ticks(self, seconds: float = 0.03) -> Iterator[None]:
        """One tick each `seconds` until the server stops: the rhythm of a dripping peer."""
        while not self.stopped.wait(seconds):
            yield

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(conn)
            self._start(self._serve, conn)

    def _serve(self, conn: socket.socket) -> None:
        try:
            self._script(conn)
        except OSError:
            return  # the client hung up, which many tests want to see
        finally:
            _hang_up(conn)


def _hang_up(conn: socket.socket) -> None:
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already gone
    finally:
        conn.close()
