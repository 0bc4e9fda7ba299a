"""A steady flow of events, sent like a monitoring tool does it: again until they are accepted."""

import asyncio
import secrets
import time
from collections import Counter
from dataclasses import dataclass

from bench.load import REFUSED, Connection, event

ACCEPTED, UNAVAILABLE = 202, 503
RETRY_SECONDS = 0.3
FINISH_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """One try of one event: when it was sent and answered (monotonic), and how (0: not at all)."""

    mark: str
    sent: float
    at: float
    status: int

    @property
    def seconds(self) -> float:
        return self.at - self.sent


class Flow:
    """`clients` connections, together `rate` new events a second; each event has its own key.

    A try without an answer or with 503 is repeated with the same key: `accepted` (mark -> time of
    the first 202) is what the installation owes. Use as a context: leaving it ends the flow.
    """

    def __init__(self, port: int, key: str, *, clients: int = 4, rate: float = 10.0) -> None:
        self.port = port
        self.headers = {"Authorization": f"Token token={key}", "Content-Type": "application/json"}
        self.pause = clients / rate
        self.clients = clients
        self.prefix = secrets.token_hex(4)
        self.sent = 0
        self.accepted: dict[str, float] = {}
        self.answers: list[Answer] = []
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Flow":
        self._tasks = [asyncio.create_task(self._client(n)) for n in range(self.clients)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.finish(0)

    async def finish(self, seconds: float = FINISH_SECONDS) -> None:
        """No new events; those under way are repeated for so long."""
        self._stopping = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        done = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for error in done:
            if isinstance(error, Exception):
                raise error

    @property
    def statuses(self) -> dict[int, int]:
        """How many answers of each status; 0 is no answer."""
        return dict(sorted(Counter(answer.status for answer in self.answers).items()))

    @property
    def foreign(self) -> dict[int, int]:
        """Answers that are neither 202, 503 nor silence: there must be none."""
        usual = (ACCEPTED, UNAVAILABLE, REFUSED)
        return {status: n for status, n in self.statuses.items() if status not in usual}

    def between(self, start: float, end: float) -> list[Answer]:
        """Tries that began and ended within these times."""
        return [answer for answer in self.answers if start <= answer.sent and answer.at <= end]

    def first_accepted_after(self, moment: float) -> float | None:
        """When the first event was accepted whose try began after `moment`."""
        times = (a.at for a in self.answers if a.sent >= moment and a.status == ACCEPTED)
        return min(times, default=None)

    async def _client(self, number: int) -> None:
        connection = Connection(self.port)
        try:
            await asyncio.sleep(self.pause * number / self.clients)
            while not self._stopping:
                started = time.monotonic()
                self.sent += 1
                await self._deliver(connection, f"{self.prefix}-{self.sent}")
                await asyncio.sleep(max(0.0, self.pause - (time.monotonic() - started)))
        finally:
            connection.close()

    async def _deliver(self, connection: Connection, mark: str) -> None:
        while True:
            sent = time.monotonic()
            status, _ = await connection.post("/api/events", event(mark), self.headers)
            now = time.monotonic()
            self.answers.append(Answer(mark, sent, now, status))
            if status == ACCEPTED:
                self.accepted.setdefault(mark, now)
            if status not in (UNAVAILABLE, REFUSED):
                return
            await asyncio.sleep(RETRY_SECONDS)


async def send(port: int, key: str, count: int) -> Flow:
    """`count` events as fast as they go; all accepted when this returns."""
    flow = Flow(port, key)
    connection = Connection(port)
    for _ in range(count):
        flow.sent += 1
        await flow._deliver(connection, f"{flow.prefix}-{flow.sent}")  # noqa: SLF001 same room
    connection.close()
    return flow
