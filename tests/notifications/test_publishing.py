"""Fates of deliveries reach their subscribers: each event once, one broken subscriber alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import User
from core import clock
from notifications.models import DeliveryEvent, InAppNotification
from notifications.publishing import TRIES, publish_due
from notifications.tasks import publish
from tests.notifications import subscribers
from tests.notifications.conftest import page

HERE = "tests.notifications.subscribers"
NOW = clock.now()


@pytest.fixture(autouse=True)
def heard(settings) -> list[tuple[str, int]]:
    settings.DELIVERY_SUBSCRIBERS = {"note": f"{HERE}.note"}
    subscribers.heard.clear()
    return subscribers.heard


@pytest.fixture
def make_event(alice: User) -> Callable[[str], int]:
    [row] = page(alice)
    InAppNotification.objects.all().delete()

    def make(outcome: str = "sent") -> int:
        return DeliveryEvent.objects.create(delivery=row, outcome=outcome, at=NOW).pk

    return make


@pytest.mark.django_db
class TestPublishing:
    def test_each_event_is_told_once_in_order(self, make_event, heard) -> None:
        first, second = make_event(), make_event()
        assert publish_due(NOW) == 2
        assert publish_due(NOW) == 0
        assert heard == [("note", first), ("note", second)]

    def test_a_batch_has_a_limit(self, make_event, heard) -> None:
        for _ in range(5):
            make_event()
        assert [publish_due(NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]

    def test_the_task_is_harmless_without_work(self, heard) -> None:
        publish()
        assert heard == []

    def test_a_broken_subscriber_holds_up_neither_others_nor_other_events(
        self, make_event, heard, settings
    ) -> None:
        settings.DELIVERY_SUBSCRIBERS = {
            "broken": f"{HERE}.write_and_fail_on_failures",
            "note": f"{HERE}.note",
        }
        good, bad = make_event("sent"), make_event("failed")
        publish_due(NOW)
        assert ("note", good) in heard and ("note", bad) in heard
        assert DeliveryEvent.objects.get(pk=good).published_at == NOW
        assert DeliveryEvent.objects.get(pk=bad).published_at is None
        # what the failed call had written is undone, the good one's stays, once
        keys = list(InAppNotification.objects.values_list("key", flat=True))
        assert keys == [f"event.{good}"]

    def test_only_the_broken_subscriber_is_called_again_and_finally_given_up(
        self, make_event, heard, settings, caplog
    ) -> None:
        settings.DELIVERY_SUBSCRIBERS = {
            "broken": f"{HERE}.write_and_fail_on_failures",
            "note": f"{HERE}.note",
        }
        event = make_event("failed")
        now = NOW
        for _ in range(TRIES + 2):
            publish_due(now)
            now += timedelta(hours=1)
        assert heard == [("note", event)]
        row = DeliveryEvent.objects.get(pk=event)
        assert (row.tries, row.left, row.published_at is not None) == (TRIES, ["broken"], True)
        assert "never reached broken" in caplog.text

    def test_a_repetition_waits_longer_each_time(self, make_event, settings) -> None:
        settings.DELIVERY_SUBSCRIBERS = {"broken": "no.such.subscriber"}
        event = make_event()
        publish_due(NOW)
        assert publish_due(NOW) == 0
        assert DeliveryEvent.objects.get(pk=event).retry_at == NOW + timedelta(seconds=2)
        publish_due(NOW + timedelta(seconds=2))
        assert DeliveryEvent.objects.get(pk=event).retry_at == NOW + timedelta(seconds=6)

    def test_an_event_that_cannot_be_read_is_given_up_and_holds_up_no_other(
        self, make_event, heard, monkeypatch, caplog
    ) -> None:
        bad, good = make_event("failed"), make_event()
        field = DeliveryEvent._meta.get_field("left")
        real = field.from_db_value

        def from_db_value(value, *rest):
            if value == '["poison"]':
                raise RuntimeError("a fault")
            return real(value, *rest)

        DeliveryEvent.objects.filter(pk=bad).update(left=["poison"])
        monkeypatch.setattr(field, "from_db_value", from_db_value)
        assert publish_due(NOW) == 1
        assert heard == [("note", good)]
        row = DeliveryEvent.objects.get(pk=bad)
        assert (row.published_at, row.tries, row.left) == (NOW, TRIES, ["note"])
        assert f"event {bad} cannot be read: given up" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_several_publishers_at_once_tell_each_event_once(
    make_event, heard, at_once: Callable[..., list]
) -> None:
    events = [make_event() for _ in range(30)]

    def work() -> int:
        total = 0
        while DeliveryEvent.objects.filter(published_at=None).exists():
            total += publish_due(NOW, limit=4)
        return total

    assert sum(at_once(3, work)) == 30
    assert sorted(heard) == [("note", event) for event in sorted(events)]
