"""Asks our own web server for its health now and then, without waiting for the answer."""

import socket

REQUEST = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
EVERY = 2.0
DEADLINE = 3.0


class WebCheck:
    """One question at a time; `failures` counts questions in a row that got no 200 in time."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.failures = 0
        self.passed = False
        self.passed_at = 0.0
        self._socket: socket.socket | None = None
        self._answer = b""
        self._sent = False
        self._next = 0.0
        self._until = 0.0

    def step(self, now: float) -> None:
        """Called a few times a second; never blocks. `now` is monotonic."""
        if self._socket is None:
            if now >= self._next:
                self._ask(now)
            return
        try:
            self._talk(self._socket)
        except BlockingIOError:
            if now > self._until:
                self._end(now, ok=False)
        except OSError:
            self._end(now, ok=False)
        else:
            self._end(now, ok=self._answer.startswith(b"HTTP/1.1 200"))

    def close(self) -> None:
        """Forgets the question under way."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _ask(self, now: float) -> None:
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._answer, self._sent = b"", False
        self._next, self._until = now + EVERY, now + DEADLINE
        try:
            self._socket.connect(self.address)
        except BlockingIOError:
            return
        except OSError:
            self._end(now, ok=False)

    def _talk(self, connection: socket.socket) -> None:
        """Returns at the end of the answer. Raises BlockingIOError while there is nothing yet."""
        if not self._sent:
            connection.send(REQUEST)
            self._sent = True
        while part := connection.recv(4096):
            self._answer += part

    def _end(self, now: float, *, ok: bool) -> None:
        self.close()
        self.passed = self.passed or ok
        self.passed_at = now if ok else self.passed_at
        self.failures = 0 if ok else self.failures + 1
        self._next = max(self._next, now + (EVERY if self.passed else 0.1))
