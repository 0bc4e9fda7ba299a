"""The supervisor ends: killed without a chance to clean up, and asked politely under load."""

import asyncio
import signal

from drill.flow import Flow
from drill.site import Site
from drill.verify import nothing_is_lost

ROUNDS = 3
FLOW_SECONDS = 4.0
GONE_SECONDS = 10.0


async def supervisor(site: Site) -> None:
    """kill -9 of the supervisor, three times: whatever it started goes with it."""
    await _end_and_start(site, signal.SIGKILL)


async def stop(site: Site) -> None:
    """SIGTERM under load, three times: a clean end, and nothing forgotten until the next start."""
    await _end_and_start(site, signal.SIGTERM)


async def _end_and_start(site: Site, number: signal.Signals) -> None:
    async with Flow(site.instance.port, site.instance.key, rate=20) as flow:
        for _ in range(ROUNDS):
            await asyncio.sleep(FLOW_SECONDS)
            await _end(site, number)
            await site.start()
        await asyncio.sleep(FLOW_SECONDS)
        await flow.finish()
    await nothing_is_lost(site, flow)


async def _end(site: Site, number: signal.Signals) -> None:
    count = len(site.processes())
    seconds = await site.end(number, GONE_SECONDS)
    left = [f"{process.pid} {process.name()}" for process in site.processes()]
    detail = f"{count} processes, {seconds:.1f} s" + (f"; left: {left}" if left else "")
    site.report.check(f"nothing is left {GONE_SECONDS:.0f} s after {number.name}", not left, detail)
    code = site.supervisor.poll()
    if number is signal.SIGTERM:
        site.report.check("it ended with status 0", code == 0, f"status {code}")
