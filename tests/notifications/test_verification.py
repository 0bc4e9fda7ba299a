"""A code proves an address: right once, for ten minutes, five tries, at nobody else's cost."""

from datetime import timedelta

import pytest

from accounts.models import User
from audit.models import AuditEvent
from core import clock
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from notifications import commands, queries
from notifications.commands import readiness
from notifications.domain.message import Message
from notifications.domain.reach import Reach
from notifications.models import ContactMethod, Delivery, DeliveryEvent, VerificationCode
from tests.notifications.conftest import hook, page

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/alice"


@pytest.fixture
def way(alice: User) -> ContactMethod:
    return hook(alice, URL)


def ask(way: ContactMethod, later: float = 0) -> str:
    """Asks for a code; what would arrive."""
    now = clock.now() + timedelta(minutes=later)
    sent = commands.send_code(way, by=way.user.as_actor("web"), now=now)
    return Message.from_json(sent.message).title.split()[0]


def enter(way: ContactMethod, code: str, later: float = 0) -> bool:
    now = clock.now() + timedelta(minutes=later)
    try:
        commands.confirm(way, code, by=way.user.as_actor("web"), now=now)
    except ValidationFailed:
        return False
    way.refresh_from_db()
    return way.verified_at == way.proven_at == now


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_the_code_goes_to_exactly_this_way_before_every_page(way: ContactMethod, alice: User):
    page(alice)
    ask(way)
    sent = Delivery.objects.get(subject_kind="verify")
    assert (sent.address, sent.rank, sent.contact_method) == (URL, 0, way)


def test_the_right_code_verifies_once(way: ContactMethod):
    code = ask(way)
    assert enter(way, f" {code[:3]} {code[3:]} ")
    assert not enter(way, code)
    assert AuditEvent.objects.filter(action="contact_method.verified").count() == 1


def test_only_a_hash_is_kept_of_a_code_that_has_left(way: ContactMethod):
    code = ask(way)
    Delivery.objects.update(state="SENT")
    event = DeliveryEvent(delivery=Delivery.objects.get(), outcome="sent", at=clock.now())
    commands.forget_sent_codes([event], clock.now())
    everything = [*VerificationCode.objects.values(), *Delivery.objects.values()]
    everything += AuditEvent.objects.values()
    assert code not in str(everything)
    assert enter(way, code)


def test_five_wrong_ones_void_the_right_one(way: ContactMethod):
    code = ask(way)
    assert not any(enter(way, other_than(code)) for _ in range(5))
    assert not enter(way, code)


@pytest.mark.parametrize("minutes", [10, 60])
def test_a_code_is_over_after_ten_minutes(way: ContactMethod, minutes: float):
    assert not enter(way, ask(way), later=minutes)


def test_a_newer_code_takes_the_place_of_the_older(way: ContactMethod):
    old, new = ask(way), ask(way, later=0.1)
    assert [row.state for row in Delivery.objects.order_by("id")] == ["CANCELLED", "QUEUED"]
    assert old == new or not enter(way, old)
    assert enter(way, new)


def test_another_address_has_to_be_proven_anew(way: ContactMethod):
    assert enter(way, ask(way))
    code = ask(way)
    way = commands.change_method(way, address=URL + "/2", by=SYSTEM, now=clock.now())
    assert (way.verified_at, way.proven_at) == (None, None)
    assert not enter(way, code)
    same = commands.change_method(way, address=URL + "/2", label="x", by=SYSTEM, now=clock.now())
    assert enter(same, ask(same))
    assert commands.change_method(same, label="y", by=SYSTEM, now=clock.now()).verified_at


def test_nobody_is_bombed_or_billed_by_codes(alice: User, bob: User):
    mine, theirs = hook(alice, URL), hook(bob, URL)
    start = clock.now().replace(minute=1)
    for n in range(4):
        commands.send_code((mine, theirs)[n % 2], by=SYSTEM, now=start + timedelta(seconds=n))
    for way in (mine, theirs):
        with pytest.raises(Conflict, match="Too many codes"):
            commands.send_code(way, by=SYSTEM, now=start + timedelta(seconds=9))
    assert commands.send_code(mine, by=SYSTEM, now=start + timedelta(hours=1))


def test_an_unverified_way_is_used_for_pages_and_not_counted_upon(way: ContactMethod, alice: User):
    assert URL in [row.address for row in page(alice)]
    assert readiness.reach_of([alice.pk], clock.now())[alice.pk].reach is Reach.UNPROVEN
    enter(way, ask(way))
    assert readiness.reach_of([alice.pk], clock.now())[alice.pk].reach is Reach.PROVEN


def test_a_mailed_link_that_was_used_proves_the_mailbox_of_the_account(alice: User):
    commands.mailbox_proven(alice, clock.now())
    [mail] = queries.methods_of(alice)
    assert mail.verified_at is not None
    commands.follow_address(alice, alice.email)
    alice.email = "new@example.com"
    commands.follow_address(alice, "alice@example.com")
    mail.refresh_from_db()
    assert (mail.address, mail.verified_at) == ("new@example.com", None)
