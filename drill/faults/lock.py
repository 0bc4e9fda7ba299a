"""Somebody else holds the write lock of SQLite for half a minute."""

import asyncio
import contextlib
import sqlite3
import time

from drill.flow import UNAVAILABLE, Flow
from drill.site import Site
from drill.verify import nothing_is_lost

QUIET_SECONDS = 4.0
LOCKED_SECONDS = 30.0
ANSWER_SECONDS = 6.0
HEALED_SECONDS = 10.0


async def sqlite_locked(site: Site) -> None:
    """Ingest says 503 soon and never 202; afterwards everything goes on."""
    before = _vital(site)
    async with Flow(site.instance.port, site.instance.key) as flow:
        await asyncio.sleep(QUIET_SECONDS)
        start, end = await asyncio.to_thread(_hold, site)
        site.report.say(f"the database was locked for {end - start:.0f} s")
        healed = await site.ready_within(HEALED_SECONDS)
        await asyncio.sleep(QUIET_SECONDS)
        await flow.finish()
    during = flow.between(start, end)
    wrong = [answer.status for answer in during if answer.status != UNAVAILABLE]
    slowest = max((answer.seconds for answer in during), default=0.0)
    site.report.check(
        f"every answer during the lock is 503 within {ANSWER_SECONDS:.0f} s",
        bool(during) and not wrong and slowest <= ANSWER_SECONDS,
        f"{len(during)} tries, slowest {slowest:.1f} s, others {wrong[:5]}",
    )
    words = "never" if healed is None else f"after {healed:.1f} s"
    site.report.check("ready afterwards", healed is not None, words)
    accepted = flow.first_accepted_after(end)
    words = "never" if accepted is None else f"after {accepted - end:.1f} s"
    site.report.check("events are accepted afterwards", accepted is not None, words)
    killed = before.keys() - {name for name, pid in _vital(site).items() if before.get(name) == pid}
    site.report.check(
        "web, ticker and sender sat it out", not killed, f"restarted: {sorted(killed) or 'none'}"
    )
    await nothing_is_lost(site, flow)


def _vital(site: Site) -> dict[str, int]:
    """Name -> process id, without the job queue: its library dies of a lock and is started anew."""
    names = ("web", "ticker", "sender")
    return {name: pid for name, pid in site.roles().items() if name.startswith(names)}


def _hold(site: Site) -> tuple[float, float]:
    """When the lock was held, from and to (monotonic)."""
    path = site.instance.home / "opsknight.sqlite3"
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        time.sleep(LOCKED_SECONDS)
        end = time.monotonic()
        connection.execute("ROLLBACK")
    return start, end
