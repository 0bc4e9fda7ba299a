"""SIGKILL at random: every kind of process below the supervisor dies while events flow."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass

from drill.flow import Flow
from drill.roles import at_work
from drill.site import Site, Watch
from drill.verify import nothing_is_lost

EVERY = 0.7
HEALED_SECONDS = 10.0
BUSY_LOOK = 0.5
KINDS = (
    "web",
    "web",  # there are two
    "sender",
    "ticker",
    "q2",
    "sentinel",
    "idle worker",
    "busy worker",
    "monitor",
    "pusher",
)
LONG_ENOUGH = 30.0  # seconds in which every kind must have been hit


@dataclass(frozen=True)
class Strike:
    kind: str
    at: float


async def kill(site: Site) -> None:
    """Kills for `seconds`, then waits until everything is done and asks what was lost."""
    rng = random.Random(site.options.seed)
    site.mail.delay = site.options.mail_seconds
    flow = Flow(site.instance.port, site.instance.key)
    async with Watch(site) as watch:
        async with flow:
            strikes = await strike_for(site.options.seconds, site, rng)
            await flow.finish()
        healed = await site.ready_within(HEALED_SECONDS)
    _tell(site, strikes, watch)
    words = "never" if healed is None else f"after {healed:.1f} s"
    site.report.check("complete and ready after the end of the flow", healed is not None, words)
    await nothing_is_lost(site, flow)


async def strike_for(seconds: float, site: Site, rng: random.Random) -> list[Strike]:
    """Kills one process after the other, each kind as often; says which and when."""
    strikes: list[Strike] = []
    bag: list[str] = []
    now = time.monotonic()
    until, following = now + seconds, now
    while time.monotonic() < until:
        following = max(following + EVERY * rng.uniform(0.6, 1.4), time.monotonic())
        await asyncio.sleep(max(0.0, following - time.monotonic()))
        if len(bag) < len(KINDS) // 2:
            bag += rng.sample(KINDS, len(KINDS))
        for kind in dict.fromkeys(bag):
            pid = await _victim(kind, site, rng)
            if pid is None:
                continue  # not there at this moment: its turn comes with the next kill
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                strikes.append(Strike(kind, time.monotonic()))
                bag.remove(kind)
            break
    return strikes


async def _victim(kind: str, site: Site, rng: random.Random) -> int | None:
    there = site.roles()
    if kind == "web":
        webs = [pid for name, pid in sorted(there.items()) if name.startswith("web")]
        return rng.choice(webs) if webs else None
    if not kind.endswith("worker"):
        return there.get(kind)
    workers = [there[name] for name in ("worker 1", "worker 2") if name in there]
    busy = await asyncio.to_thread(at_work, workers, BUSY_LOOK)
    if kind == "busy worker":
        return busy
    return next((pid for pid in workers if pid != busy), None)


def _tell(site: Site, strikes: list[Strike], watch: Watch) -> None:
    counts = Counter(strike.kind for strike in strikes)
    words = ", ".join(f"{count} x {kind}" for kind, count in sorted(counts.items()))
    site.report.say(f"{len(strikes)} kills: {words}")
    if site.options.seconds >= LONG_ENOUGH:
        missed = sorted(set(KINDS) - set(counts))
        site.report.check("every kind of process was killed", not missed, ", ".join(missed))
    times = [watch.recovery(strike.at) for strike in strikes]
    worst = max((HEALED_SECONDS if t is None else t for t in times), default=0.0)
    site.report.check(
        f"ready again within {HEALED_SECONDS:.0f} s of each kill",
        worst < HEALED_SECONDS,
        f"slowest {worst:.1f} s; not ready for {watch.longest_gap:.1f} s at most",
    )
