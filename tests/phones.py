"""Fake phones: a real SMTP server and a real HTTP server on 127.0.0.1 that record what arrives.

    def test_ann_is_paged(phones):
        phones.hook.mode = Mode.HANG
        …
        phones.wait(lambda: phones.mails)
        assert phones.mails[0].subject == "[HIGH] #1 Checkout is down"

Both can be told to misbehave at any moment: `phones.mail.mode`, `phones.hook.mode`.
"""

import asyncio
import email
import email.policy
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


class Mode(StrEnum):
    """OK takes everything; REFUSE does not even listen; HANG never answers; DROP hangs up."""

    OK = "ok"
    REFUSE = "refuse"
    TEMPORARY = "4xx/5xx that may be tried again"
    PERMANENT = "refusal for good"
    BUSY = "429 with Retry-After"
    HANG = "hang"
    DROP = "drop"


@dataclass(frozen=True)
class Mail:
    """One mail as the server took it. `at` is monotonic."""

    at: float
    sender: str
    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, _class=EmailMessage, policy=email.policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self) -> str:
        return self.message.get_body(("html",)).get_content()


@dataclass(frozen=True)
class Call:
    """One webhook call that was answered with 2xx. Header names are lower case."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Loop:
    """An asyncio loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def stop(self) -> None:
        self.call(self._end_tasks())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(20)
        self.loop.close()

    async def _end_tasks(self) -> None:
        """Ends the conversations that are still open, quietly."""
        await asyncio.sleep(0.01)  # those that were told to hang end by themselves
        tasks = asyncio.all_tasks(self.loop) - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class Sink:
    """One listening port that keeps its number while REFUSE closes it."""

    loop: Loop
    port: int = 0
    attempts: int = 0  # deliveries that were begun, whatever became of them
    _mode: Mode = Mode.OK
    _server: asyncio.Server | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.loop.call(self._listen())

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        self.loop.call(self._close() if mode == Mode.REFUSE else self._listen())

    def close(self) -> None:
        self.loop.call(self._end())

    async def _end(self) -> None:
        self._mode = Mode.DROP  # what hangs now wakes up and hangs up
        self._over.set()
        await self._close()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await self._serve(self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, port: int) -> asyncio.Server:
        raise NotImplementedError


@dataclass
class MailSink(Sink):
    """An SMTP server (aiosmtpd)."""

    received: list[Mail] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    async def _serve(self, port: int) -> asyncio.Server:
        def protocol() -> SMTP:
            return SMTP(self, hostname="sink.test", loop=self.loop.loop, enable_SMTPUTF8=True)

        return await self.loop.loop.create_server(protocol, HOST, port, reuse_address=True)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        if self.mode == Mode.HANG:
            await self._over.wait()
        if self.mode in {Mode.TEMPORARY, Mode.BUSY}:
            return "451 try again later"
        if self.mode == Mode.PERMANENT:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.mode in {Mode.DROP, Mode.REFUSE}:
            server.transport.close()
            return "250 nobody hears this"
        sender, raw = str(envelope.mail_from), bytes(envelope.content or b"")
        for to in envelope.rcpt_tos:
            self.received.append(Mail(time.monotonic(), sender, to, raw))
        return "250 accepted"


@dataclass
class HookSink(Sink):
    """An HTTP server; any path answers."""

    received: list[Call] = field(default_factory=list)
    retry_after: int = 60

    def url(self, path: str = "/") -> str:
        return f"http://{HOST}:{self.port}{path}"

    async def _serve(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._answer, HOST, port, reuse_address=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call = await _read_call(reader)
            self.attempts += 1
            if self.mode == Mode.HANG:
                await self._over.wait()
            if self.mode not in {Mode.DROP, Mode.REFUSE}:
                writer.write(self._reply(call))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the caller hung up: what our clients do after a time-out
        finally:
            writer.close()

    def _reply(self, call: Call) -> bytes:
        status = {
            Mode.TEMPORARY: "503 Service Unavailable",
            Mode.PERMANENT: "410 Gone",
            Mode.BUSY: f"429 Too Many Requests\r\nRetry-After: {self.retry_after}",
        }.get(self.mode, "200 OK")
        if self.mode == Mode.OK:
            self.received.append(call)
        return f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi".encode()


async def _read_call(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request, *lines = head.strip().split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Call(time.monotonic(), request.split(" ")[1], headers, body)


class Phones:
    """Both servers, and further webhook hosts: each port is a provider of its own."""

    def __init__(self) -> None:
        self._loop = Loop()
        self.mail = MailSink(self._loop)
        self.hook = HookSink(self._loop)
        self._more: list[HookSink] = []

    @property
    def mails(self) -> list[Mail]:
        return self.mail.received

    @property
    def calls(self) -> list[Call]:
        return self.hook.received

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == address]

    def another_hook(self) -> HookSink:
        sink = HookSink(self._loop)
        self._more.append(sink)
        return sink

    def environment(self) -> dict[str, str]:
        """What a product process needs to reach these phones."""
        return {"EMAIL_URL": self.mail.url, "OPSKNIGHT_EGRESS_ALLOW": f"{HOST}/32"}

    def wait(self, condition: Callable[[], Any], seconds: float = 20.0) -> None:
        """Until the condition holds; fails after `seconds`."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s: {self}"
            time.sleep(0.005)

    def close(self) -> None:
        for sink in (self.mail, self.hook, *self._more):
            sink.close()
        self._loop.stop()

    def __str__(self) -> str:
        return f"{len(self.mails)} mails, {len(self.calls)} calls"


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Phones]:
    """Phones that this process is configured to reach."""
    from core import smtp

    fake = Phones()
    monkeypatch.setenv("EMAIL_URL", fake.mail.url)
    settings.OPSKNIGHT_EGRESS_ALLOW = (f"{HOST}/32",)
    yield fake
    smtp.close_idle()
    fake.close()
