"""The storm shield under load: ten thousand distinct alerts in a minute, then all of them resolved.

An installation of its own with the shield on. What was named is read from the mails themselves.
`BENCH_SHIELD_ALERTS` makes it smaller.
"""

import asyncio
import email
import email.policy
import os
import re
import time
from collections.abc import Iterable, Iterator

from bench.figures import Figure
from bench.instance import Instance
from bench.load import Connection, event, flood_from_outside
from bench.sinks import SmtpSink

ALERTS = int(os.environ.get("BENCH_SHIELD_ALERTS", "10000"))
SECONDS = 60
CLIENTS = 16
WINDOW = 600 - 5  # mails are noted when they arrive, a moment after they left
PATIENCE = 240
TRIES = 5
RANGE = re.compile(r"#(\d+)(?:–#(\d+))?")


async def shield(instance: Instance, sink: SmtpSink) -> list[Figure]:
    """One person, one service: everything accepted, named in few mails, and quiet at the end."""
    own = SmtpSink(kept=[])
    await own.start()
    env = {"OPSKNIGHT_PAGES_PER_CAUSE": "3"}
    site = Instance(instance.database, smtp_port=own.port, env=env)
    await asyncio.to_thread(site.__enter__)
    try:
        return await _measure(site, own)
    finally:
        await asyncio.to_thread(site.__exit__)
        own.stop()


async def _measure(site: Instance, sink: SmtpSink) -> list[Figure]:
    pause = SECONDS * CLIENTS / ALERTS
    begun = time.monotonic()
    tally = await flood_from_outside(
        site.port, site.key, clients=CLIENTS, total=ALERTS, pause=pause
    )
    took = time.monotonic() - begun
    numbers = await _numbers(site)
    named = await named_in_mails(sink, numbers)
    last = _mails(sink)[-1][0] - begun if _mails(sink) else 0.0
    pages = [at for at, _ in _mails(sink)]
    first = pages[0] - min(tally.accepted.values()) if pages else float("inf")
    accepted = f"{len(tally.accepted)} in {took:.0f} s, {tally.refused} refused"
    missing = len(numbers - named)
    resolved, quiet = await _resolve(site, sink, list(tally.accepted))
    return [
        Figure(f"storm of {ALERTS} with the shield: accepted", accepted, "all, 0 refused"),
        Figure(
            "named in a sent message",
            f"{len(numbers) - missing} of {len(numbers)}, the last after {last:.0f} s",
            "all",
        ),
        Figure("pages to one person in 10 min", str(most_within(pages, WINDOW)), "≤ 3"),
        Figure("first page after the first answer", f"{first:.2f} s", "≤ 5 s"),
        Figure(
            f"resolve storm of {resolved}: messages",
            f"{len(quiet)}, at most {most_within(quiet, WINDOW)} in 10 min",
            "≤ 3",
        ),
    ]


async def _numbers(site: Instance) -> set[int]:
    rows = await asyncio.to_thread(site.ask, "SELECT id FROM incidents_incident")
    return {row[0] for row in rows}


async def named_in_mails(sink: SmtpSink, wanted: set[int], patience: float = PATIENCE) -> set[int]:
    """Every number in the mails so far, once all are there or patience is at its end."""
    end = time.monotonic() + patience
    while True:
        found = {number for _, mail in _mails(sink) for number in numbers_in(mail)}
        if wanted <= found or time.monotonic() > end:
            return found
        await asyncio.sleep(0.5)


async def _resolve(site: Instance, sink: SmtpSink, marks: list[str]) -> tuple[int, list[float]]:
    """How many resolves were accepted, and when mails came of them within two minutes."""
    before = len(_mails(sink))
    waiting = iter(marks)
    done = await asyncio.gather(*(_client(site, waiting) for _ in range(CLIENTS)))
    await _quiet(site)
    return sum(done), [at for at, _ in _mails(sink)[before:]]


async def _client(site: Instance, marks: Iterator[str]) -> int:
    """Repeats what was not accepted, as monitoring tools do."""
    connection, accepted = Connection(site.port), 0
    headers = {"Authorization": f"Token token={site.key}", "Content-Type": "application/json"}
    for mark in marks:
        body = event(mark, action="resolve")
        for _ in range(TRIES):
            status, _ = await connection.post("/api/events", body, headers)
            if status == 202:
                break
            await asyncio.sleep(1)
        accepted += status == 202
    connection.close()
    return accepted


def _mails(sink: SmtpSink) -> list[tuple[float, bytes]]:
    return sink.kept or []


async def _quiet(site: Instance) -> None:
    """Until all events are published and nothing is to be sent but what the window keeps."""
    owed = (
        "SELECT (SELECT count(*) FROM notifications_delivery WHERE state IN ('QUEUED', 'SENDING'))"
        " + (SELECT count(*) FROM incidents_incidentevent WHERE published_at IS NULL)"
    )
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (await asyncio.to_thread(site.ask, owed))[0][0] == 0:
            break
        await asyncio.sleep(1)
    await asyncio.sleep(80)  # a bundle of news gathers for no longer


def numbers_in(mail: bytes) -> set[int]:
    """The incidents that a mail names, in its subject or in the ranges of its text."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    body = message.get_body(("plain",))  # type: ignore[attr-defined]
    text = f"{message['Subject']}\n{body.get_content() if body else ''}"
    found: set[int] = set()
    for first, last in RANGE.findall(text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def most_within(instants: Iterable[float], seconds: float) -> int:
    """The most of them in any window of that length."""
    times = sorted(instants)
    return max((sum(at <= other < at + seconds for other in times) for at in times), default=0)
