"""Parts of the pager freeze or break: one that does not need them says so, and nothing is lost."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence

from bench.measures import arrived
from drill.flow import Flow
from drill.roles import roles
from drill.site import Site
from drill.verify import nothing_is_lost

ALARM_SECONDS = 120.0
HEAL_SECONDS = 60.0
LOOK_SECONDS = 0.3
LOCK_SECONDS = 90.0
# Who is frozen, and the part that must be named. With the supervisor nothing is started again.
FROZEN = (
    (("supervisor", "ticker"), "ticker"),
    (("supervisor", "sender"), "sender"),
)
QUEUE_TABLE, AWAY_TABLE = "django_q_ormq", "django_q_ormq_away"


async def frozen(site: Site) -> None:
    """SIGSTOP for as long as it takes, one fault after the other, while events flow."""
    async with Flow(site.instance.port, site.instance.key, rate=4) as flow:
        for names, part in FROZEN:
            async with _stopped(site, names):
                await _alarm(site, f"{' and '.join(names)} frozen", part)
            await _heals(site, part)
        await _hanging_again_and_again(site)
        if not site.instance.url:
            await _hanging_with_the_lock(site)
        await _without_the_queue(site)
        await flow.finish()
    await nothing_is_lost(site, flow)


@contextlib.asynccontextmanager
async def _stopped(site: Site, names: Sequence[str]) -> AsyncIterator[None]:
    pids = [_pid(site, name) for name in names]
    for pid in pids:
        await site.stand_still(pid)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _pid(site: Site, name: str) -> int:
    return site.supervisor.pid if name == "supervisor" else site.roles()[name]


async def _alarm(site: Site, fault: str, part: str) -> None:
    """Waits for the alarm that names the part, at the receiver that the installation names."""
    started = time.monotonic()
    before = len(site.hook.alarms)
    while time.monotonic() - started < ALARM_SECONDS:
        if any(part in said for _, said in site.hook.alarms[before:]):
            break
        await asyncio.sleep(LOOK_SECONDS)
    took = time.monotonic() - started
    site.report.check(
        f"{fault}: an alarm by another path within {ALARM_SECONDS:.0f} s",
        took < ALARM_SECONDS,
        f"after {took:.1f} s" if took < ALARM_SECONDS else "none",
    )


async def _heals(site: Site, part: str) -> None:
    healed = await site.ready_within(HEAL_SECONDS)
    words = "never" if healed is None else f"after {healed:.1f} s"
    site.report.check(f"{part}: ready again after the freeze", healed is not None, words)


async def _hanging_again_and_again(site: Site) -> None:
    """Each new sender hangs as well: the supervisor that starts them tells."""
    stopping = asyncio.create_task(_stop_each(site, "sender"))
    try:
        await _alarm(site, "every sender hangs", "restarts")
    finally:
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stopping
    os.kill(_pid(site, "sender"), signal.SIGCONT)
    await _heals(site, "sender")


async def _hanging_with_the_lock(site: Site) -> None:
    """The ticker hangs in the middle of a write: nobody can write until it is killed."""
    ticker = _pid(site, "ticker")
    await site.stand_still(ticker, writing=True)
    started = time.monotonic()
    while time.monotonic() - started < LOCK_SECONDS and not await site.is_free():
        await asyncio.sleep(LOOK_SECONDS)
    took = time.monotonic() - started
    site.report.check(
        f"the ticker hangs with the lock of SQLite: free again within {LOCK_SECONDS:.0f} s",
        took < LOCK_SECONDS,
        f"after {took:.1f} s",
    )
    await _heals(site, "the lock")


async def _stop_each(site: Site, name: str) -> None:
    stopped = 0
    while True:
        pid = roles(site.supervisor.pid).get(name, 0)
        if pid and pid != stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
            stopped = pid
        await asyncio.sleep(LOOK_SECONDS)


async def _without_the_queue(site: Site) -> None:
    """The job queue's table is gone: pages go on, and it is said."""
    await _rename(site, QUEUE_TABLE, AWAY_TABLE)
    try:
        await asyncio.sleep(5)
        async with Flow(site.instance.port, site.instance.key, rate=2) as flow:
            await _alarm(site, "the job queue's table is gone", "q2")
            await flow.finish()
        await arrived(site.mail, set(flow.accepted), 20)
        late = [m for m in flow.accepted if m not in site.mail.first]
        site.report.check(
            "without the job queue pages go on",
            bool(flow.accepted) and not late,
            f"{len(flow.accepted)} accepted, {len(late)} not paged",
        )
    finally:
        await _rename(site, AWAY_TABLE, QUEUE_TABLE)
    await _heals(site, "the job queue")


async def _rename(site: Site, old: str, new: str) -> None:
    await asyncio.to_thread(site.instance.change, f"ALTER TABLE {old} RENAME TO {new}")
