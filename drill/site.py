"""What is drilled: one installation with its fake mail server and webhook receiver."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import psutil

from bench.instance import Instance
from bench.sinks import HttpSink, SmtpSink
from drill.report import Report
from drill.roles import ALL, roles

WAIT_MINUTES = 60  # of each step of the seeded policies
STOP_TRIES = 600
PROBE_SECONDS = 2.0
PROBE_EVERY = 0.1
REQUEST = b"GET /api/health?mode=readiness HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Options:
    """`database` by its name; for the drill `kill`: for how many `seconds`, the `seed` of its
    randomness, and how long a mail is on the wire (`mail_seconds`): what a killed sender leaves
    there is sent again when its lease ends, 15 s later. `prepared`: see bench.instance.
    """

    database: str
    seconds: float = 60.0
    seed: int = 1
    mail_seconds: float = 0.2
    prepared: str = ""


class Site:
    """Use as an asynchronous context: afterwards no process of the installation is left."""

    def __init__(self, options: Options, report: Report, env: dict[str, str] | None = None) -> None:
        self.options = options
        self.report = report
        self.env = env
        self.mail = SmtpSink()
        self.hook = HttpSink()

    async def __aenter__(self) -> "Site":
        await self.mail.start()
        await self.hook.start()
        self.instance = Instance(
            self.options.database,
            smtp_port=self.mail.port,
            env={"OPSKNIGHT_ALARM_WEBHOOKS": self._alarm_url(), **(self.env or {})},
            seed=("drill.seed", str(self.hook.port)),
            prepared=self.options.prepared,
        )
        try:
            self.instance.__enter__()  # blocks: nobody may cancel a start half-way
        except BaseException:
            self._clean()
            raise
        self.report.say(f"ready {self.instance.ready_after:.1f} s after the start")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.mail.stop()
        self.hook.stop()
        self._clean()
        await asyncio.sleep(0.1)  # the sinks see that their connections have ended

    def _clean(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.instance.stop()
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.instance.__exit__()

    def _alarm_url(self) -> str:
        return f"http://127.0.0.1:{self.hook.port}/alarm"

    # --- processes ----------------------------------------------------------------------------

    @property
    def supervisor(self) -> subprocess.Popen[bytes]:
        if self.instance.process is None:
            raise RuntimeError("the installation was never started")
        return self.instance.process

    def roles(self) -> dict[str, int]:
        """Role -> process id of everything below the supervisor."""
        return roles(self.supervisor.pid)

    def processes(self) -> list[psutil.Process]:
        """Every living process of this installation, whoever its parent is."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            home = process.environ().get("OPSKNIGHT_DATA_DIR")
            return home == str(self.instance.home) and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    async def stand_still(self, pid: int, *, writing: bool = False) -> None:
        """SIGSTOP between two writes of SQLite, or in the middle of one (`writing`).

        Raises RuntimeError when no such moment came.
        """
        for _ in range(STOP_TRIES):
            os.kill(pid, signal.SIGSTOP)
            if await self.is_free() is not writing and await self.is_free() is not writing:
                return  # asked twice: another process may have been writing
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.013)
        raise RuntimeError(f"process {pid} could not be stopped at such a moment")

    async def is_free(self) -> bool:
        """Whether nobody holds SQLite's write lock; PostgreSQL has none."""
        return bool(self.instance.url) or await asyncio.to_thread(self.instance.is_free)

    async def end(self, number: signal.Signals, seconds: float) -> float:
        """Sends the signal to the supervisor; seconds until no process was left (or `seconds`)."""
        started = time.monotonic()
        self.supervisor.send_signal(number)
        while time.monotonic() - started < seconds:
            if self.supervisor.poll() is not None and not self.processes():
                break
            await asyncio.sleep(0.1)
        return time.monotonic() - started

    async def start(self) -> None:
        """Starts the installation again and says how long it took."""
        await asyncio.to_thread(self.instance.start)
        self.report.say(f"started again, ready after {self.instance.ready_after:.1f} s")

    # --- state --------------------------------------------------------------------------------

    async def ask(self, sql: str, *values: object) -> list[tuple]:
        return await asyncio.to_thread(self.instance.ask, sql, *values)

    def stored(self, at: datetime) -> object:
        """An instant as the database compares it."""
        return at if self.instance.url else f"{at:%Y-%m-%d %H:%M:%S.%f}"

    def log(self) -> str:
        return (self.instance.home / "up.log").read_text(errors="replace")

    async def is_ready(self) -> bool:
        """One question to the readiness check, answered within PROBE_SECONDS."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):  # wait_for of 3.11 may swallow our end
                answer = await self._probe()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False
        return answer.startswith(b"HTTP/1.1 200")

    async def _probe(self) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.instance.port)
        try:
            writer.write(REQUEST)
            return await reader.readline()
        finally:
            writer.close()

    async def ready_within(self, seconds: float) -> float | None:
        """Seconds until all processes are there and it says that it is ready; None: never."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            if self.roles().keys() >= ALL and await self.is_ready():
                return time.monotonic() - started
            await asyncio.sleep(PROBE_EVERY)
        return None


class Watch:
    """Asks ten times a second whether the installation is ready. Use as a context."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seen: list[tuple[float, bool]] = []  # when the question was asked, and the answer

    async def __aenter__(self) -> "Watch":
        self.task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def _look(self) -> None:
        while True:
            asked = time.monotonic()
            self.seen.append((asked, await self.site.is_ready()))
            await asyncio.sleep(PROBE_EVERY)

    def recovery(self, moment: float) -> float | None:
        """Seconds from `moment` until the check was asked and said yes."""
        times = (asked - moment for asked, ready in self.seen if ready and asked >= moment)
        return min(times, default=None)

    @property
    def longest_gap(self) -> float:
        """The longest time between two good answers."""
        good = [asked for asked, ready in self.seen if ready]
        return max((b - a for a, b in pairwise(good)), default=0.0)
