"""The clock is set while deliveries wait: nothing is an hour late, and no lease lasts an hour."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from notifications import commands
from notifications.channels.base import ChannelError
from notifications.domain.retry import LEASE
from notifications.models import Delivery, DeliveryEvent
from notifications.publishing import publish_due
from notifications.sender import results
from notifications.sender.claim import claim
from notifications.sender.pool import Result
from opsknight.recurring import CLOCK_SHIFTS, ERRANDS, JOBS
from opsknight.runtime import ticker
from tests.notifications.conftest import fates, hook, page
from tests.phones import Mode, Phones

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
Set = Callable[[float], None]


def fail(row: Delivery, at: datetime) -> None:
    """The provider refused for now, says a sender whose clock shows `at`."""
    result = Result(row.pk, row.lease_token, row.attempts, at, at, error=ChannelError("busy"))
    results.record([result], now=at, jitter=lambda: 0.5)


def set_back(pass_time: Set) -> datetime:
    """The clock goes back an hour and everything is shifted; what it said before."""
    old = clock.now()
    pass_time(-3600)
    commands.shift_due_times(old_now=old, delta=-HOUR, now=clock.now())
    return old


def due() -> timedelta:
    """From now until the only delivery is looked at again."""
    return Delivery.objects.get().next_attempt_at - clock.now()


class TestSetBack:
    def test_a_repetition_keeps_its_distance(self, alice: User, pass_time: Set) -> None:
        page(alice)
        [row] = claim(clock.now(), "one.1", under_way={})
        fail(row, clock.now())
        set_back(pass_time)
        assert timedelta(0) < due() <= 3 * SECOND
        assert commands.take_in_strays(clock.now()) == 0

    def test_a_result_recorded_by_the_old_clock_after_the_shift_is_taken_in(
        self, phones: Phones, alice: User, pass_time: Set, send_until, caplog
    ) -> None:
        page(alice)
        [row] = claim(clock.now(), "one.1", under_way={})
        fail(row, set_back(pass_time))
        assert due() > 59 * 60 * SECOND
        assert commands.take_in_strays(clock.now()) == 1
        assert timedelta(0) < due() <= 3 * SECOND
        assert "planned by a clock that was ahead" in caplog.text
        assert commands.take_in_strays(clock.now()) == 0
        pass_time(5)
        send_until(lambda: phones.mails)

    def test_a_lease_taken_by_the_old_clock_after_the_shift_ends_in_time(
        self, alice: User, pass_time: Set
    ) -> None:
        page(alice)
        claim(set_back(pass_time), "dead.1", under_way={})
        commands.take_in_strays(clock.now())
        row = Delivery.objects.get()
        assert timedelta(0) < due() <= LEASE
        assert row.lease_until == row.next_attempt_at
        pass_time(LEASE.total_seconds() + 1)
        assert claim(clock.now(), "alive.1", under_way={})

    def test_what_an_account_holds_back_has_waited_no_less(
        self, alice: User, pass_time: Set
    ) -> None:
        page(alice)
        since = clock.now() - SECOND
        Delivery.objects.update(throttled_since=since, next_attempt_at=since)
        set_back(pass_time)
        assert Delivery.objects.get().throttled_since <= clock.now()

    def test_a_page_written_by_the_old_clock_after_the_shift_goes_out(
        self, phones: Phones, alice: User, pass_time: Set, send_until
    ) -> None:
        page(alice, now=set_back(pass_time))
        commands.take_in_strays(clock.now())
        send_until(lambda: phones.mails)

    def test_a_link_released_by_the_old_clock_goes_out(
        self, phones: Phones, alice: User, pass_time: Set, send_until
    ) -> None:
        hook(alice, phones.hook.url())
        page(alice, urgency="LOW")
        [row] = claim(clock.now(), "one.1", under_way={})
        fail(row, set_back(pass_time))
        assert fates() == {"EMAIL": "QUEUED", "WEBHOOK": "QUEUED"}
        assert commands.take_in_strays(clock.now()) == 2
        send_until(lambda: phones.calls)

    def test_what_a_rule_planned_for_later_stays_later(self, alice: User, pass_time: Set) -> None:
        [mail] = commands.ensure_default_method(alice)
        commands.set_rules(alice, "HIGH", [(mail, 90)], by=SYSTEM, now=clock.now())
        page(alice, now=set_back(pass_time))
        commands.take_in_strays(clock.now())
        assert 89 * 60 * SECOND < due() <= 90 * 60 * SECOND

    def test_an_event_kept_for_a_later_try_is_published_all_the_same(
        self, alice: User, pass_time: Set
    ) -> None:
        [row] = page(alice)
        old = set_back(pass_time)
        DeliveryEvent.objects.create(delivery=row, outcome="sent", at=old, retry_at=old)
        assert publish_due(clock.now()) == 1


class TestSetForward:
    def test_what_the_new_clock_planned_before_the_shift_is_left_alone(
        self, alice: User, pass_time: Set
    ) -> None:
        page(alice)
        [row] = claim(clock.now(), "one.1", under_way={})
        old = clock.now()
        pass_time(3600)
        fail(row, clock.now())
        commands.shift_due_times(old_now=old, delta=HOUR, now=clock.now())
        assert timedelta(0) < due() <= 3 * SECOND

    def test_what_the_old_clock_planned_keeps_its_distance(
        self, alice: User, pass_time: Set
    ) -> None:
        page(alice)
        [row] = claim(clock.now(), "one.1", under_way={})
        old = clock.now()
        fail(row, old)
        pass_time(3600)
        commands.shift_due_times(old_now=old, delta=HOUR, now=clock.now())
        assert timedelta(0) < due() <= 3 * SECOND

    def test_pages_that_were_just_due_are_not_hours_late(
        self, phones: Phones, alice: User, pass_time: Set, send_until, settings
    ) -> None:
        settings.DELIVERY_GUARDS, settings.DELIVERY_RENEWALS = {}, {}
        for subject in (1, 2):
            page(alice, subject=subject, subject_kind="incident")
        old = clock.now()
        pass_time(3600)
        commands.shift_due_times(old_now=old, delta=HOUR, now=clock.now())
        send_until(lambda: set(fates().values()) == {"SENT"})
        assert len(phones.mails) == 2, "one digest of late pages instead"


def test_the_ticker_does_all_of_it(
    phones: Phones, alice: User, pass_time: Set, send_until, sender
) -> None:
    built = ticker.build(JOBS, ERRANDS, CLOCK_SHIFTS)
    pass_time(7200)
    built.turn()
    phones.mail.mode = Mode.TEMPORARY
    page(alice)
    [row] = claim(clock.now(), "one.1", under_way={})
    old = clock.now()
    pass_time(-3600)
    built.turn()
    fail(row, old)
    for entry in built.entries:
        entry.due = 0.0
    built.turn()
    assert not [entry.name for entry in built.entries if entry.failures]
    assert timedelta(0) < due() <= 3 * SECOND
