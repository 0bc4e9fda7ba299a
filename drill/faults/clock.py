"""The clock is set while escalations are under way: nothing early, nothing an hour late."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf

from bench.measures import arrived
from drill.flow import Flow, send
from drill.site import Site
from drill.verify import nothing_is_lost, seconds

JUMPS = (3600.0, -3600.0, 90000.0)  # + 1 h, - 1 h, + 25 h
LATER, SOON, NOW = 20, 10, 30  # incidents due in an hour, some seconds after the jump, at it
SOON_SECONDS = 6.0
AHEAD_SECONDS = 1.5  # from setting the due times to the jump
SPREAD_SECONDS = 0.01  # between two of those that are due at the jump
EARLY_SECONDS = 0.02  # the clocks of two processes are read one after the other
LATE_SECONDS = 5.0
EXACT_SECONDS = 2.0


@dataclass
class Ladders:
    """Escalations whose first page went out. `due`: mark -> when step 2 must fire (monotonic)."""

    later: list[str]
    soon: list[str]
    now: list[str]
    due: dict[str, float] = field(default_factory=dict)


async def clock(site: Site) -> None:
    """Three jumps through the offset file, while new events flow in all the time."""
    offset = 0.0
    async with Flow(site.instance.port, site.instance.key, rate=20) as flow:
        for jump in JUMPS:
            ladders = await _ladders(site)
            at = await _make_due(site, ladders, offset)
            before = await _due_times(site, ladders.later)
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            offset += jump
            set_offset(site, offset)
            site.report.say(f"the clock was set {jump / 3600:+.0f} h")
            await _judge(site, jump, ladders, before)
        await flow.finish()
        set_offset(site, offset)
    await nothing_is_lost(site, flow, offset=offset)
    first = site.mail.first
    waits = [first.get(mark, inf) - at for mark, at in flow.accepted.items()]
    slowest = max(waits)
    site.report.check(
        f"no new event was held back by a jump (page within {LATE_SECONDS:.0f} s)",
        slowest <= LATE_SECONDS,
        f"slowest page {slowest:.2f} s after the answer",
    )


async def _ladders(site: Site) -> Ladders:
    flow = await send(site.instance.port, site.instance.seeds["ladder"], LATER + SOON + NOW)
    await arrived(site.mail, set(flow.accepted), 30)
    marks = list(flow.accepted)
    return Ladders(marks[:LATER], marks[LATER : LATER + SOON], marks[LATER + SOON :])


async def _make_due(site: Site, ladders: Ladders, offset: float) -> float:
    """Writes due times of step 2 into the rows; when the clock shall jump (monotonic)."""
    started, now = time.monotonic(), datetime.now(UTC) + timedelta(seconds=offset)
    jump = AHEAD_SECONDS
    waits = dict.fromkeys(ladders.soon, jump + SOON_SECONDS)
    first = jump - SPREAD_SECONDS * NOW / 2
    waits |= {mark: first + SPREAD_SECONDS * n for n, mark in enumerate(ladders.now)}
    at = {mark: site.stored(now + timedelta(seconds=wait)) for mark, wait in waits.items()}
    cases = " ".join(["WHEN %s THEN %s"] * len(at))
    await site.ask(
        f"UPDATE incidents_incident SET escalate_at = CASE dedup_key {cases}"  # noqa: S608
        " ELSE escalate_at END RETURNING id",
        *(value for pair in at.items() for value in pair),
    )
    ladders.due = {mark: started + wait for mark, wait in waits.items()}
    return started + jump


async def _due_times(site: Site, marks: list[str]) -> dict[str, float]:
    """Mark -> `escalate_at` in seconds since 1970."""
    rows = await site.ask("SELECT dedup_key, escalate_at FROM incidents_incident")
    return {mark: seconds(at) for mark, at in rows if mark in marks}


def set_offset(site: Site, seconds: float) -> None:
    """At once for every reader: a file that is half written would be a jump of its own."""
    path = site.instance.home / "clock_offset"
    fresh = path.with_suffix(".new")
    fresh.write_text(str(seconds))
    os.replace(fresh, path)


async def _judge(site: Site, jump: float, ladders: Ladders, before: dict[str, float]) -> None:
    name = f"{jump / 3600:+.0f} h"
    await arrived(site.hook, set(ladders.due), SOON_SECONDS + LATE_SECONDS)
    marks = [mark for mark in ladders.due if mark in site.hook.first]
    late = sorted(site.hook.first[mark] - ladders.due[mark] for mark in marks)
    missing = len(ladders.due) - len(marks)
    site.report.check(
        f"{name}: every step fires", not missing, f"{missing} of {len(ladders.due)} missing"
    )
    site.report.check(
        f"{name}: no step is early or more than {LATE_SECONDS:.0f} s late",
        bool(late) and late[0] >= -EARLY_SECONDS and late[-1] <= LATE_SECONDS,
        f"from {min(late, default=0):.2f} to {max(late, default=0):.2f} s after its due time",
    )
    woken = [mark for mark in ladders.later if mark in site.hook.first]
    site.report.check(
        f"{name}: what is due in an hour stays due in an hour", not woken, f"{len(woken)} fired"
    )
    after = await _due_times(site, ladders.later)
    moved = [after[mark] - before[mark] for mark in ladders.later]
    exact = all(abs(seconds - jump) < EXACT_SECONDS for seconds in moved)
    site.report.check(
        f"{name}: due times moved along once", exact, f"by {min(moved):+.1f} to {max(moved):+.1f} s"
    )
    logged = site.log().count(f"the clock moved by {jump:+.0f} s")
    site.report.check(f"{name}: the log says so", logged == 1, f"{logged} lines")
