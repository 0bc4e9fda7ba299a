"""Acknowledging on the phone, and phones that stop ringing when somebody else did it."""

from collections.abc import Iterator

import pytest

from core import clock, config
from incidents import commands
from integrations.replies import fetching
from notifications.models import Delivery
from tests.fakes.pushover import USER, FakePushover
from tests.fakes.server import Mode
from tests.integrations.replies.conftest import doors, status

pytestmark = [pytest.mark.once, pytest.mark.django_db]


@pytest.fixture
def pushover() -> Iterator[FakePushover]:
    with FakePushover() as fake:
        yield fake


@pytest.fixture
def call_back(client, reach, pushover):
    """Calls as Pushover does."""
    account = reach("PUSHOVER", USER, pushover)
    config.put("public_url", "https://pager.example.com")

    def call(form):
        return client.post(f"/api/inbound/pushover/{account.public_id}", form).status_code

    return call


def test_a_tap_on_the_phone_acknowledges_the_incident(pushover, call_back, page):
    incident = page()
    (receipt,) = pushover.receipts
    assert call_back(pushover.acknowledge(receipt)) == 200
    assert status(incident) == ("ACKNOWLEDGED", False)
    assert doors(incident) == [("Alice", "push")]
    assert Delivery.objects.get(channel="PUSHOVER").seen_at


def test_a_callback_proves_nothing_by_itself(pushover, call_back, page):
    incident = page()
    (receipt,) = pushover.receipts
    assert call_back({"receipt": receipt, "acknowledged": "1", "acknowledged_by": USER}) == 200
    assert call_back({"receipt": "Z" * 30}) == 403
    assert call_back({"receipt": "../../x"}) == 403
    assert status(incident) == ("OPEN", True)


def test_somebody_elses_tap_is_not_alices(pushover, call_back, page):
    incident = page()
    (receipt,) = pushover.receipts
    call_back(pushover.acknowledge(receipt, by="z" * 30))
    assert status(incident) == ("OPEN", True)


def test_pushover_is_asked_to_come_again_when_it_does_not_answer_itself(pushover, call_back, page):
    page()
    (receipt,) = pushover.receipts
    pushover.mode = Mode.BROKEN
    assert call_back(pushover.acknowledge(receipt)) == 503


def test_the_phone_is_quiet_once_somebody_has_it(pushover, call_back, page, publish, bob):
    incident = page()
    commands.acknowledge(incident, by=bob.as_actor("web"), now=clock.now())
    publish()
    assert pushover.cancelled == list(pushover.receipts)


def test_receipts_are_asked_for_where_pushover_cannot_call(pushover, reach, page):
    reach("PUSHOVER", USER, pushover)
    incident = page()
    (receipt,) = pushover.receipts
    pushover.acknowledge(receipt)
    assert fetching.waits(clock.now())
    assert fetching.fetch(clock.now()) == 1
    assert doors(incident) == [("Alice", "push")]
    assert fetching.waits(clock.now()) is None
