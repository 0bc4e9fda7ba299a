"""A page by push from beginning to end: sent, answered on another door, closed, device gone."""

from collections.abc import Callable, Iterator

import pytest

from accounts.models import User
from core import clock
from incidents import commands as incidents
from incidents import paging
from incidents.models import Incident
from incidents.publishing import publish_due as publish_incidents
from notifications.models import ContactMethod, Delivery, InAppNotification
from notifications.publishing import publish_due
from notifications.sender import Sender
from tests.fakes.push_service import PushService
from tests.notifications.push import give
from tests.phones import Phones

pytestmark = pytest.mark.django_db
Send = Callable[..., None]


@pytest.fixture
def send(phones: Phones) -> Iterator[Send]:
    """Sends until a condition holds."""
    one = Sender()

    def run(condition: Callable[[], object]) -> None:
        def turned() -> object:
            one.turn()
            return condition()

        phones.wait(turned)

    yield run
    one.pool.close()


def test_a_push_is_sent_and_closed_once_the_page_is_over(
    send: Send, push_service: PushService, alice: User, bob: User, incident: Incident
):
    give(alice, push_service)
    paging.advance(clock.now())
    send(lambda: push_service.pushes)
    words = push_service.pushes[0].words
    assert words["title"] == "CRITICAL • Checkout API"
    incidents.acknowledge(incident, by=bob.as_actor("web"), now=clock.now())
    publish_incidents(clock.now())
    send(lambda: len(push_service.pushes) == 2)
    news = push_service.pushes[1].words
    assert (news["tag"], news["closes"], news["ack"]) == (words["tag"], True, "")
    assert news["title"] == "Acknowledged • Checkout API"
    incidents.resolve(incident, by=bob.as_actor("web"), now=clock.now())
    publish_incidents(clock.now())
    assert Delivery.objects.filter(channel="PUSH").count() == 2, "told once"


def test_whoever_ends_it_elsewhere_has_a_quiet_phone_too(
    send: Send, push_service: PushService, alice: User, incident: Incident
):
    give(alice, push_service)
    paging.advance(clock.now())
    send(lambda: push_service.pushes)
    incidents.acknowledge(incident, by=alice.as_actor("web"), now=clock.now())
    publish_incidents(clock.now())
    send(lambda: len(push_service.pushes) == 2)
    assert push_service.pushes[1].words["closes"]


def test_nobody_s_device_is_told_of_what_was_never_pushed_to_it(
    send: Send, push_service: PushService, alice: User, bob: User, incident: Incident
):
    give(bob, push_service)
    paging.advance(clock.now())  # the first step is alice alone
    incidents.acknowledge(incident, by=alice.as_actor("web"), now=clock.now())
    publish_incidents(clock.now())
    assert not Delivery.objects.filter(channel="PUSH").exists()


def test_a_device_that_is_gone_is_forgotten_and_the_page_goes_on_by_mail(
    send: Send, push_service: PushService, phones: Phones, alice: User, incident: Incident
):
    method, device = give(alice, push_service)
    device.gone = True
    paging.advance(clock.now())
    send(lambda: phones.mails_to(alice.email))
    send(lambda: Delivery.objects.filter(channel="PUSH", state="FAILED").exists())
    publish_due(clock.now())
    assert not ContactMethod.objects.filter(pk=method.pk).exists()
    notices = InAppNotification.objects.filter(user=alice)
    assert notices.filter(title__contains="gets no pages any more").count() == 1
