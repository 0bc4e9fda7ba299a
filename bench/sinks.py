"""Fake phones for load: an SMTP server and an HTTP receiver on 127.0.0.1 that note what arrives."""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

MARK = re.compile(rb"mark-([0-9a-z]+-[0-9]+)")


class Mode(StrEnum):
    OK = "ok"
    REFUSE = "refuse"  # closes every connection at once
    FAIL = "5xx"
    BUSY = "4xx"
    HANG = "hang"  # takes the connection and never answers


@dataclass
class Sink:
    """Arrivals by mark (the unique word in a title): first time (monotonic) and how often."""

    mode: Mode = Mode.OK
    first: dict[str, float] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    port: int = 0

    def note(self, data: bytes) -> None:
        match = MARK.search(data)
        if match is None:
            return
        mark = match.group(1).decode()
        self.times[mark] += 1
        self.first.setdefault(mark, time.monotonic())


class SmtpSink(Sink):
    """Speaks as much SMTP as a client needs; one message at a time per connection."""

    async def start(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.mode is Mode.REFUSE:
                return
            if self.mode is Mode.HANG:
                await asyncio.sleep(60)
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
            if self.mode is Mode.HANG:
                await asyncio.sleep(60)
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
        self.note(data)
        return b"250 taken\r\n"


class HttpSink(Sink):
    """Answers every POST with 200 (or 500, or not at all)."""

    async def start(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(length.group(1))) if length else b""
            if self.mode is Mode.HANG:
                await asyncio.sleep(60)
            self.note(body)
            status = b"500 Broken" if self.mode is Mode.FAIL else b"200 OK"
            writer.write(
                b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            writer.close()
