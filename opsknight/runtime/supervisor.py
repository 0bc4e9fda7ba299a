"""Starts the processes of an installation, judges them by progress, starts them again, ends them.

One thread. No database connection survives a fork: each child closes its copies and the parent
closes its own before. Signals are taken synchronously (`sigtimedwait`), so nothing races.
"""

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence

from django.db import Error, connection

from core import clock, heartbeat
from dashboard.domain.alarm import Part
from opsknight.runtime import linux, sentry
from opsknight.runtime.child import Child
from opsknight.runtime.progress import Board
from opsknight.runtime.web_check import WebCheck

log = logging.getLogger("opsknight.supervisor")

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
SIGNALS = {*ENDING, signal.SIGCHLD}
TURN_SECONDS = 0.2
PROBE_SECONDS = 1.0
STOP_SECONDS = 8.5
COMPLETE_SECONDS = 15.0  # a family that never gets complete
CHECKS_IN_A_ROW = 4
ANSWER_SECONDS = 15.0
NAME = "supervisor"
WATCHED = (Part.TICKER, Part.SENDER, Part.QUEUE, Part.WEB, Part.RESTARTS)
WEB_SILENT_SECONDS = 45.0
# SQLite has one write lock: a child that stands still with it in hand would keep it for ever.
LOCKED_SECONDS = 45.0


class Supervisor:
    """`children` by name; heartbeat rows have the names of their processes, web has the board."""

    def __init__(
        self,
        children: Sequence[Child],
        board: Board,
        check: WebCheck,
        on_ready: Callable[[], None],
    ) -> None:
        self.children = list(children)
        self.web = [child for child in self.children if child.name.startswith("web")]
        self.board = board
        self.check = check
        self.on_ready = on_ready
        self.ready = False
        self.probed = 0.0
        self.sentry = sentry.Sentry(WATCHED)
        self.looked = 0.0
        self.database_down_since: float | None = None
        self.locked_since = 0.0

    def run(self) -> None:
        """Returns after SIGTERM, SIGINT or SIGHUP, when every process has ended."""
        linux.adopt_orphans()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            while not self._asked_to_end(TURN_SECONDS):
                now = time.monotonic()
                self._reap(now)
                self._start_due(now)
                self._try_to_judge(now)
        finally:
            self._stop()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def pids(self) -> list[int]:
        """This process and all below it."""
        return [os.getpid(), *linux.descendants(os.getpid())]

    # --- birth and death ----------------------------------------------------------------------

    def _start_due(self, now: float) -> None:
        for child in self.children:
            if child.pid or now < child.start_at:
                continue
            try:
                child.start(now, self.check.close, SIGNALS)
            except OSError as error:  # no memory, too many processes: later there may be
                child.ended(now)
                log.error("%s cannot be started, trying again: %s", child.name, error)
            if child.name == "ticker":
                self._excuse("q2", now)  # its heartbeats come through the ticker

    def _reap(self, now: float) -> None:
        """Kills what is left of a dead leader's group before its number can be used again."""
        by_pid = {child.pid: child for child in self.children if child.pid}
        while (pid := _ended_child()) is not None:
            child = by_pid.get(pid)
            if child is not None:
                linux.kill_group(pid)
            _, status = os.waitpid(pid, 0)
            if child is not None:
                child.ended(now)
                log.warning("%s ended (%s); starting it again", child.name, _words(status))

    def _kill(self, child: Child, reason: str) -> None:
        log.error("%s %s: killing it (pid %d)", child.name, reason, child.pid)
        linux.kill_group(child.pid)
        child.progress.excuse(time.monotonic())
        child.failed(time.monotonic())

    # --- judgement ----------------------------------------------------------------------------

    def _try_to_judge(self, now: float) -> None:
        try:
            self._judge(now)
        except Exception:
            # Whatever is wrong with judging, the processes must go on.
            log.exception("the supervisor cannot judge its processes")
            connection.close()

    def _judge(self, now: float) -> None:
        self.check.step(now)
        for child in self.children:
            if child.family and child.pid:
                self._judge_family(child, now)
        if now - self.probed >= PROBE_SECONDS:
            self.probed = now
            self._probe(now)
            self._judge_web(now)
            self._judge_silence(now)
            self._tell_ready()
        if now - self.looked >= sentry.EVERY_SECONDS:
            self.looked = now
            self._raise_alarms(now)

    def _judge_family(self, child: Child, now: float) -> None:
        if child.lost_relatives():
            child.relatives = []
            self._kill(child, "lost one of its processes")
        elif not child.relatives and now - child.started > COMPLETE_SECONDS:
            child.started = now
            self._kill(child, "never had all its processes")

    def _probe(self, now: float) -> None:
        """Writes our own row and reads the others: silence counts while rows can be written."""
        try:
            heartbeat.beat(NAME, now=clock.now(), pid=os.getpid())
            beats = heartbeat.last()
        except Error as error:
            connection.close()
            self._database_is_down(str(error).strip(), now)
            return
        if self.database_down_since is not None:
            log.warning("the database answers again")
            self.database_down_since = None
        for child in self.children:
            if child.pid and child.name in beats:
                child.progress.observe(beats[child.name], now)

    def _database_is_down(self, why: str, now: float) -> None:
        if self.database_down_since is None:
            self.database_down_since = self.locked_since = now
            log.error("the database does not answer, trying again every second: %s", why)
        engines = [child for child in self.children if child not in self.web]
        for child in engines:
            child.progress.excuse(now)
        if connection.vendor == "sqlite" and now - self.locked_since > LOCKED_SECONDS:
            self.locked_since = now
            for child in engines:
                if child.pid:
                    self._kill(child, "may hold the lock of the database")

    def _judge_web(self, now: float) -> None:
        for slot, child in enumerate(self.web):
            child.progress.observe(self.board.read(slot)[0], now)
        if self.check.failures < CHECKS_IN_A_ROW or self.database_down_since is not None:
            return
        self.check.failures = 0
        answered = max(self.board.read(slot)[1] for slot in range(len(self.web)))
        if now - answered > ANSWER_SECONDS:
            for child in self.web:
                self._kill(child, "does not answer")

    def _judge_silence(self, now: float) -> None:
        for child in self.children:
            silent = child.progress.silent_for(now)
            if child.pid and silent > child.stall_seconds:
                self._kill(child, f"showed no progress for {silent:.0f} s")

    def _raise_alarms(self, now: float) -> None:
        """What is broken and does not heal is told to people, without the parts that send pages."""
        more = {}
        unwell = [child for child in self.children if child.keeps_failing(now)]
        if unwell:
            more[str(Part.RESTARTS)] = ", ".join(child.name for child in unwell)
        if self.ready and now - self.check.passed_at > WEB_SILENT_SECONDS:
            more[str(Part.WEB)] = f"no answer for {now - self.check.passed_at:.0f} s"
        try:
            calls = self.sentry.look(now, more)
        except Error as error:
            connection.close()
            calls = self.sentry.database_away(now, str(error).strip().split("\n")[0])
        if calls:
            sentry.cry(calls, connection.close)

    def _excuse(self, name: str, now: float) -> None:
        for child in self.children:
            if child.name == name:
                child.progress.excuse(now)

    def _tell_ready(self) -> None:
        if self.ready or not self.check.passed:
            return
        if all(child.progress.moved for child in self.children):
            self.on_ready()
            self.ready = True

    # --- the end ------------------------------------------------------------------------------

    def _asked_to_end(self, seconds: float) -> bool:
        got = signal.sigtimedwait(SIGNALS, seconds)
        if got is None or got.si_signo not in ENDING:
            return False
        hung_up = got.si_signo == signal.SIGHUP
        return not (hung_up and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)  # nohup

    def _stop(self) -> None:
        """SIGTERM to each leader, time to finish, then SIGKILL to whatever is left."""
        for child in self.children:
            if child.pid:
                _send(child.pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while any(child.pid for child in self.children) and time.monotonic() < until:
            if self._asked_to_end(0.1):
                break  # asked twice: no more patience
            self._collect()
        for child in self.children:
            if child.pid:
                log.warning("%s did not end in time", child.name)
                linux.kill_group(child.pid)
        for pid in linux.descendants(os.getpid()):
            _send(pid, signal.SIGKILL)
        while any(child.pid for child in self.children) and time.monotonic() < until + 1:
            self._collect()
            time.sleep(0.01)

    def _collect(self) -> None:
        while (pid := _ended_child()) is not None:
            for child in self.children:
                if child.pid == pid:
                    linux.kill_group(pid)
                    child.pid = 0
            os.waitpid(pid, 0)


def _ended_child() -> int | None:
    """A child that ended and still has its number, or None."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found else None


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _words(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return f"status {os.WEXITSTATUS(status)}"
