"""The mail server breaks in five ways; whoever is reached by webhook must not notice."""

import asyncio
import time

from bench.figures import percentile
from bench.measures import arrived
from bench.sinks import Mode
from drill.flow import Flow, send
from drill.site import Site
from drill.verify import nothing_is_lost, stages

BROKEN_SECONDS = 8.0
MAILS = 10  # pages by mail under way in each fault: more than the mail server has slots
HOOKS_PER_SECOND = 10.0
HOOK_SECONDS = 1.0  # 99 of 100 pages by webhook
LATE_SECONDS = 60.0  # a mail after the server works again: the third try comes 13 s after the first
ON_SECONDS = 10.0  # from a permanent refusal to the next step
GONE = "nobody listens"
TEMPORARY = {GONE: None, "closes at once": Mode.REFUSE, "451": Mode.BUSY, "hangs": Mode.HANG}


async def smtp(site: Site) -> None:
    """Each fault lasts some seconds; after it the mails that are still wanted must arrive."""
    waits: list[float] = []
    for name, mode in TEMPORARY.items():
        marks = await _broken(site, name, mode, waits)
        await _the_mails_arrive(site, name, marks)
    marks = await _broken(site, "550", Mode.FAIL, waits)
    await _the_next_step_is_paged(site, marks)
    site.report.check(
        f"over all faults, webhook pages within {HOOK_SECONDS:.0f} s (p99)",
        percentile(waits, 0.99) <= HOOK_SECONDS,
        f"{len(waits)} pages, p50 {percentile(waits, 0.5):.2f},"
        f" p99 {percentile(waits, 0.99):.2f} s",
    )
    async with Flow(site.instance.port, site.instance.key) as flow:
        await asyncio.sleep(2)
        await flow.finish()
    await nothing_is_lost(site, flow, refused=MAILS)


async def _broken(site: Site, name: str, mode: Mode | None, waits: list[float]) -> Flow:
    """Breaks, sends mail and webhook pages, mends. The flow of the mails; `waits` of webhooks."""
    if mode is None:
        site.mail.stop()
    else:
        site.mail.mode = mode
    mails = await send(site.instance.port, site.instance.seeds["ladder"], MAILS)
    async with Flow(
        site.instance.port, site.instance.seeds["hook"], rate=HOOKS_PER_SECOND
    ) as hooks:
        await asyncio.sleep(BROKEN_SECONDS)
        await hooks.finish()
    await arrived(site.hook, set(hooks.accepted), 20)
    site.mail.mode = Mode.OK
    if mode is None:
        await site.mail.start()
    times = {m: site.hook.first[m] - at for m, at in hooks.accepted.items() if m in site.hook.first}
    found = list(times.values())
    waits += found
    site.report.check(
        f"mail server {name}: every webhook page arrives",
        bool(found) and len(found) == len(hooks.accepted),
        f"{len(found)} of {len(hooks.accepted)}, p50 {percentile(found, 0.5):.2f},"
        f" p99 {percentile(found, 0.99):.2f}, max {max(found, default=0):.2f} s",
    )
    if found and max(found) > HOOK_SECONDS:
        site.report.say(f"  the slowest: {await stages(site, max(times, key=times.__getitem__))}")
    return mails


async def _the_mails_arrive(site: Site, name: str, mails: Flow) -> None:
    """A temporary fault: the same people are told, a little later, and nobody else."""
    mended = time.monotonic()
    await arrived(site.mail, set(mails.accepted), LATE_SECONDS)
    there = [mark for mark in mails.accepted if mark in site.mail.first]
    late = max((site.mail.first[mark] - mended for mark in there), default=0.0)
    site.report.check(
        f"mail server {name}: its mails arrive afterwards",
        len(there) == MAILS,
        f"{len(there)} of {MAILS}, the last {late:.1f} s after the end of the fault",
    )
    others = [mark for mark in mails.accepted if mark in site.hook.first]
    site.report.check(f"mail server {name}: nobody else is woken", not others, f"{len(others)}")


async def _the_next_step_is_paged(site: Site, mails: Flow) -> None:
    """A permanent refusal: waiting for an answer would be waiting for nobody."""
    await arrived(site.hook, set(mails.accepted), 30)
    waits = [site.hook.first[m] - at for m, at in mails.accepted.items() if m in site.hook.first]
    worst = max(waits, default=0.0)
    site.report.check(
        f"550: the next step is paged within {ON_SECONDS:.0f} s",
        len(waits) == MAILS and worst <= ON_SECONDS,
        f"{len(waits)} of {MAILS}, slowest {worst:.1f} s after the event",
    )
