"""Watchers of the pager itself: whatever is broken, one that does not need it raises the alarm.

There are three: a thread of the ticker, one of the sender, and the supervisor. Each sees the beats
of the others; none of them trusts a page about the pager to the pager's own queue (`herald`).
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import Error, connection
from django.urls import reverse

from core import clock, config, egress, heartbeat
from dashboard import commands, queries
from dashboard.domain.alarm import MEANS, Decision, Part
from escalation import queries as escalation
from notifications.commands import herald
from notifications.commands.herald import Way
from notifications.domain.message import Message
from opsknight.runtime import linux
from opsknight.runtime.progress import Progress

log = logging.getLogger("opsknight.watch")

EVERY_SECONDS = 5.0
SILENT_SECONDS = 45.0  # longer than the supervisor needs to heal what can be healed
CONFIRM_SECONDS = {Part.ESCALATION: 15.0, Part.DELIVERY: 30.0}
TROUBLE_SECONDS = 15.0  # between two looks at what should be zero
WAYS_SECONDS = 60.0
DATABASE_SECONDS = 45.0
DATABASE_AGAIN_SECONDS = 600.0
PING_SECONDS = 60.0
PING_TIMEOUT = 8.0
BEATING = (Part.SUPERVISOR, Part.TICKER, Part.SENDER, Part.QUEUE)
SAID_FAILURES = 300


class Sentry:
    """One watcher. `sees`: the parts that it judges. All times are monotonic seconds."""

    def __init__(self, sees: Collection[Part]) -> None:
        self.sees = frozenset(sees)
        self.ways: list[Way] = []
        self.faults: dict[str, str] = {}
        self._beats: dict[str, Progress] = {}
        self._since: dict[str, float] = {}
        self._trouble: dict[str, str] = {}
        self._next_trouble = self._next_ways = 0.0
        self._away_since: float | None = None
        self._away_said = float("-inf")

    def look(self, now: float, more: Mapping[str, str] | None = None) -> list["Call"]:
        """What is to be said now. `more`: faults that only the caller knows, part -> words.

        Raises django.db.Error while the database does not answer: see `database_away`.
        """
        at = clock.now()
        self._read_ways(now, at)
        found = {**self._silent(now), **self._read_trouble(now, at), **(more or {})}
        if self._away_since is not None:
            self._away_since, self._away_said = None, float("-inf")
        self.faults = found
        decision = commands.claim_alarm(found, self.sees, at)
        return self._calls(decision, found) if decision else []

    def _calls(self, decision: Decision, found: Mapping[str, str]) -> list["Call"]:
        """One message about all that broke, one about all that works again."""
        said = {part: found[part] for part in decision.alarm}
        for part, fault in said.items():
            log.error("ALARM: %s (%s)", MEANS[Part(part)].title, fault)
        calls = [Call(self.ways, decision.alarm, alarm_message(said))] if said else []
        if decision.over:
            calls.append(Call(self.ways, decision.over, over_message(decision.over)))
        return calls

    def database_away(self, now: float, why: str) -> list["Call"]:
        """The database did not answer: after a while that is said from memory, again and again."""
        if self._away_since is None:
            self._away_since = now
        lasting = now - self._away_since >= DATABASE_SECONDS
        if not lasting or now - self._away_said < DATABASE_AGAIN_SECONDS:
            return []
        self._away_said = now
        log.error("ALARM: %s (%s)", MEANS[Part.DATABASE].title, why)
        return [Call(self.ways, (), alarm_message({Part.DATABASE: why}))]

    def _silent(self, now: float) -> dict[str, str]:
        """Processes whose beat has not moved for a while, by this process's own clock."""
        beats = heartbeat.last()
        found = {}
        for part in self.sees & set(BEATING):
            progress = self._beats.setdefault(part, Progress(now))
            progress.observe(beats.get(part), now)
            silent = progress.silent_for(now)
            # Whoever starts the processes by other means has no supervisor.
            never = part is Part.SUPERVISOR and not progress.moved
            if silent > SILENT_SECONDS and not never:
                found[str(part)] = f"no sign of life for {silent:.0f} s"
        return found

    def _read_trouble(self, now: float, at: datetime) -> dict[str, str]:
        if not self.sees & set(CONFIRM_SECONDS) or now < self._next_trouble:
            return self._trouble
        self._next_trouble = now + TROUBLE_SECONDS
        try:
            found = queries.alarming(queries.trouble(at))
        except Error:
            raise
        except Exception:
            log.exception("the watcher cannot count what should be zero")
            return self._trouble
        for part in CONFIRM_SECONDS:
            if part not in found:
                self._since.pop(part, None)
        self._trouble = {
            part: text
            for part, text in found.items()
            if now - self._since.setdefault(part, now) >= CONFIRM_SECONDS[Part(part)]
        }
        return self._trouble

    def _read_ways(self, now: float, at: datetime) -> None:
        if now < self._next_ways:
            return
        self._next_ways = now + WAYS_SECONDS
        try:
            people = [found.user for found in escalation.fallback(None)]
            self.ways = herald.ways_of(people, config.get("alarm_webhooks"), at)
        except Error:
            raise
        except Exception:
            log.exception("who hears alarms cannot be read; the last answer counts")


class Call:
    """An alarm on its way: by which ways, about which parts, in what words."""

    def __init__(self, ways: Sequence[Way], parts: Sequence[str], message: Message) -> None:
        self.ways, self.parts, self.message = list(ways), tuple(parts), message

    def go(self) -> bool:
        """Tells, and notes in the book who was reached; True when somebody was."""
        told = herald.tell(self.ways, self.message)
        reached = [label for label, fault in told.items() if not fault]
        for label, fault in told.items():
            if fault:
                log.error("alarm not by %s: %s", label, fault[:SAID_FAILURES])
        if not reached:
            log.error("the alarm “%s” reached nobody", self.message.title)
        if self.parts:
            commands.note_told(self.parts, told, clock.now())
        return bool(reached)


def alarm_message(faults: Mapping[str, str]) -> Message:
    """The words of an alarm: part -> fault; what each means, and what to do."""
    means = {part: MEANS[Part(part)] for part in faults}
    host = urlsplit(config.public_url()).hostname or "this installation"
    titles = "; ".join(meaning.title for meaning in means.values())
    texts = " ".join(meaning.text for meaning in means.values())
    return Message(
        kind="alarm",
        subject_id=",".join(faults),
        title=f"OpsKnight itself: {titles}",
        facts=(*((means[part].title, fault) for part, fault in faults.items()), ("At", host)),
        body=f"{texts} Look at the page System health and into the log; restart it if in doubt. "
        "This message did not use what is broken.",
        url=config.absolute(reverse("dashboard:health")),
        urgency="HIGH",
        tag="PAGER",
    )


def over_message(parts: Sequence[str]) -> Message:
    """It works again."""
    titles = "; ".join(MEANS[Part(part)].title for part in parts)
    return Message(
        kind="alarm-over",
        subject_id=",".join(parts),
        title=f"OpsKnight itself: it works again: {titles}",
        body="This is over.",
        url=config.absolute(reverse("dashboard:health")),
        urgency="LOW",
        tag="PAGER",
    )


def beside(me: Part) -> None:
    """Starts the watcher of this process as a thread that ends with it."""
    sees = {*BEATING, *CONFIRM_SECONDS} - {me}
    thread = threading.Thread(target=_watch, args=(Sentry(sees), me), name="sentry", daemon=True)
    thread.start()


def _watch(sentry: Sentry, me: Part) -> None:
    ping = Ping() if me is Part.TICKER else None
    while True:
        time.sleep(EVERY_SECONDS)
        try:
            for call in sentry.look(time.monotonic()):
                call.go()
            if ping and not sentry.faults:
                ping.step(time.monotonic())
        except Error as error:  # the supervisor says so, from memory
            log.warning("the watcher cannot ask the database: %s", str(error).strip())
            connection.close()
        except Exception:
            log.exception("the watcher stumbled; it goes on")
            connection.close()


class Ping:
    """Tells a watchdog outside that all is well; its silence is the alarm when all is dead."""

    def __init__(self) -> None:
        self.next = 0.0

    def step(self, now: float) -> None:
        """At most once in PING_SECONDS, while an address is given."""
        url = config.get("ping_url")
        if not url or now < self.next:
            return
        self.next = now + PING_SECONDS
        try:
            egress.request("GET", url, timeout=PING_TIMEOUT, max_body=256)
        except egress.EgressError as error:
            log.warning("the watchdog outside was not told that all is well: %s", error.reason)


def cry(calls: Sequence[Call], before_fork: Callable[[], None]) -> None:
    """For the supervisor, which must not wait: a child of its own tells, and ends."""
    before_fork()
    parent = os.getpid()
    if os.fork():
        return
    status = 1
    try:
        linux.die_with_parent(parent)
        told = [call.go() for call in calls]
        status = 0 if all(told) else 1
    except Exception:
        log.exception("an alarm could not be raised")
    finally:
        os._exit(status)
