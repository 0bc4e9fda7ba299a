"""Faults of our own in the sender: logged, isolated, ended with a reason; the others go on."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from accounts.models import User
from core import clock
from notifications.domain.retry import OWN_FAULT_TRIES
from notifications.models import Delivery, DeliveryAttempt, DeliveryEvent
from notifications.sender import Sender, loop, results
from notifications.sender.claim import claim
from tests.notifications.conftest import fates, hook, page
from tests.phones import Phones

pytestmark = pytest.mark.django_db


class Fault(Exception):
    """Nothing of the product expects it."""


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Callable[[Delivery], None]:
    """Makes it impossible to record results of one delivery, alone or among others."""
    real = results.record

    def make(row: Delivery) -> None:
        def record(found, **more) -> None:
            if row.pk in {result.delivery_id for result in found}:
                raise Fault
            real(found, **more)

        monkeypatch.setattr(results, "record", record)

    return make


def settled() -> bool:
    return not Delivery.objects.filter(state__in=["QUEUED", "SENDING", "WAITING"]).exists()


class TestResultsThatCannotBeStored:
    def test_the_others_are_stored_and_the_state_is_known(
        self, phones: Phones, alice: User, send_until, poison, caplog
    ) -> None:
        bad, good = page(alice, subject=1)[0], page(alice, subject=2)[0]
        poison(bad)
        send_until(settled)
        assert fates(by="pk") == {str(bad.pk): "SENT", str(good.pk): "SENT"}
        assert {event.delivery_id for event in DeliveryEvent.objects.all()} == {bad.pk, good.pk}
        assert len(phones.mails) == 2
        assert f"result of delivery {bad.pk} cannot be stored" in caplog.text
        assert "Traceback" in caplog.text

    def test_a_failure_is_repeated_some_times_and_then_ends_with_a_reason(
        self, phones: Phones, alice: User, send_until, poison, pass_time
    ) -> None:
        [row] = page(alice)
        Delivery.objects.update(message={"facts": 5})
        poison(row)
        for number in range(1, OWN_FAULT_TRIES + 1):
            send_until(lambda number=number: _tried(row) == number)
            pass_time(200)
        row.refresh_from_db()
        assert (row.state, row.reason) == ("FAILED", "internal error: Fault")
        assert row.finished_at is not None
        assert DeliveryEvent.objects.get().outcome == "failed"

    def test_text_that_no_database_keeps_is_one_of_them(
        self, phones: Phones, alice: User, sender: Sender
    ) -> None:
        [row] = page(alice)
        [taken] = claim(clock.now(), "one.1", under_way={})
        now = clock.now()
        found = loop.failed_inside(row.pk, "one.1", taken.attempts, Fault(), now)
        found.error.answer = "half a character: \udc80"
        sender.unwritten.append(found)
        sender.turn()
        assert not sender.unwritten
        row.refresh_from_db()
        assert (row.state, row.lease_token) == ("QUEUED", "")

    def test_a_link_behind_it_goes_out_within_a_second(
        self, phones: Phones, alice: User, send_until, poison
    ) -> None:
        hook(alice, phones.hook.url())
        first, _ = page(alice, urgency="LOW")
        Delivery.objects.filter(pk=first.pk).update(message={"facts": 5})
        poison(first)
        send_until(lambda: phones.calls, 5)
        assert _tried(first) == 1

    def test_a_late_result_of_a_lost_lease_changes_nothing(
        self, alice: User, sender: Sender, poison
    ) -> None:
        [row] = page(alice)
        claim(clock.now(), "owner.1", under_way={})
        poison(row)
        late = loop.failed_inside(row.pk, "frozen.1", 1, Fault(), clock.now())
        sender.unwritten += [late, replace(late, error=None)]
        sender.turn()
        row.refresh_from_db()
        assert (row.state, row.lease_token) == ("SENDING", "owner.1")
        assert not DeliveryEvent.objects.exists()


class TestRowsThatCannotBeHandled:
    @pytest.fixture
    def unreadable(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[Delivery], None]:
        """The value of one row's message makes every reader raise."""
        field = Delivery._meta.get_field("message")
        real = field.from_db_value

        def make(row: Delivery) -> None:
            Delivery.objects.filter(pk=row.pk).update(message="poison")

            def from_db_value(value, *rest):
                if value == '"poison"':
                    raise Fault
                return real(value, *rest)

            monkeypatch.setattr(field, "from_db_value", from_db_value)

        return make

    def test_one_that_cannot_be_read_holds_up_no_other(
        self, phones: Phones, alice: User, sender: Sender, send_until, unreadable, caplog
    ) -> None:
        bad = page(alice, subject=1)[0]
        for subject in range(2, 5):
            page(alice, subject=subject)
        unreadable(bad)
        send_until(lambda: len(phones.mails) == 3, 5)
        send_until(lambda: _tried(bad) == 1 and DeliveryAttempt.objects.count() == 4)
        assert DeliveryAttempt.objects.get(delivery=bad).detail == "internal error: Fault"
        assert f"delivery {bad.pk} cannot be read" in caplog.text

    @pytest.mark.parametrize("which", [0, 2])
    def test_nor_does_one_of_a_digest(
        self, phones: Phones, alice: User, send_until, unreadable, which: int
    ) -> None:
        rows = [page(alice, subject=number)[0] for number in range(1, 5)]
        Delivery.objects.update(gathered=True)
        unreadable(rows[which])
        send_until(lambda: len(phones.mails) == 1, 5)
        assert phones.mails[0].subject == "[Digest] 3 messages of low urgency"
        send_until(lambda: _tried(rows[which]) >= 1)

    def test_it_fails_in_the_end_and_the_next_channel_goes_at_once(
        self, phones: Phones, alice: User, send_until, unreadable
    ) -> None:
        hook(alice, phones.hook.url())
        first, _ = page(alice, urgency="LOW")
        unreadable(first)
        send_until(lambda: phones.calls, 5)
        send_until(settled)
        assert fates() == {"EMAIL": "CANCELLED", "WEBHOOK": "SENT"}

    def test_without_another_channel_it_is_failed_with_its_reason(
        self, phones: Phones, alice: User, send_until, unreadable, pass_time
    ) -> None:
        [row] = page(alice)
        unreadable(row)
        for number in range(1, OWN_FAULT_TRIES + 1):
            send_until(lambda number=number: _tried(row) == number)
            pass_time(200)
        assert fates() == {"EMAIL": "FAILED"}
        assert DeliveryEvent.objects.get().detail == "internal error: Fault"

    def test_one_that_no_thread_can_take_fails_like_any_other(
        self, phones: Phones, alice: User, sender: Sender, monkeypatch, caplog
    ) -> None:
        page(alice)

        def refuse(thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as exhausted:
            exhausted.setattr(threading.Thread, "start", refuse)
            sender.turn()
            sender.turn()
        row = Delivery.objects.get()
        assert (row.state, row.reason) == ("QUEUED", "internal error: RuntimeError")
        assert not sender.pool.running
        assert "cannot be handed to a thread" in caplog.text

    def test_a_guard_that_answers_nonsense_stops_no_page(
        self, phones: Phones, alice: User, settings, send_until
    ) -> None:
        settings.DELIVERY_GUARDS = {"thing": "tests.notifications.guards.mumble"}
        page(alice)
        send_until(settled)
        assert len(phones.mails) == 1


@pytest.mark.django_db(transaction=True)
def test_the_loop_survives_what_nobody_foresaw_and_does_not_spin(
    phones: Phones, alice: User, sender: Sender, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    page(alice)
    real_turn, turns = sender.turn, []

    def turn(**options: bool) -> bool:
        turns.append(time.monotonic())
        if len(turns) <= 3:
            raise Fault
        if fates() == {"EMAIL": "SENT"}:
            sender.stop()
        return real_turn(**options)

    monkeypatch.setattr(sender, "turn", turn)
    sender.run()
    assert len(phones.mails) == 1
    assert turns[3] - turns[0] >= 0.5  # 0.1 s after the first, 0.2 s after the second …
    assert caplog.text.count("round failed") == 3
    assert "Traceback" in caplog.text


def _tried(row: Delivery) -> int:
    """How often it was tried and given back or ended."""
    row.refresh_from_db(fields=["state", "attempts"])
    return 0 if row.state == "SENDING" else row.attempts
