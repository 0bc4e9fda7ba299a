"""How a request is read: bodies over the limit are never buffered, slow ones have a deadline.

waitress answers an oversize body by itself. Here such a request is completed instead: it reaches
Django with an empty body and ``environ["opsknight.oversize"] = True``, so that the door of a
monitoring tool can open an incident that says so. The connection ends after the answer.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import BadRequest, RequestEntityTooLarge

OVERSIZE = "opsknight.oversize"
LINGER_SECONDS = 3.0
DISCARD_BYTES = 65536


class RequestParser(HTTPRequestParser):
    """Reads one request; `oversize` when its body, declared or chunked, is over the limit."""

    oversize = False

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.started = time.monotonic()

    def received(self, data: bytes) -> int:
        """Bytes consumed. The rest of an oversize body counts as consumed: it is not a request."""
        try:
            consumed: int = super().received(data)
        except ValueError:  # a Content-Length of thousands of digits
            self.error = BadRequest("Content-Length is invalid")
            self.completed = True
        if self.completed and isinstance(self.error, RequestEntityTooLarge):
            self._drop_body()
        return len(data) if self.error or self.oversize else consumed

    def _drop_body(self) -> None:
        self.close()
        self.error = self.body_rcv = None
        self.oversize = True
        self.expect_continue = False
        self.headers |= {"CONTENT_LENGTH": "0", "CONNECTION": "close"}


class RequestTask(WSGITask):
    """One call of the application."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if self.request.oversize:
            environ[OVERSIZE] = True
            self.channel.refused = True
        return environ

    def write(self, data: bytes) -> None:
        """Head and first part leave together: one packet, and the client wakes up once."""
        if self.wrote_header:
            super().write(data)
            return
        with self.channel.together():
            super().write(data)

    def finish(self) -> None:
        super().finish()
        self.channel.server.pulse.answered()

    def set_close_on_finish(self) -> None:
        # An answer that has no body (204, 304) needs no length to keep the connection open.
        asked = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked or self.version == "1.0":
            super().set_close_on_finish()


class Channel(HTTPChannel):
    """One connection. After an oversize request it lingers: closing with unread input would make
    the kernel reset the connection, and the client would never see the answer."""

    parser_class = RequestParser
    task_class = RequestTask
    lingering_until = 0.0
    refused = False
    held: list[bytes] | None = None

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is written meanwhile is sent as one."""
        held = self.held = []
        try:
            yield
        finally:
            self.held = None
        self.write_soon(b"".join(held))

    def write_soon(self, data: Any) -> int:
        if self.held is None:
            return int(super().write_soon(data) or 0)
        self.held.append(data)
        return len(data)

    def overdue(self, seconds: float) -> bool:
        """Has a half-received request been coming in for longer than `seconds`?"""
        request = self.request
        return request is not None and time.monotonic() - request.started > seconds

    def readable(self) -> bool:
        if not self.lingering_until:
            return bool(super().readable())
        if time.monotonic() > self.lingering_until:
            self.will_close = True
        return not self.will_close

    def handle_read(self) -> None:
        if not self.lingering_until:
            super().handle_read()
            return
        try:
            self.recv(DISCARD_BYTES)  # at the end of the stream this closes the channel
        except OSError:
            self.handle_close()

    def handle_close(self) -> None:
        if self.refused and self.connected and not self.lingering_until:
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                super().handle_close()
                return
            self.will_close = False
            self.lingering_until = time.monotonic() + LINGER_SECONDS
            return
        super().handle_close()
