"""Forty minutes in which nothing pages, with resolves inside: nobody is woken for what is over.

The processes stand still for seconds (SIGSTOP) while the clock that the product reads goes on for
forty minutes. For them it is a long sleep, not a clock that was set: the row by which a jump is
recognised is moved along.
"""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from bench.load import Connection
from bench.measures import arrived, drained
from drill.faults.clock import set_offset
from drill.flow import ACCEPTED, Flow, send
from drill.roles import FAMILY
from drill.site import WAIT_MINUTES, Site
from drill.verify import seconds

FREEZE = timedelta(minutes=40)
DUE = timedelta(minutes=10)  # into the freeze: when the second step of some would have come
MANY = 8
SETTLE_SECONDS = 30.0
SLACK_SECONDS = 20.0
UNAVAILABLE = 503
PATIENCE_SECONDS = 60.0
PAGING = ("supervisor", "ticker", "q2", "sentinel", *FAMILY)


async def freeze(site: Site) -> None:
    """Five groups of incidents: see the checks at the end."""
    ladder, mail = site.instance.seeds["ladder"], site.instance.key
    waiting = await send(site.instance.port, ladder, MANY)
    over = await send(site.instance.port, ladder, MANY)
    await arrived(site.mail, {*waiting.accepted, *over.accepted}, SETTLE_SECONDS)
    await _second_step_at(site, datetime.now(UTC) + DUE)
    there = {**site.roles(), "supervisor": site.supervisor.pid}
    stopped = [there["sender"]]
    try:
        await site.stand_still(there["sender"])
        queued = await send(site.instance.port, mail, MANY)
        await _written(site, queued)
        stopped += [there[name] for name in PAGING if name in there]
        for pid in stopped[1:]:
            await site.stand_still(pid)
        fresh = await send(site.instance.port, mail, MANY)
        brief = await send(site.instance.port, mail, MANY)
        for flow, key in ((over, ladder), (queued, mail), (brief, mail)):
            await _resolve(site, key, flow.accepted)
        await _forty_minutes_pass(site)
    finally:
        for pid in reversed(stopped):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    thawed = datetime.now(UTC) + FREEZE
    await arrived(site.mail, set(fresh.accepted), SETTLE_SECONDS)
    await arrived(site.hook, set(waiting.accepted), SETTLE_SECONDS)
    site.report.check(
        "everything owed was done in the end", await drained(site.instance, SETTLE_SECONDS)
    )
    pages = [await _pages(site, flow) for flow in (over, queued, brief, waiting, fresh)]
    _nobody_is_woken(site, pages[:3])
    _everybody_owed_is_woken_once(site, pages[3:])
    await _waits_begin_anew(site, waiting, thawed)


async def _second_step_at(site: Site, at: datetime) -> None:
    await site.ask(
        "UPDATE incidents_incident SET escalate_at = %s WHERE current_step = 0 RETURNING id",
        site.stored(at),
    )


async def _written(site: Site, flow: Flow) -> None:
    """Until the pages of these events wait for a sender that stands still."""
    for _ in range(100):
        rows = await site.ask(
            "SELECT count(*) FROM notifications_delivery d JOIN incidents_incident i"
            " ON d.subject_kind = 'incident' AND d.subject_id = i.id"
            " WHERE d.state = 'QUEUED' AND i.dedup_key LIKE %s",
            f"{flow.prefix}-%",
        )
        if rows[0][0] >= len(flow.accepted):
            return
        await asyncio.sleep(0.1)


async def _resolve(site: Site, key: str, marks: Iterable[str]) -> None:
    headers = {"Authorization": f"Token token={key}", "Content-Type": "application/json"}
    connection = Connection(site.instance.port)
    for mark in marks:
        payload = {"summary": f"Load mark-{mark}", "source": "drill", "severity": "critical"}
        body = {"event_action": "resolve", "dedup_key": mark, "payload": payload}
        await _insist(connection, json.dumps(body).encode(), headers)
    connection.close()


async def _insist(connection: Connection, body: bytes, headers: dict[str, str]) -> None:
    """As monitoring tools do: a 503 is repeated. Who was stopped may hold a lock for 30 s."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        status, _ = await connection.post("/api/events", body, headers)
        if status == ACCEPTED:
            return
        if status != UNAVAILABLE or time.monotonic() > end:
            raise RuntimeError(f"a resolve was answered {status}")
        await asyncio.sleep(1)


async def _forty_minutes_pass(site: Site) -> None:
    """The offset of wall to monotonic clock is noted as if both had gone on."""
    set_offset(site, FREEZE.total_seconds())
    rows = await site.ask("SELECT detail FROM core_heartbeat WHERE name = 'clock'")
    detail = rows[0][0] if isinstance(rows[0][0], dict) else json.loads(rows[0][0])
    detail["offset"] += FREEZE.total_seconds()
    await site.ask(
        "UPDATE core_heartbeat SET detail = %s WHERE name = 'clock' RETURNING id",
        json.dumps(detail),
    )


async def _pages(site: Site, flow: Flow) -> dict[str, list[int]]:
    """Mark -> how often each of its pages arrived; news of what is over or late is no page."""
    rows = await site.ask(
        "SELECT i.dedup_key, d.id FROM incidents_incident i LEFT JOIN notifications_delivery d"
        " ON d.subject_kind = 'incident' AND d.subject_id = i.id WHERE i.dedup_key LIKE %s",
        f"{flow.prefix}-%",
    )
    arrived_times = site.mail.deliveries + site.hook.deliveries
    found: dict[str, list[int]] = {mark: [] for mark in flow.accepted}
    for mark, number in rows:
        if number is not None and arrived_times[number]:
            found[mark].append(arrived_times[number])
    return found


def _nobody_is_woken(site: Site, groups: Sequence[dict[str, list[int]]]) -> None:
    """Those whose second step fell due had their first page before the freeze, and no other."""
    over, queued, brief = groups
    woken = [mark for mark, times in over.items() if times != [1]]
    woken += [mark for mark, times in {**queued, **brief}.items() if times]
    resolved = sum(map(len, groups))
    site.report.check(
        "nobody is paged for what was resolved in the freeze",
        resolved == 3 * MANY and not woken,
        f"{resolved} resolved: step 2 due, pages queued, never paged; {len(woken)} paged",
    )


def _everybody_owed_is_woken_once(site: Site, groups: Sequence[dict[str, list[int]]]) -> None:
    waiting, fresh = groups
    wrong = [mark for mark, times in waiting.items() if times != [1, 1]]
    wrong += [mark for mark, times in fresh.items() if times != [1]]
    site.report.check(
        "what came in the freeze and what fell due in it is paged once",
        len(waiting) + len(fresh) == 2 * MANY and not wrong,
        f"{2 * MANY} owed, {len(wrong)} not or twice",
    )


async def _waits_begin_anew(site: Site, waiting: Flow, thawed: datetime) -> None:
    """A step that is late by more than 30 s gives people their full wait from when it fired."""
    rows = await site.ask(
        "SELECT escalate_at FROM incidents_incident WHERE status = 'OPEN' AND dedup_key LIKE %s",
        f"{waiting.prefix}-%",
    )
    wanted = thawed.timestamp() + WAIT_MINUTES * 60
    off = [seconds(at) - wanted for (at,) in rows]
    kept = len(off) == MANY and all(-1 <= gap <= SLACK_SECONDS for gap in off)
    words = f"from {min(off, default=0):.1f} to {max(off, default=0):.1f} s of a full wait"
    site.report.check("the waits begin anew after the freeze", kept, words)
