"""A load client of raw sockets: keep-alive, one request in flight per connection."""

import asyncio
import json
import secrets
import sys
import time
from dataclasses import asdict, dataclass, field

REFUSED = 0  # no answer at all


@dataclass
class Tally:
    """What one run of load saw: latencies (seconds) of accepted events, statuses, marks."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    accepted: dict[str, float] = field(default_factory=dict)  # mark -> time of the answer
    seconds: float = 0.0

    def count(self, status: int) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1

    @property
    def rate(self) -> float:
        return len(self.accepted) / self.seconds if self.seconds else 0.0

    @property
    def refused(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != 202)


class Connection:
    """One HTTP/1.1 connection, opened when needed and again after an error."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body; status 0 when the connection broke."""
        try:
            async with asyncio.timeout(30):
                return await self._post(path, body, headers)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            self.close()
            return REFUSED, b""

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        fields = dict(
            line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
        )
        answer = await reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection") == "close":
            self.close()
        return status, answer

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


def event(mark: str, severity: str = "critical", action: str = "trigger") -> bytes:
    """An event whose title carries the mark."""
    payload = {
        "summary": f"Load mark-{mark}",
        "source": "bench",
        "severity": severity,
        "custom_details": {"host": "web-01", "value": 95.5},
    }
    return json.dumps({"event_action": action, "dedup_key": mark, "payload": payload}).encode()


async def flood_from_outside(port: int, key: str, **load: float) -> Tally:
    """`flood` by a process of its own: the mail sink here must not slow the clients down."""
    order = json.dumps({"port": port, "key": key, **load})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", order, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    told = json.loads(out)
    told["statuses"] = {int(status): count for status, count in told["statuses"].items()}
    return Tally(**told)


async def flood(
    port: int, key: str, *, clients: int, seconds: float = 0.0, total: int = 0, pause: float = 0.0
) -> Tally:
    """New events from `clients` connections for `seconds`, or until `total` were sent.

    `pause` seconds between two events of a client makes it a steady rate instead of a flood.
    """
    tally = Tally()
    prefix = secrets.token_hex(4)
    numbers = iter(range(total or 10_000_000))
    started = time.monotonic()
    end = started + seconds if seconds else float("inf")
    workers = [_client(port, key, tally, prefix, numbers, end, pause) for _ in range(clients)]
    await asyncio.gather(*workers)
    tally.seconds = time.monotonic() - started
    return tally


async def _client(
    port: int, key: str, tally: Tally, prefix: str, numbers: object, end: float, pause: float
) -> None:
    connection = Connection(port)
    headers = {"Authorization": f"Token token={key}", "Content-Type": "application/json"}
    while time.monotonic() < end:
        number = next(numbers, None)  # type: ignore[call-overload]
        if number is None:
            break
        mark = f"{prefix}-{number}"
        sent = time.monotonic()
        status, _ = await connection.post("/api/events", event(mark), headers)
        now = time.monotonic()
        tally.count(status)
        if status == 202:
            tally.accepted[mark] = now
            tally.latencies.append(now - sent)
        if pause:
            await asyncio.sleep(max(0.0, pause - (now - sent)))
    connection.close()


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(flood(**json.loads(sys.argv[1]))))))
