"""Contact methods and rules: what may be saved, and that somebody stays reachable."""

from datetime import timedelta

import pytest

from accounts.models import User
from audit.models import AuditEvent
from core import clock
from core.actor import SYSTEM
from core.errors import Conflict, ValidationFailed
from notifications import commands, queries
from notifications.models import Channel, ContactMethod
from tests.notifications.conftest import hook, message, page

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/alice"


def ways(user: User) -> list[tuple[str, bool]]:
    return [(method.address, method.enabled) for method in queries.methods_of(user)]


def test_a_webhook_comes_after_the_account_e_mail(alice: User) -> None:
    hook(alice, URL)
    assert ways(alice) == [("alice@example.com", True), (URL, True)]


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        (Channel.EMAIL, "no address"),
        (Channel.EMAIL, "a@b.example\nBcc: c@d.example"),
        (Channel.WEBHOOK, "http://169.254.169.254/latest"),
        (Channel.WEBHOOK, "ftp://hooks.example.com/"),
        (Channel.WEBHOOK, "https://hooks.example.com/" + "a" * 500),
        (Channel.IN_APP, "alice"),
    ],
)
def test_an_address_that_cannot_work_is_refused(alice: User, channel: str, address: str) -> None:
    with pytest.raises(ValidationFailed):
        hook(alice, address, channel=channel)


def test_the_same_way_twice_is_refused(alice: User) -> None:
    with pytest.raises(Conflict):
        hook(alice, "alice@example.com", channel=Channel.EMAIL)


def test_there_is_a_limit(alice: User) -> None:
    for number in range(9):
        hook(alice, f"{URL}/{number}")
    with pytest.raises(ValidationFailed):
        hook(alice, URL)


def test_the_only_way_can_neither_be_removed_nor_switched_off(alice: User) -> None:
    [mail] = commands.ensure_default_method(alice)
    with pytest.raises(Conflict):
        commands.remove_method(mail, by=SYSTEM, now=clock.now())
    with pytest.raises(Conflict):
        commands.set_enabled(mail, False, by=SYSTEM, now=clock.now())


def test_a_removed_account_e_mail_stays_off_and_does_not_come_back(alice: User) -> None:
    hook(alice, URL)
    mail = ContactMethod.objects.get(channel=Channel.EMAIL)
    commands.remove_method(mail, by=SYSTEM, now=clock.now())
    assert ways(alice) == [("alice@example.com", False), (URL, True)]
    assert [row.address for row in page(alice)] == [URL]
    commands.set_enabled(mail, True, by=SYSTEM, now=clock.now())
    assert len(page(alice, page_key="2")) == 2


def test_a_webhook_is_removed_for_good_and_its_history_stays(alice: User) -> None:
    web = hook(alice, URL)
    page(alice)
    commands.remove_method(web, by=SYSTEM, now=clock.now())
    assert ways(alice) == [("alice@example.com", True)]
    assert alice.deliveries.get(channel=Channel.WEBHOOK).address == URL


def test_changes_are_audited_without_the_secret(alice: User) -> None:
    web = hook(alice, URL, secret="s3cret-s3cret-s3cret")
    commands.remove_method(web, by=alice.as_actor("web"), now=clock.now())
    events = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert events == ["contact_method.added", "contact_method.removed"]
    assert "s3cret" not in str(list(AuditEvent.objects.values()))


def test_rules_take_only_ones_own_methods_once(alice: User, bob: User) -> None:
    [mine] = commands.ensure_default_method(alice)
    [theirs] = commands.ensure_default_method(bob)
    wrong = [[(theirs, 0)], [(mine, 5), (mine, 5)], [(mine, -1)], [(mine, 1441)]]
    wrong += [[(mine, 0, 5, 11)], [(mine, 0, 0, 3)], [(mine, 0, 5, 0)], [(mine, 0, 61, 1)]]
    wrong += [[(mine, minute, 5, 10) for minute in range(4)], [(mine, n) for n in range(21)]]
    for rules in wrong:
        with pytest.raises(ValidationFailed):
            commands.set_rules(alice, "HIGH", rules, by=SYSTEM, now=clock.now())


def test_rules_are_replaced_and_cleared(alice: User) -> None:
    [mail] = commands.ensure_default_method(alice)
    commands.set_rules(alice, "HIGH", [(mail, 3)], by=SYSTEM, now=clock.now())
    commands.set_rules(alice, "HIGH", [(mail, 4)], by=SYSTEM, now=clock.now())
    assert [rule.delay_minutes for rule in queries.rules_of(alice)["HIGH"]] == [4]
    commands.set_rules(alice, "HIGH", [], by=SYSTEM, now=clock.now())
    assert not any(queries.rules_of(alice).values())


@pytest.mark.usefixtures("mail_leaves")
def test_a_test_cannot_be_used_to_bomb_somebody(alice: User) -> None:
    [mail] = commands.ensure_default_method(alice)
    start = clock.now().replace(minute=1)
    for n in range(10):
        commands.send_test(mail, by=alice.as_actor("web"), now=start + timedelta(seconds=n))
    with pytest.raises(Conflict, match="Too many tests"):
        commands.send_test(mail, by=alice.as_actor("web"), now=start + timedelta(seconds=10))


def test_notices_are_written_once_and_marked_read(alice: User, bob: User) -> None:
    for _ in range(2):
        commands.notify([alice, bob], key="k", title="Moved", now=clock.now())
    page(alice, message=message("Checkout is down"))
    assert queries.unread_count(alice) == 2
    first = queries.notices_of(alice)[0]
    assert commands.mark_read(bob, [first.pk], now=clock.now()) == 0
    assert commands.mark_read(alice, [first.pk], now=clock.now()) == 1
    assert commands.mark_read(alice, now=clock.now()) == 1
    assert queries.unread_count(bob) == 1


def test_the_order_is_changed_one_place_at_a_time(alice: User) -> None:
    web = hook(alice, URL)
    for up, first in ((True, URL), (True, URL), (False, "alice@example.com")):
        commands.move_method(web, up=up, by=SYSTEM, now=clock.now())
        assert ways(alice)[0][0] == first
