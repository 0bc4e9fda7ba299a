"""After an outage or a freeze: late pages to one address leave as one message."""

from datetime import timedelta

import pytest

from accounts.models import User
from notifications.domain.digest import digest_of
from notifications.domain.message import REQUEST, Action, Message
from notifications.models import Channel, Delivery, DeliveryAttempt, DeliveryEvent, DeliveryState
from notifications.sender import loop
from notifications.sender.loop import Sender
from tests.notifications.conftest import fates, hook, page
from tests.phones import Mode, Phones

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_guards(settings) -> None:
    """There are no incidents behind these pages."""
    settings.DELIVERY_GUARDS, settings.DELIVERY_RENEWALS = {}, {}


def pages(user: User, count: int, first: int = 1) -> None:
    for number in range(first, first + count):
        words = Message("page", str(number), f"#{number} Disk {number}", urgency="HIGH")
        page(user, subject=number, subject_kind="incident", message=words)


def all_done() -> bool:
    return not Delivery.objects.filter(state__in=["WAITING", "QUEUED", "SENDING"]).exists()


def test_a_frozen_sender_sends_one_message_for_all_that_is_late(
    phones: Phones, alice: User, send_until, pass_time
):
    pages(alice, 40)
    pass_time(40 * 60)
    pages(alice, 1, first=41)  # on time: it is a page of its own
    send_until(all_done)
    assert len(phones.mails) == 2, [mail.subject for mail in phones.mails]
    digest, page_of_now = sorted(phones.mails, key=lambda mail: "late" not in mail.subject)
    assert digest.subject == "[Digest] 40 late pages, 40 of high urgency"
    assert "#1, #2, #3" in digest.text
    assert "Disk 41" in page_of_now.subject
    assert fates(by="subject_id") == {str(n): DeliveryState.SENT for n in range(1, 42)}
    assert DeliveryEvent.objects.filter(outcome="sent").count() == 41
    late = DeliveryAttempt.objects.filter(detail__contains="one message with 40 late pages")
    assert late.count() == 40


def test_what_a_slow_computer_could_not_begin_in_time_still_leaves_together(
    phones: Phones, alice: User, sender: Sender, send_until, pass_time, monkeypatch
):
    pages(alice, 3)
    pass_time(40 * 60)
    with monkeypatch.context() as patch:
        patch.setattr(loop, "BEGIN_WITHIN", -1.0)
        send_until(lambda: sender.pool.running)
    send_until(all_done)
    assert [mail.subject[:20] for mail in phones.mails] == ["[Digest] 3 late page"]


def test_pages_that_nobody_wants_any_more_are_left_out(
    phones: Phones, alice: User, send_until, pass_time, settings
):
    settings.DELIVERY_GUARDS = {"incident": "tests.notifications.guards.refuse_odd"}
    pages(alice, 5)
    pass_time(40 * 60)
    send_until(all_done)
    assert len(phones.mails) == 1
    wanted = Delivery.objects.filter(state=DeliveryState.SENT)
    assert len(wanted) in {2, 3}
    assert f"{len(wanted)} late pages" in phones.mails[0].subject


def test_when_it_fails_each_page_fails_for_itself_and_is_tried_again(
    phones: Phones, alice: User, send_until, pass_time
):
    phones.mail.mode = Mode.TEMPORARY
    pages(alice, 3)
    pass_time(40 * 60)
    send_until(lambda: DeliveryAttempt.objects.count() == 3)
    assert set(fates(by="pk").values()) == {DeliveryState.QUEUED}
    phones.mail.mode = Mode.OK
    for number, row in enumerate(Delivery.objects.all()):  # each has its own next time
        later = row.next_attempt_at + timedelta(seconds=20 * number)
        Delivery.objects.filter(pk=row.pk).update(next_attempt_at=later)
    pass_time(10)
    send_until(all_done)
    assert len(phones.mails) == 1
    assert set(fates(by="pk").values()) == {DeliveryState.SENT}


def test_one_that_cannot_be_joined_does_not_hold_up_the_others(
    phones: Phones, alice: User, send_until, pass_time
):
    pages(alice, 3)
    Delivery.objects.filter(subject_id=2).update(message={"title": "?", "urgency": "of old"})
    pass_time(40 * 60)
    send_until(lambda: fates(by="subject_id")["1"] == fates(by="subject_id")["3"] == "SENT")
    assert len(phones.mails) >= 2


def test_programs_get_every_page_for_itself(phones: Phones, alice: User, send_until, pass_time):
    hook(alice, phones.hook.url())
    pages(alice, 3)
    pass_time(40 * 60)
    send_until(all_done)
    assert len(phones.calls) == 3
    assert len(phones.mails) == 1
    assert Delivery.objects.filter(channel=Channel.WEBHOOK, state=DeliveryState.SENT).count() == 3


def test_a_late_request_for_help_keeps_its_buttons(
    phones: Phones, alice: User, send_until, pass_time
):
    pages(alice, 3)
    answer = Action("Accept or decline", "https://pager.example.com/r/token/")
    words = Message(REQUEST, "9", "#9 Bob asks for help", urgency="HIGH", actions=(answer,))
    page(alice, subject=9, subject_kind="incident", message=words)
    pass_time(40 * 60)
    send_until(all_done)
    digest, asked = sorted(phones.mails, key=lambda mail: "late" not in mail.subject)
    assert "3 late pages" in digest.subject
    assert "https://pager.example.com/r/token/" in asked.text


def test_the_most_urgent_comes_first_and_every_number_is_named():
    words = [Message("page", str(n), f"#{n} Disk", urgency="LOW") for n in range(1, 6)]
    words.append(Message("page", "9", "#9 Down", urgency="HIGH"))
    words.append(Message("page", "B3", "7 incidents on Checkout", urgency="LOW", numbers="#20–#26"))
    digest = digest_of(words, url="https://pager.example/incidents/")
    assert digest.title == "7 late pages, 1 of high urgency"
    assert digest.urgency == "HIGH"
    assert digest.body == "#9 Down; #1 Disk; #2 Disk; and 4 more"
    assert digest.numbers == "#9, #1, #2, #3, #4, #5, #20–#26"
