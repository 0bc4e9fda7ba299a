"""The sender against real servers: sent, repeated, failed over, cancelled, never lost."""

import time
from datetime import timedelta

import pytest

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from core.models import Heartbeat
from notifications import commands
from notifications.models import (
    Channel,
    ContactMethod,
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    DeliveryState,
    OutboxMail,
)
from notifications.sender import Sender
from tests.notifications.conftest import fates, hook, page
from tests.phones import Mode, Phones

pytestmark = pytest.mark.django_db
# Far below the 8 s for which a server may hang, and still met by a machine that is busy.
QUICK = 3.0
SENT, FAILED, QUEUED, CANCELLED = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.QUEUED,
    DeliveryState.CANCELLED,
)


def events() -> list[tuple[str, str]]:
    rows = DeliveryEvent.objects.order_by("id").select_related("delivery")
    return [(row.delivery.channel, row.outcome) for row in rows]


def planned_after_the_failure() -> float:
    """Seconds from the end of the only attempt to the next one."""
    ended = DeliveryAttempt.objects.get().finished_at
    return (Delivery.objects.get().next_attempt_at - ended).total_seconds()


def all_done() -> bool:
    return not Delivery.objects.filter(state__in=["WAITING", "QUEUED", "SENDING"]).exists()


class TestEverythingWorks:
    def test_a_high_page_arrives_on_every_channel(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        hook(alice, phones.hook.url("/alice"))
        page(alice)
        send_until(all_done)
        assert fates() == {"EMAIL": SENT, "WEBHOOK": SENT}
        assert [mail.to for mail in phones.mails] == ["alice@example.com"]
        assert [call.path for call in phones.calls] == ["/alice"]
        assert sorted(events()) == [("EMAIL", "sent"), ("WEBHOOK", "sent")]

    def test_each_try_leaves_a_row(self, phones: Phones, alice: User, send_until) -> None:
        [row] = page(alice)
        send_until(all_done)
        attempt = DeliveryAttempt.objects.get()
        assert (attempt.delivery, attempt.number, attempt.ok) == (row, 1, True)
        assert attempt.finished_at >= attempt.started_at >= row.created_at

    def test_a_chain_stops_at_the_first_success(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        send_until(all_done)
        assert fates() == {"EMAIL": SENT, "WEBHOOK": CANCELLED}
        assert Delivery.objects.get(channel="WEBHOOK").reason == "reached by E-mail"
        assert not phones.calls

    def test_what_is_planned_for_later_waits(
        self, phones: Phones, alice: User, sender: Sender, send_until, pass_time
    ) -> None:
        [mail] = commands.ensure_default_method(alice)
        commands.set_rules(alice, "HIGH", [(mail, 5)], by=SYSTEM, now=clock.now())
        page(alice)
        pass_time(299)
        sender.turn()
        assert fates() == {"EMAIL": QUEUED}
        pass_time(2)
        send_until(all_done)
        assert len(phones.mails) == 1

    def test_the_urgent_goes_first(self, phones: Phones, alice: User, send_until) -> None:
        page(alice, subject=1, urgency="LOW")
        page(alice, subject=2, urgency="HIGH")
        order = list(
            Delivery.objects.order_by("rank", "next_attempt_at").values_list(
                "subject_id", flat=True
            )
        )
        assert order == [2, 1]
        send_until(all_done)
        assert len(phones.mails) == 2

    def test_the_sender_says_that_it_lives(self, sender: Sender) -> None:
        sender.turn()
        age = clock.now() - Heartbeat.objects.get(name="sender").at
        assert age < timedelta(seconds=5)


class TestFailures:
    def test_a_temporary_refusal_is_repeated_until_it_works(
        self, phones: Phones, alice: User, sender: Sender, send_until, pass_time
    ) -> None:
        phones.mail.mode = Mode.TEMPORARY
        [row] = page(alice)
        send_until(lambda: DeliveryAttempt.objects.count() == 1)
        row.refresh_from_db()
        assert (row.state, row.reason[:27]) == (QUEUED, "the mail server refused: 45")
        assert 2.2 < planned_after_the_failure() < 6
        phones.mail.mode = Mode.OK
        pass_time(5)
        send_until(all_done)
        row.refresh_from_db()
        assert (row.state, row.reason, row.attempts) == (SENT, "", 2)
        assert events() == [("EMAIL", "sent")]

    def test_after_five_attempts_it_is_given_up_and_said(
        self, phones: Phones, alice: User, send_until, pass_time
    ) -> None:
        phones.mail.mode = Mode.REFUSE
        page(alice)
        for number in range(1, 6):
            send_until(lambda number=number: DeliveryAttempt.objects.count() == number)
            pass_time(200)
        assert fates() == {"EMAIL": FAILED}
        assert events() == [("EMAIL", "failed")]

    def test_a_permanent_refusal_is_final_and_the_next_channel_goes_at_once(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        phones.mail.mode = Mode.PERMANENT
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        started = time.monotonic()
        send_until(all_done)
        assert time.monotonic() - started < QUICK
        assert fates() == {"EMAIL": FAILED, "WEBHOOK": SENT}
        assert DeliveryAttempt.objects.filter(delivery__channel="EMAIL").count() == 1

    def test_a_temporary_failure_releases_the_next_channel_too_and_goes_on_itself(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        phones.mail.mode = Mode.TEMPORARY
        phones.hook.mode = Mode.TEMPORARY
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        send_until(lambda: DeliveryAttempt.objects.count() == 2)
        assert fates() == {"EMAIL": QUEUED, "WEBHOOK": QUEUED}

    def test_success_elsewhere_ends_the_repetitions_of_a_chain(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        phones.mail.mode = Mode.TEMPORARY
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        send_until(all_done)
        assert fates() == {"EMAIL": CANCELLED, "WEBHOOK": SENT}
        assert Delivery.objects.get(channel="EMAIL").reason == "reached by Webhook"

    def test_a_failure_brings_forward_what_a_rule_planned_for_later(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        phones.mail.mode = Mode.PERMANENT
        web = hook(alice, phones.hook.url())
        mail = ContactMethod.objects.get(channel=Channel.EMAIL)
        commands.set_rules(alice, "HIGH", [(mail, 0), (web, 30)], by=SYSTEM, now=clock.now())
        page(alice)
        send_until(all_done)
        assert fates() == {"EMAIL": FAILED, "WEBHOOK": SENT}

    def test_a_server_that_hangs_up_after_the_text_may_have_taken_it(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        phones.mail.mode = Mode.DROP
        [row] = page(alice)
        send_until(lambda: DeliveryAttempt.objects.count() == 1)
        row.refresh_from_db()
        assert (row.state, row.possible_duplicate) == (QUEUED, True)

    def test_a_busy_host_is_given_the_time_it_asks_for(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        phones.hook.mode = Mode.BUSY
        hook(alice, phones.hook.url())
        page(alice, channels=["WEBHOOK"])
        send_until(lambda: DeliveryAttempt.objects.count() == 1)
        assert 60 <= planned_after_the_failure() < 66

    def test_mail_without_a_server_is_recorded_as_not_sent(
        self, phones: Phones, alice: User, monkeypatch, send_until
    ) -> None:
        monkeypatch.delenv("EMAIL_URL")
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        send_until(all_done)
        assert fates() == {"EMAIL": FAILED, "WEBHOOK": SENT}
        row = Delivery.objects.get(channel="EMAIL")
        assert row.reason == "no mail server is configured (not sent)"
        assert events() == [("EMAIL", "not_sent"), ("WEBHOOK", "sent")]
        assert DeliveryAttempt.objects.filter(delivery=row, ok=False).exists()
        kept = OutboxMail.objects.get()
        assert (kept.to, "Checkout is down" in kept.text) == ("alice@example.com", True)

    def test_a_broken_channel_counts_as_a_temporary_failure(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        page(alice)
        Delivery.objects.update(message={"facts": 5})
        send_until(DeliveryAttempt.objects.exists)
        assert fates() == {"EMAIL": QUEUED}
        assert DeliveryAttempt.objects.get().detail == "internal error: TypeError"


class TestBulkheads:
    def test_a_hanging_mail_server_delays_no_webhook(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        phones.mail.mode = Mode.HANG
        for subject in range(20):
            page(alice, subject=subject)
        send_until(lambda: phones.mail.attempts == 8)  # all that mail may have under way
        hook(alice, phones.hook.url())
        started = time.monotonic()
        page(alice, subject=99)
        send_until(lambda: phones.calls)
        assert time.monotonic() - started < QUICK
        assert phones.mail.attempts == 8

    def test_many_hanging_hosts_leave_room_for_one_that_works(
        self, phones: Phones, alice: User, send_until
    ) -> None:
        for number in range(9):
            hanging = phones.another_hook()
            hanging.mode = Mode.HANG
            hook(alice, hanging.url(f"/{number}"))
        for subject in range(6):
            page(alice, subject=subject, channels=["WEBHOOK"])
        send_until(lambda: sum(sink.attempts for sink in phones._more) >= 28)
        started = time.monotonic()
        page(alice, subject=99, channels=["EMAIL"])
        send_until(lambda: phones.mails)
        assert time.monotonic() - started < QUICK


class TestGuards:
    def test_what_is_not_wanted_any_more_is_not_sent(
        self, phones: Phones, alice: User, settings, send_until
    ) -> None:
        settings.DELIVERY_GUARDS = {"thing": "tests.notifications.guards.refuse_odd"}
        hook(alice, phones.hook.url())
        page(alice, subject=1, urgency="LOW")
        page(alice, subject=2, urgency="LOW")
        send_until(all_done)
        refused = Delivery.objects.filter(subject_id=1).order_by("id")
        assert [row.state for row in refused] == [CANCELLED, CANCELLED]
        assert {row.reason for row in refused} == {"odd subjects are over"}
        assert len(phones.mails) == 1
        assert events() == [("EMAIL", "not_sent"), ("EMAIL", "sent")]
        assert not DeliveryAttempt.objects.filter(delivery__subject_id=1).exists()

    @pytest.mark.parametrize("guard", ["tests.notifications.guards.break_down", "no.such.guard"])
    def test_a_broken_guard_lets_the_page_pass(
        self, phones: Phones, alice: User, settings, send_until, guard: str
    ) -> None:
        settings.DELIVERY_GUARDS = {"thing": guard}
        page(alice)
        send_until(all_done)
        assert len(phones.mails) == 1

    def test_the_guard_is_asked_again_before_a_repetition(
        self, phones: Phones, alice: User, settings, send_until, pass_time
    ) -> None:
        phones.mail.mode = Mode.TEMPORARY
        page(alice, subject=1)
        send_until(DeliveryAttempt.objects.exists)
        settings.DELIVERY_GUARDS = {"thing": "tests.notifications.guards.refuse_odd"}
        phones.mail.mode = Mode.OK
        pass_time(10)
        send_until(all_done)
        assert not phones.mails


class TestCancelling:
    def test_cancelled_before_it_was_claimed_is_never_sent(
        self, phones: Phones, alice: User, sender: Sender
    ) -> None:
        page(alice)
        commands.cancel("thing", [7], "it was acknowledged", now=clock.now())
        sender.turn()
        assert not sender.pool.running
        assert not phones.mail.attempts

    def test_cancelled_while_a_repetition_waits_is_not_sent_again(
        self, phones: Phones, alice: User, sender: Sender, send_until, pass_time
    ) -> None:
        phones.mail.mode = Mode.TEMPORARY
        page(alice)
        send_until(DeliveryAttempt.objects.exists)
        commands.cancel("thing", [7], "it was acknowledged", now=clock.now())
        phones.mail.mode = Mode.OK
        pass_time(60)
        sender.turn()
        assert fates() == {"EMAIL": CANCELLED}
        assert not phones.mails

    def test_accepted_while_being_cancelled_counts_as_sent(
        self, phones: Phones, alice: User, sender: Sender, send_until
    ) -> None:
        [row] = page(alice)
        sender._claim()
        commands.cancel("thing", [7], "it was acknowledged", now=clock.now())
        send_until(DeliveryAttempt.objects.exists)
        row.refresh_from_db()
        assert (row.state, row.reason) == (SENT, "accepted although it was acknowledged")
        assert events() == [("EMAIL", "sent")]
