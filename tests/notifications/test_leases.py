"""Two of everything: leases, fencing, senders that freeze or die, results that come too late."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from core import clock
from notifications.channels.base import ChannelError
from notifications.commands import cancel
from notifications.domain.retry import LEASE, MAX_CLAIMS
from notifications.models import Delivery, DeliveryAttempt, DeliveryEvent
from notifications.sender import Sender, results
from notifications.sender.claim import claim
from notifications.sender.loop import BURST, JUMP_PAUSE, TOGETHER_IN_A_BURST, ClockWatch
from notifications.sender.pool import Job, Outgoing, Pool, Result, attempt
from tests.notifications.conftest import fates, hook, page
from tests.phones import Mode, Phones

ROOT = Path(__file__).resolve().parents[2]


def result(row: Delivery, token: str, error: ChannelError | None = None, **more: object) -> Result:
    now = clock.now()
    return Result(row.pk, token, row.attempts, now, now, error=error, **more)


def record(*found: Result) -> None:
    results.record(found, now=clock.now(), jitter=lambda: 0.5)


def take(token: str, **more: object) -> list[Delivery]:
    return claim(clock.now(), token, **({"under_way": {}} | more))  # type: ignore[arg-type]


@pytest.mark.django_db
class TestOneSenderAtATime:
    def test_a_claimed_row_is_not_claimed_again_while_the_lease_lasts(self, alice: User) -> None:
        page(alice)
        [row] = take("one.1")
        assert (row.state, row.lease_token, row.attempts) == ("SENDING", "one.1", 1)
        assert row.next_attempt_at == row.lease_until
        assert take("two.1") == []

    def test_a_row_whose_sender_died_is_taken_over_as_a_possible_duplicate(
        self, alice: User, pass_time: Callable[[float], None]
    ) -> None:
        page(alice)
        take("dead.1")
        pass_time(LEASE.total_seconds() + 1)
        [row] = take("alive.1")
        assert (row.lease_token, row.attempts, row.possible_duplicate) == ("alive.1", 2, True)

    def test_a_frozen_sender_cannot_record_over_the_new_owner(
        self, alice: User, pass_time: Callable[[float], None]
    ) -> None:
        page(alice)
        [frozen] = take("frozen.1")
        pass_time(LEASE.total_seconds() + 1)
        [row] = take("owner.1")
        record(result(frozen, "frozen.1", ChannelError("too late", permanent=True)))
        row.refresh_from_db()
        assert (row.state, row.lease_token) == ("SENDING", "owner.1")
        late = DeliveryAttempt.objects.get()
        assert (late.ok, late.detail) == (False, "after the lease was lost: too late")
        assert not DeliveryEvent.objects.exists()
        record(result(row, "owner.1"))
        assert fates() == {"EMAIL": "SENT"}

    @pytest.mark.parametrize("late_first", [True, False])
    def test_a_late_and_a_current_success_in_one_batch_are_told_apart(
        self, alice: User, pass_time: Callable[[float], None], late_first: bool
    ) -> None:
        page(alice)
        [frozen] = take("frozen.1")
        pass_time(LEASE.total_seconds() + 1)
        [row] = take("owner.1")
        late, current = result(frozen, "frozen.1"), result(row, "owner.1")
        record(*([late, current] if late_first else [current, late]))
        assert fates() == {"EMAIL": "SENT"}
        assert DeliveryEvent.objects.get().outcome == "sent"
        details = sorted(DeliveryAttempt.objects.values_list("detail", flat=True))
        assert details == ["", "after the lease was lost:"]

    def test_a_frozen_sender_does_not_send_what_it_had_not_begun(
        self, phones: Phones, alice: User
    ) -> None:
        """Between claiming and sending the process stood still longer than the lease allows."""
        page(alice)
        [row] = take("frozen.1")
        woken_too_late = Job(
            Outgoing(row.pk, row.address), "EMAIL", "smtp", row.message, "frozen.1", begin_before=0
        )
        outcome = attempt(woken_too_late)
        assert (outcome.begun, outcome.ok) == (False, False)
        record(outcome)
        row.refresh_from_db()
        assert (row.state, row.attempts, row.possible_duplicate) == ("QUEUED", 0, False)
        assert not phones.mail.attempts

    def test_a_sender_takes_none_of_its_own_rows_twice(
        self, alice: User, pass_time: Callable[[float], None]
    ) -> None:
        [row] = page(alice)
        take("one.1")
        pass_time(3600)
        assert take("one.2", mine=[row.pk]) == []

    def test_a_full_provider_is_left_out_and_holds_up_nobody(self, alice: User) -> None:
        for subject in range(12):
            page(alice, subject=subject)
        assert len(take("one.1")) == 8
        assert take("one.2", under_way={"smtp": 8}) == []
        assert len(take("one.3", under_way={"smtp": 7})) == 1

    def test_a_row_that_kills_its_sender_each_time_is_given_up(
        self, alice: User, sender: Sender
    ) -> None:
        page(alice)
        Delivery.objects.update(attempts=MAX_CLAIMS)
        sender.turn()
        sender.turn()
        assert fates() == {"EMAIL": "FAILED"}
        assert DeliveryEvent.objects.get().detail.startswith("given up")

    def test_a_result_of_a_deleted_delivery_harms_no_other(self, alice: User) -> None:
        gone, row = page(alice, subject=1)[0], page(alice, subject=2)[0]
        take("one.1")
        Delivery.objects.filter(pk=gone.pk).delete()
        record(result(gone, "one.1"), result(row, "one.1"))
        assert fates() == {"EMAIL": "SENT"}

    def test_cancelled_and_refused_stays_cancelled(self, alice: User) -> None:
        [row] = page(alice)
        take("one.1")
        cancel("thing", [7], "it was acknowledged", now=clock.now())
        record(result(row, "one.1", ChannelError("busy")))
        assert fates() == {"EMAIL": "CANCELLED"}
        assert not DeliveryEvent.objects.exists()

    def test_a_link_left_behind_by_a_crash_is_found(
        self, phones: Phones, alice: User, sender: Sender
    ) -> None:
        hook(alice, phones.hook.url())
        first, _ = page(alice, urgency="LOW")
        Delivery.objects.filter(pk=first.pk).update(state="FAILED")
        sender._keep_house()
        assert fates() == {"EMAIL": "FAILED", "WEBHOOK": "QUEUED"}

    def test_a_link_behind_a_provider_that_has_no_room_is_not_held_up_for_long(
        self, phones: Phones, alice: User, sender: Sender, pass_time: Callable[[float], None]
    ) -> None:
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        sender._keep_house()
        assert fates() == {"EMAIL": "QUEUED", "WEBHOOK": "WAITING"}
        pass_time(11)
        sender._next_housekeeping = 0
        sender._keep_house()
        assert fates() == {"EMAIL": "QUEUED", "WEBHOOK": "QUEUED"}

    def test_results_wait_in_memory_while_the_database_is_away(
        self, phones: Phones, alice: User, sender: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page(alice)
        sender._claim()
        phones.wait(sender.pool.done.qsize)

        def away(*_: object, **__: object) -> None:
            raise OperationalError("the database is away")

        with monkeypatch.context() as outage:
            outage.setattr(results, "record", away)
            for _ in range(2):
                with pytest.raises(OperationalError):
                    sender.turn()
        assert len(sender.unwritten) == 1
        sender.turn()
        assert fates() == {"EMAIL": "SENT"}
        assert len(phones.mails) == 1

    def test_a_stopped_sender_records_what_is_on_the_wire_and_takes_nothing_more(
        self, phones: Phones, alice: User, sender: Sender
    ) -> None:
        page(alice, subject=1)
        sender._claim()
        page(alice, subject=2)
        sender.stop()
        sender.run()
        assert fates(by="subject_id") == {"1": "SENT", "2": "QUEUED"}

    def test_two_senders_taking_turns_send_each_page_once(
        self, phones: Phones, alice: User
    ) -> None:
        senders = [Sender(), Sender()]
        for subject in range(30):
            page(alice, subject=subject)
        end = time.monotonic() + 10
        while Delivery.objects.exclude(state="SENT").exists() and time.monotonic() < end:
            for one in senders:
                one.turn()
        assert sorted(mail.message["X-OpsKnight-Subject"] for mail in phones.mails) == sorted(
            f"thing:{subject}" for subject in range(30)
        )
        for one in senders:
            one.pool.close()


@pytest.mark.django_db(transaction=True)
def test_senders_at_the_same_moment_send_each_page_once(
    phones: Phones, alice: User, at_once: Callable[..., list]
) -> None:
    for subject in range(40):
        page(alice, subject=subject)

    def work() -> int:
        one = Sender()
        end = time.monotonic() + 15
        while Delivery.objects.exclude(state="SENT").exists() and time.monotonic() < end:
            one.turn()
        one.pool.close()
        return 1

    assert at_once(3, work) == [1, 1, 1]
    assert len({mail.message["X-OpsKnight-Delivery"] for mail in phones.mails}) == 40
    assert len(phones.mails) == 40


@pytest.mark.django_db(transaction=True)
def test_the_loop_survives_an_outage_of_the_database(
    phones: Phones, alice: User, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    page(alice)
    real_turn, turns = sender.turn, []

    def turn() -> bool:
        turns.append(1)
        if len(turns) in {1, 3}:
            raise OperationalError("the database is away")
        if fates() == {"EMAIL": "SENT"}:
            sender.stop()
        return real_turn()

    monkeypatch.setattr(sender, "turn", turn)
    sender.run()
    assert len(phones.mails) == 1


@pytest.mark.parametrize("hours", [25, 1, -1])
def test_nothing_is_claimed_right_after_a_jump_of_the_clock(hours: int) -> None:
    watch, now, at = ClockWatch(), clock.now(), 100.0
    after = now + timedelta(hours=hours)
    assert watch.steady(now, at)
    assert watch.steady(now + timedelta(seconds=20), at)
    assert not watch.steady(after, at)
    assert not watch.steady(after, at + JUMP_PAUSE - 0.1)
    assert watch.steady(after, at + JUMP_PAUSE)


def test_a_clock_that_is_set_for_ever_silences_nobody() -> None:
    watch, now, claims = ClockWatch(), clock.now(), []
    for step in range(1, 2000):
        at = 100 + step * 0.05
        wall = now + timedelta(seconds=at + (40 if int(at / 0.9) % 2 else 0))
        if watch.steady(wall, at):
            claims.append(at)
    assert claims[-1] > 190


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_is_set_in_the_middle_of_a_round_is_noticed_before_the_claim(
    phones: Phones, alice: User, sender: Sender, pass_time: Callable[[float], None], monkeypatch
) -> None:
    """What was due a moment before looks an hour late until the ticker has moved it along."""
    page(alice)
    Delivery.objects.update(next_attempt_at=clock.now() + timedelta(minutes=30))
    collect, rounds = Pool.collect, iter(range(99))

    def set_meanwhile(pool: Pool, wait: float) -> list[Result]:
        turn = next(rounds)
        if turn == 1:
            pass_time(3600)
        elif turn == 10:
            sender.stop()
        return collect(pool, wait)

    monkeypatch.setattr(Pool, "collect", set_meanwhile)
    sender.run()
    assert fates() == {"EMAIL": "QUEUED"}
    assert not phones.mails


@pytest.mark.django_db(transaction=True)
def test_a_process_frozen_beyond_its_lease_neither_sends_again_nor_overwrites(
    phones: Phones, alice: User, sender: Sender, send_until: Callable[..., None]
) -> None:
    phones.mail.mode = Mode.HANG
    process = _start(phones)
    try:
        page(alice)
        phones.wait(lambda: phones.mail.attempts == 1, 30)
        process.send_signal(signal.SIGSTOP)
        phones.mail.mode = Mode.OK
        Delivery.objects.update(next_attempt_at=clock.now())  # the lease is over
        send_until(lambda: fates() == {"EMAIL": "SENT"})
        process.send_signal(signal.SIGCONT)
        phones.wait(lambda: DeliveryAttempt.objects.count() == 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
    row = Delivery.objects.get()
    assert (row.state, row.possible_duplicate) == ("SENT", True)
    assert DeliveryAttempt.objects.get(ok=False).detail.startswith("after the lease was lost")
    assert len(phones.mails) == 1


def _start(phones: Phones) -> "subprocess.Popen[bytes]":
    """A real sender process on the database of this test."""
    environment = os.environ | phones.environment() | {"DATABASE_URL": database_url()}
    environment["EMAIL_URL"] += "?timeout=2"
    return subprocess.Popen([sys.executable, "manage.py", "sender"], cwd=ROOT, env=environment)


def database_url() -> str:
    """Of the database of this test, for a process of its own."""
    settings = connection.settings_dict
    name = settings["NAME"]
    if settings["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{name}"
    host = str(settings["HOST"]).replace("/", "%2F")
    return f"postgres://{settings['USER']}:{settings['PASSWORD']}@{host}:{settings['PORT']}/{name}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("repeated", [False, True])
def test_what_may_have_gone_out_is_written_down_without_waiting_for_more(
    alice: User, sender: Sender, repeated: bool
) -> None:
    for subject in range(BURST):
        page(alice, subject=subject)
    if repeated:
        assert len(take("dead.1")) == BURST
        Delivery.objects.update(next_attempt_at=clock.now())  # the lease is over
    began = clock.monotonic()
    sender.turn()
    assert (sender._next_turn < began + TOGETHER_IN_A_BURST) == repeated
