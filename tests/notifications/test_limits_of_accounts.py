"""Limits of provider accounts: the rule, who goes first, what waits, who gets another way."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from notifications import accounts, commands
from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.commands import RuleSpec
from notifications.commands import providers as provider_commands
from notifications.domain import pace
from notifications.domain.chain import PATIENCE, Link, released_by_failure
from notifications.domain.health import Health, after_failure, after_success
from notifications.domain.retry import LONGEST_WAIT
from notifications.domain.words import State
from notifications.models import Channel, ContactMethod, Delivery, ProviderPace
from notifications.providers import calls
from notifications.sender import pacing
from opsknight import metrics
from tests.notifications import carrier as fake
from tests.notifications.conftest import page
from tests.notifications.providers import account, carrier

__all__ = ["carrier"]
NOW = datetime(2026, 3, 1, 12, 0, 30, 500_000, tzinfo=UTC)
AT = int(NOW.timestamp())


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class TestTheRule:
    def test_a_limit_holds_in_every_sixty_seconds_and_not_by_the_minute_of_the_clock(self) -> None:
        uses: list[tuple[int, int]] = []
        left = 0
        for second in range(150):
            now = after(second)
            uses = pace.within(uses, now)
            while (more := pace.grant(uses, 10, 0, now)) is not None:
                uses, left = more, left + 1
            assert pace.used(uses) <= 10
        assert left == 30

    def test_a_fifth_is_kept_for_urgent_pages(self) -> None:
        uses = [(AT - 5, 8)]
        assert pace.grant(uses, 10, 1, NOW) is None
        assert pace.grant(uses, 10, 0, NOW) == [(AT - 5, 8), (AT, 1)]
        assert pace.grant([(AT, 1000)], 0, 9, NOW) is not None  # no limit

    def test_a_clock_that_was_set_back_frees_the_account(self) -> None:
        assert pace.within([(AT + 3600, 50), (AT - 1, 2), (AT - 60, 9)], NOW) == [(AT - 1, 2)]

    @pytest.mark.parametrize(
        ("uses", "place", "second"),
        [
            ([(AT - 50, 2), (AT - 10, 8)], 0, AT + 10),
            ([(AT - 50, 2), (AT - 10, 8)], 1, AT + 10),
            ([(AT - 50, 2), (AT - 10, 8)], 2, AT + 50),
            ([(AT - 50, 2), (AT - 10, 8)], 10, AT + 70),  # the round after
            ([(AT - 50, 2)], 3, AT + 1),  # there is room already
            ([(AT - 10, 10)], 5000, AT + 300),  # looks again by then
        ],
    )
    def test_what_waits_is_planned_for_its_turn(self, uses, place: int, second: int) -> None:
        assert pace.free_at(uses, 10, 0, place, NOW).timestamp() == second

    def test_a_pause_that_a_vendor_asks_for_counts_for_the_account_and_ends(self) -> None:
        asked = after_failure(Health(), NOW, retry_after=40, throttled=True)
        assert asked.rests(after(39)) and not asked.rests(after(40))
        better = after_success(asked, after(1))
        assert better and better.rests(after(39)), "one that was under way changes nothing"
        for_ever = after_failure(Health(), NOW, retry_after=9e9, throttled=True)
        assert for_ever.rest_until == NOW + LONGEST_WAIT
        assert not asked.rests(NOW - timedelta(hours=1)), "the clock was set back"
        assert not after_failure(Health(), NOW, retry_after=40).rests(NOW), "only for a 429"

    def test_a_held_way_is_a_hope_for_ten_seconds_and_never_hurried(self) -> None:
        first = Link(1, 0, State.FAILED, 1, NOW)
        other = Link(3, 2, State.WAITING, 0, NOW)

        def released(since: datetime) -> int | None:
            kept = Link(2, 1, State.QUEUED, 0, after(30), held=since)
            return released_by_failure(1, [first, kept, other], NOW)

        assert released(NOW - PATIENCE / 2) is None
        assert released(NOW - PATIENCE) == 3

    @pytest.mark.parametrize(("status", "throttled"), [(429, True), (503, False)])
    def test_only_too_many_requests_are_the_pace_of_the_account(self, status, throttled) -> None:
        error = calls.refused("Carrier", calls.Answer(status, {"Retry-After": "9"}, ""))
        assert (error.throttled, error.retry_after) == (throttled, 9)


@pytest.fixture
def sms(alice: User) -> ContactMethod:
    method = commands.add_method(
        alice, channel=Channel.SMS, address="+15550111", by=SYSTEM, now=clock.now()
    )
    ContactMethod.objects.filter(pk=method.pk).update(verified_at=clock.now())
    return method


@pytest.fixture
def forgetting() -> Iterator[None]:
    accounts.forget()
    yield
    accounts.forget()


def text(user: User, subject: int, rank: int = 0) -> Delivery:
    """A page of a rank by SMS alone."""
    now = clock.now()
    return Delivery.objects.create(
        subject_kind="thing",
        subject_id=subject,
        page_key=f"1.{user.pk}",
        target_key=str(subject),
        user=user,
        channel=Channel.SMS,
        address="+15550111",
        provider=accounts.bulkhead(Channel.SMS, "+15550111", now),
        message={"kind": "page", "subject_id": str(subject), "title": f"page {subject}"},
        rank=rank,
        next_attempt_at=now,
        created_at=now,
    )


def states() -> dict[int, str]:
    return dict(Delivery.objects.order_by("subject_id").values_list("subject_id", "state"))


def settled() -> bool:
    """Nothing is under way, and nothing that is due lies about."""
    busy = Delivery.objects.filter(state="SENDING")
    due = Delivery.objects.filter(state="QUEUED", next_attempt_at__lte=clock.now())
    return not busy.exists() and not due.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("forgetting", "carrier")
class TestTheSender:
    def test_what_is_over_the_limit_waits_unfailed_and_leaves_in_its_turn(
        self, sms, alice: User, send_until, pass_time
    ) -> None:
        account("only", per_minute=2)
        for subject in range(1, 7):
            text(alice, subject)
        send_until(settled)
        assert len(fake.sent) == 2
        waits = Delivery.objects.filter(state="QUEUED")
        assert {row.reason for row in waits} == {"the account sends 2 a minute; 4 wait"}
        assert {row.attempts for row in waits} == {0}
        assert all(row.throttled_since for row in waits)
        text(alice, 7, rank=1)
        send_until(settled)
        pass_time(61)
        send_until(lambda: len(fake.sent) == 4)
        send_until(settled)
        pass_time(61)
        send_until(lambda: len(fake.sent) == 6)
        send_until(settled)
        assert states()[7] == "QUEUED", "the urgent ones go first"
        assert {states()[subject] for subject in range(1, 7)} == {"SENT"}

    def test_the_next_account_takes_over_at_once(self, sms, alice: User, send_until) -> None:
        first, second = account("first", per_minute=2), account("second")
        for subject in (1, 2, 3, 4):
            text(alice, subject)
        send_until(lambda: set(states().values()) == {"SENT"})
        keys = [key for key, _ in fake.sent]
        assert (keys.count(first.public_id), keys.count(second.public_id)) == (2, 2)

    def test_what_waits_is_shown_and_goes_when_the_limit_is_lifted(
        self, sms, alice: User, root: User, as_root, api, send_until
    ) -> None:
        only = account("only", per_minute=1)
        text(alice, 1), text(alice, 2)
        send_until(settled)
        seen = as_root.get(f"/settings/providers/{only.public_id}/").content.decode()
        assert "Waiting for it" in seen
        told = api(root, "providers:read").get(f"/api/providers/{only.public_id}").json()["pace"]
        assert told == {"perMinute": 1, "used": 1, "waiting": 1, "restUntil": None}
        [*_, shares, waiting] = metrics._limits(clock.now())
        assert (*shares.samples.values(), *waiting.samples.values()) == (1.0, 1)
        assert sorted(states().values()) == ["QUEUED", "SENT"]
        provider_commands.change(only, per_minute=0, by=SYSTEM, now=clock.now())
        send_until(lambda: set(states().values()) == {"SENT"})

    def test_a_pause_of_the_vendor_holds_everything_of_the_account(
        self, sms, alice: User, send_until, pass_time, monkeypatch
    ) -> None:
        account("only")

        def busy(rendered: object, outgoing: Outgoing) -> Sent:
            raise ChannelError("HTTP 429", retry_after=30, throttled=True)

        with monkeypatch.context() as patch:
            patch.setattr(fake, "send", busy)
            text(alice, 1)
            send_until(lambda: Delivery.objects.get().attempts == 1 and settled())
        text(alice, 2)
        send_until(settled)
        row = Delivery.objects.get(subject_id=2)
        assert (row.state, row.attempts) == ("QUEUED", 0)
        assert row.reason.startswith("the provider asked this account to wait until")
        assert not fake.sent
        pass_time(31)
        send_until(lambda: set(states().values()) == {"SENT"})

    def test_who_waits_too_long_gets_the_next_way(
        self, sms, alice: User, send_until, pass_time
    ) -> None:
        account("only", per_minute=1)
        mail = ContactMethod.objects.get(user=alice, channel=Channel.EMAIL)
        rules = [RuleSpec(sms, 0), RuleSpec(mail, 20)]
        commands.set_rules(alice, "HIGH", rules, by=SYSTEM, now=clock.now())
        text(alice, 1)
        send_until(settled)
        page(alice, subject=2)
        send_until(lambda: Delivery.objects.get(subject_id=2, channel="SMS").throttled_since)
        later = Delivery.objects.get(subject_id=2, channel="EMAIL")
        assert later.state == "QUEUED" and later.next_attempt_at > clock.now()
        pass_time(PATIENCE.total_seconds() + 1)
        send_until(lambda: Delivery.objects.get(pk=later.pk).attempts >= 1)
        assert Delivery.objects.get(subject_id=2, channel="SMS").state == "QUEUED"

    def test_without_a_limit_no_query_is_made(self, sms, alice: User) -> None:
        account("only")
        row = text(alice, 1)
        accounts.candidates(Channel.SMS, clock.now())
        with CaptureQueriesContext(connection) as made:
            assert not pacing.admit([row], clock.now()).chosen
            assert not accounts.any_paced(clock.now())
        assert len(made) == 0

    def test_senders_at_the_same_moment_share_one_limit(self, sms, alice: User) -> None:
        account("only", per_minute=10)
        now, start = clock.now(), threading.Barrier(4)
        rows = [[text(alice, 10 * one + each) for each in range(8)] for one in range(4)]
        accounts.candidates(Channel.SMS, now)

        def take(mine: list[Delivery]) -> int:
            start.wait(10)
            try:
                return len(pacing.admit(mine, now).chosen)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as senders:
            assert sum(senders.map(take, rows)) == 10
        assert pace.used(ProviderPace.objects.get().recent) == 10
