"""Fake phones for load: an SMTP server and an HTTP receiver on 127.0.0.1 that note what arrives."""

import asyncio
import contextlib
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

MARK = re.compile(rb"mark-([0-9a-z]+-[0-9]+)")
ALARM = re.compile(rb'"type":"alarm","tag":"PAGER","subjectId":"([a-z0-9,]+)"')
DELIVERY = re.compile(rb"(?im)^x-opsknight-delivery: *([0-9]+)")
LIMIT = 1024 * 1024  # of what is read at once: a whole mail


class Mode(StrEnum):
    OK = "ok"
    REFUSE = "refuse"  # closes every connection at once
    FAIL = "5xx"
    BUSY = "4xx"
    HANG = "hang"  # takes the connection and never answers


@dataclass
class Sink:
    """Arrivals by mark (the unique word in a title): first time (monotonic) and how often.

    `deliveries`: how often each delivery of the installation arrived, by its number. `delay`:
    seconds that a mail takes, half of them before and half after it is noted. `alarms`: when the
    installation said (monotonic) that which parts of its own are broken. `kept`: each message with
    its time, when a list is given; a storm of single pages would fill the memory.
    """

    mode: Mode = Mode.OK
    delay: float = 0.0
    first: dict[str, float] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[int] = field(default_factory=Counter)
    alarms: list[tuple[float, str]] = field(default_factory=list)
    port: int = 0
    server: asyncio.Server | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    kept: list[tuple[float, bytes]] | None = None

    async def start(self) -> None:
        """Listens; after `stop` on the same port again."""
        self.ended.clear()
        self.server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, backlog=512, limit=LIMIT
        )
        self.port = self.server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Nobody listens any more: connections are refused by the kernel."""
        self.ended.set()
        if self.server is not None:
            self.server.close()

    async def hang(self) -> None:
        """Says nothing for a minute, or until the sink ends."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), 60)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    def note(self, data: bytes) -> None:
        if self.kept is not None:
            self.kept.append((time.monotonic(), data))
        alarm = ALARM.search(data)
        if alarm is not None:
            self.alarms.append((time.monotonic(), alarm.group(1).decode()))
            return
        delivery = DELIVERY.search(data)
        if delivery is not None:
            self.deliveries[int(delivery.group(1))] += 1
        match = MARK.search(data)
        if match is None:
            return
        mark = match.group(1).decode()
        self.times[mark] += 1
        self.first.setdefault(mark, time.monotonic())


class SmtpSink(Sink):
    """Speaks as much SMTP as a client needs; one message at a time per connection."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.mode is Mode.REFUSE:
                return
            if self.mode is Mode.HANG:
                await self.hang()
                return
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away; its next connection is another session
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink ready\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if self.mode is Mode.REFUSE or self.ended.is_set():
                return
            if self.mode is Mode.HANG:
                await self.hang()
            if verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            writer.write(await self._answer(verb, reader, writer))
            await writer.drain()

    async def _answer(
        self, verb: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        if verb == b"EHLO":
            return b"250-sink\r\n250 8BITMIME\r\n"
        if verb == b"RCPT" and self.mode is Mode.FAIL:
            return b"550 no such mailbox\r\n"
        if verb == b"RCPT" and self.mode is Mode.BUSY:
            return b"451 try later\r\n"
        if verb != b"DATA":
            return b"250 ok\r\n"
        writer.write(b"354 go on\r\n")
        await writer.drain()
        data = await reader.readuntil(b"\r\n.\r\n")
        await asyncio.sleep(self.delay / 2)
        self.note(data)
        await asyncio.sleep(self.delay / 2)
        return b"250 taken\r\n"


class HttpSink(Sink):
    """Answers every POST with 200 (or 500, or not at all)."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(length.group(1))) if length else b""
            if self.mode is Mode.HANG:
                await self.hang()
            self.note(head + body)
            status = b"500 Broken" if self.mode is Mode.FAIL else b"200 OK"
            writer.write(
                b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            writer.close()
