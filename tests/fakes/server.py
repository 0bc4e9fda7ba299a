"""The common part of fake vendors: a real HTTP server in a thread that can be told to misbehave.

    with FakeTelegram() as telegram:
        telegram.mode = Mode.BUSY
        …
        assert telegram.calls[-1].json["chat_id"] == 7

Needs no test runner, so that a demonstration can start it too.
"""

import json
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
Reply = tuple[int, Any]


class Mode(StrEnum):
    """What happens to every call; ACCEPT is the vendor's own answer."""

    ACCEPT = "accept"
    REFUSE = "credentials refused"
    BROKEN = "500"
    BUSY = "429"
    HANG = "hang"
    DROP = "drop"


@dataclass(frozen=True)
class Call:
    """One request as it came. Header names are lower case; `at` is monotonic."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class _Server(ThreadingHTTPServer):
    """A sender opens dozens of connections at once: those that find no place wait a second."""

    request_queue_size = 512
    daemon_threads = True


class FakeVendor:
    """Records each call and answers with `answer(call)`; the modes win over it."""

    retry_after = 30

    def __init__(self) -> None:
        self.mode = Mode.ACCEPT
        self.calls: list[Call] = []
        self._over = threading.Event()
        self._server = _Server((HOST, 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def answer(self, call: Call) -> Reply:
        """(status, JSON body or bytes) of a call that nothing keeps from being answered."""
        raise NotImplementedError

    def refusal(self) -> Reply:
        """What wrong credentials are answered with."""
        return 401, {"message": "Unauthorized"}

    def busy(self) -> Reply:
        return 429, {"message": "Too many requests"}

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reply(self, call: Call) -> Reply | None:
        """None hangs up without a word."""
        if self.mode == Mode.HANG:
            self._over.wait()
        if self.mode in {Mode.HANG, Mode.DROP}:
            return None
        if self.mode == Mode.BROKEN:
            return 500, {"message": "Internal Server Error"}
        if self.mode == Mode.BUSY:
            return self.busy()
        return self.refusal() if self.mode == Mode.REFUSE else self.answer(call)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                parts = urlsplit(self.path)
                call = Call(
                    at=time.monotonic(),
                    method=self.command,
                    path=parts.path,
                    query=dict(parse_qsl(parts.query)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
                vendor.calls.append(call)
                reply = vendor._reply(call)
                if reply is not None:
                    self._write(*reply)

            do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815

            def _write(self, status: int, body: Any) -> None:
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", str(vendor.retry_after))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet: what came is in `calls`."""

        return Handler
