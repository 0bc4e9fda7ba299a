"""The sender process: collect results, write them, claim, ask the guards, hand to the pool."""

import logging
import os
import random
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from core import clock, config, heartbeat
from core.database import AWAY
from notifications import accounts
from notifications.channels.base import Account, ChannelError, MailSettings, Outgoing
from notifications.commands.providers import adopt_environment
from notifications.domain import slots
from notifications.domain.retry import ATTEMPT_SECONDS, LEASE, MAX_CLAIMS
from notifications.models import Delivery
from notifications.queries import stranded
from notifications.sender import faults, guards, pacing, results
from notifications.sender.backlog import Backlog
from notifications.sender.claim import claim
from notifications.sender.faults import failed_inside
from notifications.sender.notebook import Notebook, settle_left_behind
from notifications.sender.pool import Job, Pool, Result

log = logging.getLogger(__name__)

POLL_BUSY = 0.02  # seconds between looks at the table while there was work within BUSY_SECONDS
POLL_IDLE = 0.05
BUSY_SECONDS = 10.0
TOGETHER = 0.015  # results that come within it are written by one transaction
BURST = 3  # so many in one round with room for more: the next one gathers longer
TOGETHER_IN_A_BURST = 0.08
HOUSEKEEPING_SECONDS = 1.0
DEEP_LOOK_SECONDS = 0.05
SHUTDOWN_SECONDS = 8.0
# What is claimed must begin while the rest of the lease covers one whole attempt.
BEGIN_WITHIN = LEASE.total_seconds() - ATTEMPT_SECONDS - 2
CLOCK_JUMP = timedelta(seconds=30)
JUMP_PAUSE = 1.0  # the ticker moves the due times meanwhile
PAUSES = 5.0  # at most, when the clock is set again and again
HEARTBEAT = "sender"
Steady = Callable[[datetime, float], bool]


class Sender:
    """One sender. Any number may run; `turn` is one round, `run` the process."""

    def __init__(self) -> None:
        self.pool = Pool(self._note)
        self.notebook = Notebook()
        self.unwritten: list[Result] = []
        self.backlog = Backlog()
        self.stopping = False
        self._settled_in = False
        self._name = secrets.token_hex(6)
        self._claims = 0
        self._busy_until = 0.0
        self._next_turn = 0.0
        self._next_housekeeping = 0.0
        self._next_deep_look = 0.0
        self._repeats = False
        self._steady: Steady = lambda *_: True

    def run(self) -> None:
        """Until `stop`; survives every failure and keeps what it has to write."""
        self._steady = ClockWatch().steady
        trouble = 0
        while not self.stopping:
            try:
                self._settle_in()
                self.turn()
                trouble = 0
            except Exception:
                trouble += 1
                waiting = len(self.unwritten)
                log.exception("round failed, %d in a row; %d results wait", trouble, waiting)
                _reconnect_after(min(0.1 * trouble, 1.0))
        self._finish()

    def stop(self) -> None:
        """Ends `run` soon: nothing more is claimed, what is under way is waited for."""
        self.stopping = True

    def _settle_in(self) -> None:
        """Once: accounts that the environment makes need a row, and the dead left their notes."""
        if not self._settled_in:
            adopt_environment(os.environ, now=clock.now())
            settle_left_behind(settings.DATA_DIR, clock.now(), clock.monotonic())
            self.notebook = Notebook.begin(settings.DATA_DIR, self._name, clock.monotonic())
            self._settled_in = True

    def _note(self, result: Result) -> None:
        """By the thread that sent it, which goes on whatever becomes of the note."""
        try:
            self.notebook.note(self.backlog.with_company(result))
        except Exception:
            log.exception("delivery %d was sent and cannot be noted", result.delivery_id)

    def turn(self) -> bool:
        """One round; waits at most the poll interval for a result. True when something was done."""
        time.sleep(max(0.0, self._next_turn - clock.monotonic()))
        self._next_turn = clock.monotonic() + TOGETHER
        arrived = self.backlog.shared(self.pool.collect(self._poll()))
        self.unwritten += arrived
        self._write()
        claimed = self._claim()
        busy = bool(arrived or claimed)
        if busy:
            self._busy_until = clock.monotonic() + BUSY_SECONDS
        gathers = claimed >= BURST and not self._repeats
        if gathers and not slots.full(self.pool.under_way()):
            self._next_turn = clock.monotonic() + TOGETHER_IN_A_BURST
        self._keep_house()
        return busy

    def _poll(self) -> float:
        if self.unwritten:
            return 0.0
        return POLL_BUSY if clock.monotonic() < self._busy_until else POLL_IDLE

    def _write(self) -> None:
        """Writes what has come back; kept in memory until the database has it."""
        if not self.unwritten:
            return
        try:
            results.record(tuple(self.unwritten), now=clock.now(), jitter=random.random)
        except AWAY:
            raise
        except Exception:
            log.exception("results cannot be written together; one by one")
            self._write_singly()
            return
        self.notebook.written(self.unwritten)
        self.unwritten = []

    def _write_singly(self) -> None:
        """One result that cannot be stored must not hold up the others."""
        while self.unwritten:
            result = self.unwritten[0]
            try:
                results.record([result], now=clock.now(), jitter=random.random)
            except AWAY:
                raise
            except Exception as fault:
                log.exception("result of delivery %d cannot be stored", result.delivery_id)
                self._settle_barely(result, fault)
            self.notebook.written([result])
            del self.unwritten[0]

    def _settle_barely(self, result: Result, fault: Exception) -> None:
        try:
            faults.settle_barely(result, fault, now=clock.now())
        except AWAY:
            raise
        except Exception:
            log.exception("delivery %d is left to the end of its lease", result.delivery_id)

    def _claim(self) -> int:
        """Claims what there is room for; returns how many rows were taken.

        One look reads only so far ahead. Behind a storm for one provider the others' rows are
        found by a second look without it, which is dear and therefore not made each time.
        """
        mail, total = _mail_settings(), 0
        self._repeats = False
        while True:
            started, now = clock.monotonic(), clock.now()
            if not self._steady(now, started):
                return total
            rows = self._take(now)
            total += len(rows)
            # What may have gone out already is written down at once: were this sender to die as the
            # one before did, it would go out a third time.
            self._repeats |= any(row.possible_duplicate for row in rows)
            sent = self._send(rows, mail, now, started + BEGIN_WITHIN)
            if sent == len(rows) and (not rows or started < self._next_deep_look):
                return total
            self._next_deep_look = started + DEEP_LOOK_SECONDS

    def _take(self, now: datetime) -> list[Delivery]:
        """Due rows under a new lease. One that cannot be read fails alone."""
        self._claims += 1
        token = f"{self._name}.{self._claims}"
        unwritten = (result.delivery_id for result in self.unwritten)
        mine = [*self.pool.running, *self.backlog.in_hand, *unwritten]
        late = self.backlog.late
        try:
            return claim(now, token, under_way=self.pool.under_way(), mine=mine, late=late)
        except AWAY:
            raise
        except Exception:
            log.exception("deliveries cannot be read together; one by one")
        return self._read_singly(token, now)

    def _read_singly(self, token: str, now: datetime) -> list[Delivery]:
        rows = []
        for pk, number in faults.held(token):
            try:
                rows.append(Delivery.objects.get(pk=pk))
            except AWAY:
                raise
            except Exception as fault:
                log.exception("delivery %d cannot be read", pk)
                self.unwritten.append(failed_inside(pk, token, number, fault, now))
        return rows

    def _send(
        self, rows: Sequence[Delivery], mail: MailSettings, now: datetime, begin_before: float
    ) -> int:
        """What is wanted goes out first: a failure to note the rest must not hold it up."""
        everything = [*rows, *self.backlog.company(rows, now)]
        refused = guards.unwanted(everything, now)
        wanted = [row for row in everything if row.pk not in refused]
        guards.renew(wanted, now)
        worn_out = [row for row in wanted if row.attempts > MAX_CLAIMS]
        self.unwritten += [_given_up(row, now) for row in worn_out]
        self.backlog.forget([*refused, *(row.pk for row in worn_out)])
        groups = self.backlog.groups([row for row in wanted if row.attempts <= MAX_CLAIMS])
        places = self._admit([group[0] for group in groups], now)
        able = [row for group in groups if group[0].pk not in places.waits for row in group]
        for row in self.backlog.leaving(able):
            self._submit(row, mail, now, begin_before, places.chosen.get(row.pk))
        if refused:
            results.refuse(everything, refused, now=now)
        self._hold(groups, places, now)
        return len(rows) - sum(row.pk in refused for row in rows)

    def _admit(self, leads: Sequence[Delivery], now: datetime) -> pacing.Verdict:
        """When limits cannot be read everything is sent: loud, never silent."""
        try:
            return pacing.admit(leads, now)
        except AWAY:
            raise
        except Exception:
            log.exception("the limits of accounts cannot be read; nothing is held back")
            return pacing.Verdict()

    def _hold(
        self, groups: Sequence[Sequence[Delivery]], places: pacing.Verdict, now: datetime
    ) -> None:
        if not places.waits:
            return
        rows = [row for group in groups if group[0].pk in places.waits for row in group]
        waits = {
            row.pk: places.waits[group[0].pk]
            for group in groups
            if group[0].pk in places.waits
            for row in group
        }
        self.backlog.forget(waits)
        pacing.hold(rows, waits, places, now)

    def _submit(
        self,
        row: Delivery,
        mail: MailSettings,
        now: datetime,
        begin_before: float,
        account: Account | None = None,
    ) -> None:
        try:
            account = account or accounts.for_delivery(row, now)
            self.pool.submit(_job(row, mail, account, begin_before))
        except Exception as fault:
            log.exception("delivery %d cannot be handed to a thread", row.pk)
            lost = failed_inside(row.pk, row.lease_token, row.attempts, fault, now)
            self.unwritten += self.backlog.shared([lost])

    def _keep_house(self) -> None:
        """Each second: the proof of life, and chains whose earlier links hold out no hope."""
        at, now = clock.monotonic(), clock.now()
        if at < self._next_housekeeping:
            return
        self._next_housekeeping = at + HOUSEKEEPING_SECONDS
        heartbeat.beat(HEARTBEAT, now=now, under_way=len(self.pool.running))
        if not self._steady(now, at):
            return
        results.release_stranded(stranded(now), now=now)
        if accounts.any_paced(now):
            pacing.hurry(now)

    def _finish(self) -> None:
        """Waits for what is under way, as long as a clean stop may take."""
        end = clock.monotonic() + SHUTDOWN_SECONDS
        while (self.pool.running or self.unwritten) and clock.monotonic() < end:
            self.unwritten += self.backlog.shared(self.pool.collect(0.05))
            try:
                self._write()
            except Exception:
                log.exception("%d results could not be written", len(self.unwritten))
                _reconnect_after(0.2)
        self.pool.close()
        if not self.pool.running and not self.unwritten:
            self.notebook.end()


class ClockWatch:
    """Notices a jump of the clock: a jumped clock would end leases and bring retries forward.

    Asked with the very readings that work goes by: between two readings the clock may be set.
    """

    def __init__(self) -> None:
        self._offset: float | None = None
        self._steady_from = self._unsteady_since = 0.0

    def steady(self, now: datetime, monotonic: float) -> bool:
        """Whether what is due at `now` may be looked for; both clocks were read together."""
        offset = now.timestamp() - monotonic
        before = offset if self._offset is None else self._offset
        if abs(offset - before) > CLOCK_JUMP.total_seconds():
            log.warning("the clock jumped by %.0f s", offset - before)
            if monotonic >= self._steady_from:
                self._unsteady_since = monotonic
            self._steady_from = monotonic + JUMP_PAUSE
        self._offset = offset
        # A clock that is set for ever must not silence anybody.
        return monotonic >= min(self._steady_from, self._unsteady_since + PAUSES)


def _mail_settings() -> MailSettings:
    return MailSettings(
        config.get("email_url"), config.get("mail_from"), config.get("reply_domain")
    )


def _reconnect_after(seconds: float) -> None:
    connection.close()
    time.sleep(seconds)


def _job(row: Delivery, mail: MailSettings, account: Account | None, begin_before: float) -> Job:
    return Job(
        outgoing=Outgoing(
            delivery_id=row.pk,
            address=row.address,
            secret=row.secret,
            number=row.attempts,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            mail=mail,
            account=account,
            origin=config.get("public_url"),
        ),
        channel=row.channel,
        provider=row.provider,
        message=row.message,
        token=row.lease_token,
        begin_before=begin_before,
    )


def _given_up(row: Delivery, now: datetime) -> Result:
    reason = f"given up: taken {row.attempts - 1} times without a result"
    return Result(
        delivery_id=row.pk,
        token=row.lease_token,
        number=row.attempts,
        started_at=now,
        finished_at=now,
        error=ChannelError(reason, permanent=True, maybe_sent=True),
    )
