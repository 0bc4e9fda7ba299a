"""A page becomes deliveries: who, by which way, once, in few statements."""

from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from accounts.models import User, UserStatus
from core import clock
from core.actor import SYSTEM
from notifications import commands
from notifications.commands import DirectRequest, RuleSpec
from notifications.models import (
    Channel,
    ContactMethod,
    Delivery,
    DeliveryEvent,
    InAppNotification,
)
from tests.cast import make_person
from tests.notifications.conftest import fates, hook, message, page, request

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/alice"


def test_a_person_without_any_setting_is_paged_by_the_account_e_mail(alice: User) -> None:
    [row] = page(alice)
    assert (row.channel, row.address, row.provider) == ("EMAIL", "alice@example.com", "smtp")
    assert (row.state, row.rank, row.ordered) == ("QUEUED", 0, False)


def test_high_queues_every_channel_at_once(alice: User) -> None:
    hook(alice, URL, secret="s3cret-s3cret-s3cret")
    mail, web = page(alice)
    assert [mail.state, web.state] == ["QUEUED", "QUEUED"]
    assert web.secret == "s3cret-s3cret-s3cret"
    assert web.provider == "hooks.example.com"


def test_low_queues_the_first_and_keeps_the_others_waiting(alice: User) -> None:
    hook(alice, URL)
    page(alice, urgency="LOW")
    assert fates() == {"EMAIL": "QUEUED", "WEBHOOK": "WAITING"}


def test_personal_rules_delay_their_channel(alice: User) -> None:
    web = hook(alice, URL)
    mail = ContactMethod.objects.get(channel=Channel.EMAIL)
    now = clock.now()
    commands.set_rules(alice, "HIGH", [(web, 0), (mail, 5)], by=SYSTEM, now=now)
    planned = {row.channel: row.next_attempt_at for row in page(alice, now=now)}
    assert planned == {"WEBHOOK": now, "EMAIL": now + timedelta(minutes=5)}


def test_the_same_page_never_becomes_two_deliveries(alice: User) -> None:
    first, again = page(alice), page(alice)
    assert [row.pk for row in first] == [row.pk for row in again]
    assert Delivery.objects.count() == InAppNotification.objects.count() == 1


def test_another_page_of_the_same_subject_does(alice: User) -> None:
    page(alice)
    page(alice, page_key="2.x")
    assert Delivery.objects.count() == 2


def test_the_bell_gets_its_line_with_the_page(alice: User) -> None:
    words = message(
        "A\r\nB", facts=(("Service", "Payment API"),), url="https://pager.example.com/incidents/7/"
    )
    page(alice, message=words)
    line = InAppNotification.objects.get(user=alice)
    assert (line.title, line.body, line.urgent) == ("A B", "Service: Payment API", True)
    assert line.url == "/incidents/7/"


def test_news_take_one_channel_and_stand_at_the_end_of_the_queue(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://127.0.0.1:9")
    hook(alice, URL)
    [row] = page(alice, urgency="LOW", quiet=True)
    assert (row.channel, row.rank) == ("EMAIL", 9)
    assert InAppNotification.objects.get().urgent is False


def test_news_pass_over_a_channel_that_is_not_set_up(alice: User) -> None:
    hook(alice, URL)
    [row] = page(alice, urgency="LOW", quiet=True)
    assert row.channel == "WEBHOOK"


def test_news_call_nobody_because_mail_is_not_set_up(alice: User) -> None:
    ContactMethod.objects.create(
        user=alice, channel=Channel.VOICE, address="tel://+12025550101", created_at=clock.now()
    )
    [row] = page(alice, urgency="LOW", quiet=True)
    assert row.channel == "EMAIL"


def test_nobody_reachable_is_loud(alice: User) -> None:
    page(alice)
    ContactMethod.objects.update(enabled=False)
    [row] = page(alice, page_key="2")
    assert (row.state, row.reason) == ("FAILED", "no reachable channel")
    event = DeliveryEvent.objects.get()
    assert (event.outcome, event.detail, event.delivery) == ("failed", "no reachable channel", row)


def test_repeating_an_unreachable_page_tells_it_once(alice: User) -> None:
    page(alice)
    ContactMethod.objects.update(enabled=False)
    page(alice, page_key="2")
    page(alice, page_key="2")
    assert DeliveryEvent.objects.count() == 1


def test_a_disabled_person_gets_nothing_and_it_is_said(db: None) -> None:
    gone = make_person("gone", status=UserStatus.DISABLED)
    [row] = page(gone)
    assert (row.state, row.reason) == ("FAILED", "the person is disabled")
    assert not InAppNotification.objects.exists()


def test_an_invited_person_is_tried(db: None) -> None:
    [row] = page(make_person("new", status=UserStatus.INVITED))
    assert row.state == "QUEUED"


def test_a_hundred_pages_take_few_statements(
    django_assert_max_num_queries: object, db: None
) -> None:
    users = [make_person(f"p{n}") for n in range(25)]
    for user in users:
        commands.ensure_default_method(user)
    requests = [request(user, subject) for user in users for subject in range(4)]
    with django_assert_max_num_queries(10):  # SQLite splits the inserts
        rows = commands.enqueue(requests, now=clock.now())
    assert len(rows) == 100


def test_requests_beyond_one_chunk_are_all_written(alice: User) -> None:
    rows = commands.enqueue([request(alice, n) for n in range(600)], now=clock.now())
    assert len({row.subject_id for row in rows}) == 600


def test_nothing_to_do_asks_nothing(db: None) -> None:
    from django.db import connection

    with CaptureQueriesContext(connection) as asked:
        assert commands.enqueue([], now=clock.now()) == []
        assert commands.enqueue_direct([], now=clock.now()) == []
    assert not asked.captured_queries


def test_an_address_without_a_person_gets_one_delivery(db: None) -> None:
    direct = DirectRequest("hook", 7, "event.1", "hook.3", "WEBHOOK", URL, message(), "secret")
    [row] = commands.enqueue_direct([direct], now=clock.now())
    assert (row.user, row.address, row.target_key) == (None, URL, "hook.3")
    assert commands.enqueue_direct([direct], now=clock.now())[0].pk == row.pk


def test_cancel_ends_open_deliveries_only(alice: User) -> None:
    page(alice, subject=1)
    page(alice, subject=2)
    sent = page(alice, subject=1, page_key="old")[0]
    Delivery.objects.filter(pk=sent.pk).update(state="SENT")
    now = clock.now()
    assert commands.cancel("thing", [1], "it was acknowledged", now=now) == 1
    row = Delivery.objects.get(subject_id=1, state="CANCELLED")
    assert (row.reason, row.finished_at) == ("it was acknowledged", now)
    assert Delivery.objects.get(subject_id=2).state == "QUEUED"


def test_cancel_may_be_limited_to_one_run(alice: User) -> None:
    page(alice, page_key="1.0")
    page(alice, page_key="2.0")
    assert commands.cancel("thing", [7], "x", now=clock.now(), page_key_prefix="1.") == 1
    assert fates(by="page_key") == {"1.0": "CANCELLED", "2.0": "QUEUED"}


@pytest.mark.parametrize("hours", [25, 1, -1, -25])
def test_a_jump_of_the_clock_keeps_distances_and_what_is_due(alice: User, hours: int) -> None:
    before, delta = clock.now(), timedelta(hours=hours)
    after = before + delta
    due, later = page(alice, subject=1)[0], page(alice, subject=2)[0]
    for row, seconds in ((due, -2), (later, 60)):
        at = before + timedelta(seconds=seconds)
        Delivery.objects.filter(pk=row.pk).update(next_attempt_at=at)
    Delivery.objects.filter(pk=later.pk).update(
        state="SENDING", lease_until=before + timedelta(seconds=60)
    )
    commands.shift_due_times(before, delta, after)
    due.refresh_from_db()
    later.refresh_from_db()
    assert due.next_attempt_at <= after
    assert later.next_attempt_at == later.lease_until == after + timedelta(seconds=60)


def test_repetitions_are_promises_of_their_own_and_end_with_the_acknowledgement(
    alice: User,
) -> None:
    [mail] = commands.ensure_default_method(alice)
    commands.set_rules(alice, "HIGH", [RuleSpec(mail, 0, 5, 2)], by=SYSTEM, now=clock.now())
    now = clock.now()
    for _ in range(2):
        rows = page(alice, now=now)
        assert [row.target_key.partition("#")[2] for row in rows] == ["", "2", "3"]
        assert [(row.next_attempt_at - now).seconds // 60 for row in rows] == [0, 5, 10]
    assert commands.cancel("thing", [7], "acknowledged", now=now) == 3
