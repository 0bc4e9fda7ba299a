"""The digest of low urgency: what is gathered, until when, what never is, and how it leaves."""

import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from notifications import commands, queries
from notifications.domain.choice import Choice
from notifications.domain.digest import digest_of
from notifications.domain.foretell import Named, story
from notifications.domain.gathering import LowDigest, Rhythm, may_be_gathered, next_digest
from notifications.domain.message import Message
from notifications.models import Channel, Delivery, DeliveryState, OutboxMail
from notifications.sender import claim as module
from notifications.sender.claim import claim
from schedules import commands as schedules
from schedules.commands import LayerSpec
from tests.notifications.conftest import fates, hook, page
from tests.phones import Mode, Phones

EVENING = datetime(2026, 3, 4, 18, 20, tzinfo=UTC)  # a Wednesday
LOW = {"urgency": "LOW", "may_wait": True}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rhythm", "hour", "zone", "at", "leaves"),
    [
        ("AT_ONCE", 8, "UTC", "2026-03-04T18:20", None),
        ("HOURLY", 8, "UTC", "2026-03-04T18:20:01", "2026-03-04T19:00"),
        ("HOURLY", 8, "UTC", "2026-03-04T19:00", "2026-03-04T20:00"),
        ("HOURLY", 8, "Asia/Kolkata", "2026-03-04T18:20", "2026-03-04T18:30"),
        ("DAILY", 8, "UTC", "2026-03-04T07:59:59", "2026-03-04T08:00"),
        ("DAILY", 8, "UTC", "2026-03-04T08:00", "2026-03-05T08:00"),
        ("DAILY", 8, "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T06:00"),  # summer begins
        ("DAILY", 2, "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00"),  # 02:00 is skipped
        ("DAILY", 2, "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:00"),  # the first 02:00
        ("DAILY", 2, "Europe/Berlin", "2026-10-25T00:30", "2026-10-26T01:00"),  # not the second
    ],
)
def test_a_digest_leaves_by_the_clocks_of_its_reader(rhythm, hour, zone, at, leaves) -> None:
    found = next_digest(LowDigest(Rhythm(rhythm), hour, ZoneInfo(zone)), instant(at))
    assert found == (leaves and instant(leaves))


@given(
    st.sampled_from([Rhythm.HOURLY, Rhythm.DAILY]),
    st.integers(0, 23),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_nothing_waits_longer_than_one_round(rhythm, hour, zone, at) -> None:
    most = timedelta(hours=1 if rhythm is Rhythm.HOURLY else 26)
    leaves = next_digest(LowDigest(rhythm, hour, ZoneInfo(zone)), at)
    assert leaves is not None
    assert timedelta(0) < leaves - at <= most


@pytest.mark.parametrize(
    ("urgency", "about", "may_wait", "everything", "gathered"),
    [
        ("LOW", "", True, False, True),
        ("LOW", "LOW", True, False, True),
        ("LOW", "HIGH", True, False, False),
        ("MEDIUM", "", True, False, False),
        ("HIGH", "", True, False, False),
        ("LOW", "", False, False, False),
        ("LOW", "", True, True, False),
    ],
)
def test_only_what_is_low_and_nobodys_duty_is_gathered(
    urgency, about, may_wait, everything, gathered
) -> None:
    wishes = {"may_wait": may_wait, "all_channels": everything}
    assert may_be_gathered(urgency, about, **wishes) is gathered


def test_the_story_tells_until_when() -> None:
    start, ways = datetime(2026, 3, 1, 22), {1: Named("E-mail", "EMAIL")}
    told = story([Choice(1, timedelta(0), False, 0)], ways, start, start + timedelta(hours=10))
    assert told == "22:00 page, gathered with others until 08:00 the next day: E-mail 08:00"


def test_the_message_lists_pages_and_news() -> None:
    words = [
        Message("page", "1", "#1 Disk", urgency="LOW", tag="Low", service="Shop"),
        Message("news", "1", "#1 Disk", tag="Resolved", service="Shop"),
    ]
    digest = digest_of(words, url="https://pager.example/incidents/", gathered=True)
    assert (digest.title, digest.urgency) == ("2 messages of low urgency", "LOW")
    assert digest.details == (("Shop", "#1 Disk"), ("Shop", "#1 Disk (Resolved)"))
    assert digest.numbers == "#1"


def choose(user: User, rhythm: str = "DAILY", hour: int = 8) -> None:
    commands.set_low_digest(user, rhythm, hour=hour, by=SYSTEM, now=EVENING)


def due(user: User, **more: object) -> list[str]:
    rows = page(user, now=EVENING, **(LOW | more))
    return [f"{row.next_attempt_at:%d %H:%M}" for row in rows]


@pytest.mark.django_db
def test_a_digest_waits_and_respects_quiet_hours_and_duty(alice: User, bob: User) -> None:
    choose(alice)
    assert due(alice, page_key="a") == ["05 08:00"]
    assert due(alice, page_key="b", urgency="MEDIUM") == ["04 18:20"]
    assert due(alice, page_key="c", about="HIGH") == ["04 18:20"]
    quiet = {"start": time(17), "end": time(9), "by": SYSTEM, "now": EVENING}
    commands.set_quiet_hours(alice, **quiet)
    assert due(alice, page_key="d") == ["05 09:00"]
    commands.set_quiet_hours(alice, **quiet, mail_meanwhile=True)
    hook(alice, "https://hooks.example.com/alice")
    assert due(alice, page_key="e") == ["05 08:00"]
    last = Delivery.objects.latest("pk")
    assert (last.channel, last.gathered) == (Channel.EMAIL, True)
    choose(bob, "HOURLY")
    rota = schedules.create_schedule(name="Primary", time_zone="UTC", by=SYSTEM, now=EVENING)
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[bob.pk]])
    assert due(bob, page_key="f") == ["04 19:00"]
    schedules.add_layer(rota, spec, name="Week", by=SYSTEM, now=EVENING)
    assert due(bob, page_key="g") == ["04 18:20"]


@pytest.mark.django_db
def test_what_is_raised_above_low_leaves_at_once_with_its_own_minutes(alice: User) -> None:
    choose(alice)
    [mail] = commands.ensure_default_method(alice)
    rules = [(mail, 0), (mail, 10)]
    commands.set_rules(alice, "LOW", rules, by=SYSTEM, now=EVENING)
    assert due(alice) == ["05 08:00", "05 08:10"]
    later = EVENING + timedelta(hours=1)
    assert commands.let_go("thing", [7], "HIGH", now=later) == 2
    rows = Delivery.objects.order_by("pk")
    assert [f"{row.next_attempt_at:%H:%M}" for row in rows] == ["19:20", "19:30"]
    assert {(row.rank, row.gathered) for row in rows} == {(0, False)}


def gather(user: User, count: int) -> None:
    for number in range(1, count + 1):
        words = Message("page", str(number), f"#{number} Disk {number}", urgency="LOW")
        kind = "incident" if number % 2 else "incident-news"
        page(user, subject=number, subject_kind=kind, message=words, **LOW)


def all_done() -> bool:
    return not Delivery.objects.filter(state__in=["WAITING", "QUEUED", "SENDING"]).exists()


@pytest.mark.django_db
def test_it_leaves_as_one_message_by_each_way_without_what_is_over(
    phones: Phones, alice: User, send_until, pass_time, settings, sender
) -> None:
    settings.DELIVERY_GUARDS = {"incident": "tests.notifications.guards.refuse_odd"}
    settings.DELIVERY_RENEWALS = {}
    hook(alice, phones.hook.url())
    mail, way = queries.methods_of(alice)
    commands.set_rules(alice, "LOW", [(mail, 0), (way, 0)], by=SYSTEM, now=clock.now())
    commands.set_low_digest(alice, "HOURLY", by=SYSTEM, now=clock.now())
    gather(alice, 12)
    sender.turn()
    assert not phones.mails
    phones.mail.mode = Mode.TEMPORARY  # fails once as a whole: nothing is lost, nothing twice
    pass_time(3600)
    send_until(lambda: fates(by="state").get("SENT") and not fates(by="state").get("SENDING"))
    phones.mail.mode = Mode.OK
    pass_time(600)
    send_until(all_done)
    sent = Delivery.objects.filter(channel=Channel.EMAIL, state=DeliveryState.SENT).count()
    assert [mail.subject for mail in phones.mails] == [f"[Digest] {sent} messages of low urgency"]
    calls = Delivery.objects.filter(channel=Channel.WEBHOOK, state=DeliveryState.SENT).count()
    assert len(phones.calls) == calls == sent == 6


@pytest.mark.django_db
def test_it_is_chosen_on_the_page_of_the_rules(
    phones: Phones, as_alice: Client, alice: User
) -> None:
    home = "/profile/reach/rules/LOW/"
    data = {"digest-rhythm": "DAILY", "digest-hour": "9"}
    told = as_alice.post(f"{home}foretold/", data).content.decode()
    assert "gathered with others until 09:00 the next day" in told
    assert as_alice.post(home, data | {"digest-hour": "24"}).status_code == 422
    shown = as_alice.post(home, data, follow=True).content.decode()
    assert "gathered with others until 09:00 the next day" in shown
    as_alice.post(home, {"preset": "default"})
    assert queries.low_digest_of(alice).hour == 9
    as_alice.post(home, {"digest-rhythm": "AT_ONCE"})
    assert queries.low_digest_of(alice) is None


@pytest.fixture
def gathered(alice: User, pass_time) -> list[int]:
    """Forty messages of alice's hourly digest, due."""
    commands.set_low_digest(alice, "HOURLY", by=SYSTEM, now=clock.now())
    gather(alice, 40)
    pass_time(3600)
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.django_db
def test_whoever_takes_the_first_of_a_digest_takes_all_of_it(gathered: list[int]) -> None:
    taken = claim(clock.now(), "one.1", under_way={})
    assert sorted(row.pk for row in taken) == gathered
    assert claim(clock.now(), "two.1", under_way={}) == []


@pytest.mark.postgres_only  # SQLite writes one at a time anyway
@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_one_digest(
    gathered: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    has_first, other_looked = threading.Event(), threading.Event()
    found: dict[str, list[int]] = {}
    company = module.lease_companions

    def slowly(*args: Any, **more: Any) -> list[Delivery]:
        has_first.set()
        other_looked.wait(10)
        return company(*args, **more)

    monkeypatch.setattr(module, "lease_companions", slowly)

    def first() -> None:
        found["first"] = [row.pk for row in claim(clock.now(), "one.1", under_way={})]
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert has_first.wait(10)
    assert claim(clock.now(), "two.1", under_way={}) == []
    other_looked.set()
    thread.join(20)
    assert sorted(found["first"]) == gathered


@pytest.mark.django_db
def test_a_digest_that_cannot_leave_is_kept_once_in_the_outbox(
    gathered: list[int], send_until, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DELIVERY_GUARDS, settings.DELIVERY_RENEWALS = {}, {}
    monkeypatch.delenv("EMAIL_URL", raising=False)
    send_until(all_done)
    assert set(fates(by="pk").values()) == {DeliveryState.FAILED}
    kept = OutboxMail.objects.get()
    assert kept.subject == "[Digest] 40 messages of low urgency"
