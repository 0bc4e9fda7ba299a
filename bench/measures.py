"""The measurements, one function each: an instance and its sinks in, figures out."""

import asyncio
import json
import os
import statistics
import time

from bench.channels import channels
from bench.figures import Figure, milliseconds, percentile
from bench.instance import Instance
from bench.load import Connection, event, flood_from_outside
from bench.shield import shield
from bench.sinks import Sink, SmtpSink


async def ingest(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """New events accepted per second with 1, 8 and 32 keep-alive clients; median of three runs."""
    aims = {1: "≥ 150, aim 250", 8: "≥ 300, aim 500", 32: "≥ 300, aim 500"}
    figures = []
    for clients, aim in aims.items():
        runs = []
        for _ in range(3):
            runs.append(
                await flood_from_outside(instance.port, instance.key, clients=clients, seconds=5)
            )
            await drained(instance)
        runs.sort(key=lambda run: run.rate)
        rates = ", ".join(f"{run.rate:.0f}" for run in runs)
        middle = runs[1]
        refused = sum(run.refused for run in runs)
        value = (
            f"{middle.rate:.0f}/s ({rates}); ms {milliseconds(middle.latencies)}; {refused} refused"
        )
        figures.append(Figure(f"new events, {clients} clients (ms p50/p95/p99)", value, aim))
    return figures


async def page_latency(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """Answer 202 → taken by the SMTP server, at 5 events/s for 30 s."""
    tally = await flood_from_outside(instance.port, instance.key, clients=1, total=150, pause=0.2)
    await arrived(sink, set(tally.accepted), 30)
    waits = [sink.first[mark] - at for mark, at in tally.accepted.items() if mark in sink.first]
    missing = len(tally.accepted) - len(waits)
    value = f"{milliseconds(waits)}; {missing} missing"
    return [Figure("accept → page, 5 events/s (ms p50/p95/p99)", value, "p50 ≤ 75, p99 ≤ 400")]


async def storm(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """2,000 distinct events from 16 clients as fast as they go; then until the last page."""
    started = time.monotonic()
    tally = await flood_from_outside(instance.port, instance.key, clients=16, total=2000)
    accepted = time.monotonic() - started
    await arrived(sink, set(tally.accepted), 120)
    marks = [mark for mark in tally.accepted if mark in sink.first]
    last = max((sink.first[mark] for mark in marks), default=started) - started
    twice = sum(1 for mark in marks if sink.times[mark] > 1)
    missing = len(tally.accepted) - len(marks)
    words = (
        f"{len(tally.accepted)} accepted, {tally.refused} refused, {missing} missing, {twice} twice"
    )
    return [
        Figure("storm of 2,000: accepted in", f"{accepted:.1f} s ({words})", "≤ 6 s, 0 refused"),
        Figure("storm of 2,000: last page after", f"{last:.1f} s", "≤ 15 s"),
    ]


async def lateness(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """Incidents whose next step is due in the same second: how late does it fire?"""
    figures = []
    for count, aim in ((500, "p99 ≤ 1 s, 0 early"), (2000, "p99 ≤ 5 s, 0 early")):
        out = await asyncio.to_thread(instance.run, "-m", "bench.due", str(count), "6")
        late = [float(line) for line in out.split()]
        early = sum(seconds < 0 for seconds in late)
        value = f"{_spread(late)}; {early} early"
        figures.append(Figure(f"{count:,} steps due at once: late", value, aim))
        await drained(instance)
    return figures


async def backlog(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """Incidents of all urgencies that are due in one instant: claimed when, in which order?"""
    count = int(os.environ.get("OPSKNIGHT_BENCH_BACKLOG", "10000"))
    found = json.loads(await asyncio.to_thread(instance.run, "-m", "bench.backlog", str(count)))
    rest = f"{found['missing']} missing, {found['overtaken']} out of order"
    aim = "all ≤ 30 s, 0 missing, HIGH and oldest first"
    return [Figure(f"{count:,} due at once: claimed", f"{_spread(found['late'])}; {rest}", aim)]


def _spread(late: list[float]) -> str:
    half, most = percentile(late, 0.5), percentile(late, 0.99)
    return f"p50 {half:.2f}, p99 {most:.2f}, max {max(late):.2f} s"


async def on_call(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """Who is on call in 1,000 schedules, asked at once; median of five."""
    out = await asyncio.to_thread(instance.run, "-m", "bench.on_call", "1000")
    times = [float(line) for line in out.split()]
    return [
        Figure(
            "who is on call in 1,000 schedules (rows and resolver)",
            f"{statistics.median(times) * 1000:.0f} ms",
            "resolver ≤ 100 ms",
        )
    ]


async def rota(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """A schedule of five layers and twenty people: previews of a year, and its page."""
    found = json.loads(await asyncio.to_thread(instance.run, "-m", "bench.rota", "20"))
    return [
        Figure(
            "preview of a change over a year, 5 layers of 20 people",
            f"{statistics.median(found['preview']) * 1000:.0f} ms",
            "≤ 50 ms",
        ),
        Figure(
            "timeline page of it, a month (ms p50/p95/p99)",
            milliseconds(found["page"]),
            "p95 ≤ 80 ms",
        ),
    ]


async def pages(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """Pages over 100,000 incidents and 1,000 people."""
    found = json.loads(await asyncio.to_thread(instance.run, "-m", "bench.pages", "20"))
    return [
        Figure(f"{title} (ms p50/p95/p99)", milliseconds(times), "p95 ≤ 200 ms, aim 80")
        for title, times in found.items()
    ]


async def slow_bodies(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """An event while 500 connections drip their bodies."""
    head = (
        f"POST /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Token token={instance.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
    ).encode()
    slow = [await asyncio.open_connection("127.0.0.1", instance.port) for _ in range(500)]
    for _, writer in slow:
        writer.write(head)
    await asyncio.sleep(1)
    waits = []
    for number in range(20):
        connection = Connection(instance.port)
        sent = time.monotonic()
        body = event(f"slow{time.time_ns():x}-{number}")
        headers = {"Authorization": f"Token token={instance.key}"}
        status, _ = await connection.post("/api/events", body, headers)
        waits.append(time.monotonic() - sent if status == 202 else 30.0)
        connection.close()
    for _, writer in slow:
        writer.close()
    value = f"{milliseconds(waits)}, max {max(waits) * 1000:.0f}"
    return [Figure("event while 500 bodies drip (ms p50/p95/p99)", value, "≤ 1,000")]


async def memory(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """After a minute without work: PSS of all processes."""
    await asyncio.sleep(10)
    processes = len(instance.tree())
    value = f"{instance.memory_mb():.0f} MB in {processes} processes"
    ready = f"{instance.ready_after:.1f} s"
    return [
        Figure("idle memory (PSS, without PostgreSQL)", value, "≤ 300 MB"),
        Figure("ready after start", ready, "≤ 10 s"),
    ]


async def arrived(sink: Sink, marks: set[str], seconds: float) -> None:
    """Waits until every mark was seen, at most `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not marks <= sink.first.keys():
        await asyncio.sleep(0.05)


async def drained(instance: Instance, seconds: float = 120) -> bool:
    """Waits until nothing is owed, so that one measurement does not pay for the one before.

    False when something was still owed after `seconds`.
    """
    owed = (
        "SELECT (SELECT count(*) FROM notifications_delivery WHERE state IN ('QUEUED', 'SENDING'))"
        " + (SELECT count(*) FROM incidents_incident"
        "    WHERE status = 'OPEN' AND current_step IS NULL)"
        " + (SELECT count(*) FROM incidents_incidentevent WHERE published_at IS NULL)"
        " + (SELECT count(*) FROM notifications_deliveryevent WHERE published_at IS NULL)"
    )
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (await asyncio.to_thread(instance.ask, owed))[0][0] == 0:
            return True
        await asyncio.sleep(0.5)
    return False


ALL = {
    "memory": memory,
    "ingest": ingest,
    "latency": page_latency,
    "storm": storm,
    "lateness": lateness,
    "backlog": backlog,
    "slow": slow_bodies,
    "oncall": on_call,
    "rota": rota,
    "channels": channels,
    "shield": shield,
    "pages": pages,
}
