"""PostgreSQL goes away and comes back while events flow: restarted, and killed."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass

import psutil

from bench.load import REFUSED
from drill.flow import UNAVAILABLE, Flow
from drill.site import Site
from drill.verify import nothing_is_lost
from scripts.postgres import NoPostgres, TemporaryPostgres

QUIET_SECONDS = 5.0  # of normal work before and after an outage
DOWN_SECONDS = 5.0
BACK_SECONDS = 30.0


@dataclass
class Outage:
    """When the server was surely down, and when it accepted connections again (monotonic)."""

    name: str
    since: float
    until: float
    back: float = 0.0


async def postgres(site: Site) -> None:
    """A restart, a long restart and a SIGKILL of the server's first process."""
    server = site.instance.postgres
    if server is None:
        raise ValueError("this drill wants PostgreSQL")
    async with Flow(site.instance.port, site.instance.key) as flow:
        for name, seconds, number in (
            ("restart", 0.0, signal.SIGINT),
            ("stopped for a while", DOWN_SECONDS, signal.SIGINT),
            ("killed", DOWN_SECONDS, signal.SIGKILL),
        ):
            await asyncio.sleep(QUIET_SECONDS)
            outage = await _break(site, server, name, seconds, number)
            await _until_back(site, flow, outage)
            _judge(site, flow, outage)
        await asyncio.sleep(QUIET_SECONDS)
        await flow.finish()
    await nothing_is_lost(site, flow)


async def _break(
    site: Site, server: TemporaryPostgres, name: str, seconds: float, number: signal.Signals
) -> Outage:
    first = psutil.Process(server.pid)
    everyone = [first, *first.children(recursive=True)]
    if number is signal.SIGKILL:
        os.kill(server.pid, number)
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(psutil.wait_procs, everyone, 10)
    since = time.monotonic()
    site.report.say(f"PostgreSQL is down ({name})")
    await asyncio.sleep(seconds)
    until = time.monotonic()
    await _start(server)
    return Outage(name, since, until, time.monotonic())


async def _start(server: TemporaryPostgres) -> None:
    """After a crash the old processes may still hold the memory for a moment: tried again."""
    until = time.monotonic() + BACK_SECONDS
    while True:
        try:
            await asyncio.to_thread(server.restart)
            return
        except NoPostgres:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.5)


async def _until_back(site: Site, flow: Flow, outage: Outage) -> None:
    end = time.monotonic() + BACK_SECONDS
    while flow.first_accepted_after(outage.until) is None and time.monotonic() < end:
        await asyncio.sleep(0.05)
    await site.ready_within(BACK_SECONDS)
    outage.back = time.monotonic()


def _judge(site: Site, flow: Flow, outage: Outage) -> None:
    during = flow.between(outage.since, outage.until)
    wrong = [answer.status for answer in during if answer.status not in (UNAVAILABLE, REFUSED)]
    slowest = max((answer.seconds for answer in during), default=0.0)
    site.report.check(
        f"{outage.name}: nothing is accepted while the database is down",
        not wrong,
        f"{len(during)} tries, slowest answer {slowest:.1f} s",
    )
    accepted = flow.first_accepted_after(outage.until)
    seconds = BACK_SECONDS if accepted is None else accepted - outage.until
    ready = outage.back - outage.until
    site.report.check(
        f"{outage.name}: back within {BACK_SECONDS:.0f} s",
        max(seconds, ready) < BACK_SECONDS,
        f"first event accepted after {seconds:.1f} s, ready after {ready:.1f} s",
    )
