"""A new e-mail address: the password asks, the new mailbox proves, the old one is told."""

import re
from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts import commands, throttle
from accounts.models import User
from audit.models import AuditEvent
from core import clock
from core.actor import SYSTEM
from notifications.commands import add_method, ensure_default_method
from notifications.models import ContactMethod
from tests.cast import PASSWORD, browser_of, make_person

pytestmark = [pytest.mark.once, pytest.mark.django_db]
ASK = "/profile/address/"
NEW = "alice@new.example.com"


def ask(browser: Client, email: str = NEW, password: str = PASSWORD):
    return browser.post(ASK, {"email": email, "password": password})


@pytest.fixture
def link(as_alice: Client, run_jobs: Callable, mailoutbox: list[EmailMessage]) -> str:
    """The path of the link that alice's request has mailed."""
    ask(as_alice, " Alice@NEW.example.com ")
    run_jobs()
    [mail] = mailoutbox
    assert mail.to == [NEW]
    mailoutbox.clear()
    return re.search(r"http[^\s]+(/new-address/\S+/)", mail.body)[1]


def test_nothing_changes_before_the_link_is_used(client: Client, alice: User, link: str) -> None:
    assert NEW in client.get(link).content.decode()  # a mail scanner does as much
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_the_link_changes_it_and_the_old_address_is_told(
    client: Client, alice: User, link: str, run_jobs: Callable, mailoutbox: list[EmailMessage]
) -> None:
    assert client.post(link)["Location"] == "/accounts/login/"
    alice.refresh_from_db()
    assert alice.email == NEW
    run_jobs()
    [notice] = mailoutbox
    assert notice.to == ["alice@example.com"]
    assert NEW in notice.body and "tell an administrator" in notice.body
    assert "password/reset" not in notice.body  # that link would go to whoever has the new one
    event = AuditEvent.objects.get(action="user.address_changed")
    assert event.changes["email"] == ["alice@example.com", NEW]


def test_pages_follow(client: Client, alice: User, link: str) -> None:
    ensure_default_method(alice)
    client.post(link)
    assert [row.address for row in ContactMethod.objects.filter(user=alice)] == [NEW]


def test_pages_that_went_elsewhere_stay_there(client: Client, alice: User, link: str) -> None:
    now = clock.now()
    add_method(alice, channel="EMAIL", address="phone@example.org", by=SYSTEM, now=now)
    client.post(link)
    addresses = ContactMethod.objects.filter(user=alice).values_list("address", flat=True)
    assert sorted(addresses) == [NEW, "phone@example.org"]


def test_who_is_paged_at_both_stays_so(client: Client, alice: User, link: str) -> None:
    add_method(alice, channel="EMAIL", address=NEW, by=SYSTEM, now=clock.now())
    client.post(link)
    addresses = ContactMethod.objects.filter(user=alice).values_list("address", flat=True)
    assert sorted(addresses) == ["alice@example.com", NEW]


def test_this_browser_stays_signed_in_and_the_others_do_not(
    as_alice: Client, alice: User, link: str
) -> None:
    elsewhere = browser_of(alice)
    assert as_alice.post(link)["Location"] == "/profile/"
    assert as_alice.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


def test_it_signs_in_and_the_old_one_does_not(client: Client, alice: User, link: str) -> None:
    Client().post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    client.post(link)
    for email, status in ((NEW, 302), ("alice@example.com", 200)):
        answer = Client().post("/accounts/login/", {"login": email, "password": PASSWORD})
        assert answer.status_code == status


class TestDeadLinks:
    def is_dead(self, link: str) -> bool:
        answers = [Client().get(link), Client().post(link)]
        return [answer.status_code for answer in answers] == [404, 404]

    def test_it_works_once(self, client: Client, link: str) -> None:
        client.post(link)
        assert self.is_dead(link)

    def test_an_hour(self, link: str, data_dir) -> None:
        (data_dir / clock.OFFSET_FILE).write_text("3700")
        assert self.is_dead(link)

    def test_with_a_new_password(self, alice: User, link: str) -> None:
        commands.set_password(alice, "another long phrase", by=SYSTEM, now=clock.now())
        assert self.is_dead(link)

    def test_when_all_sessions_were_ended(self, alice: User, link: str) -> None:
        commands.end_sessions(alice, by=SYSTEM, now=clock.now())
        assert self.is_dead(link)

    def test_of_somebody_disabled(self, alice: User, root: User, link: str) -> None:
        commands.disable(alice, by=root.as_actor("web"), now=clock.now())
        assert self.is_dead(link)

    def test_bent(self, link: str) -> None:
        assert self.is_dead(link[:-4] + "abc/")

    def test_to_an_address_that_was_taken_since(self, client: Client, link: str) -> None:
        late = make_person("late")
        late.email = NEW
        late.save()
        answer = client.post(link)
        assert answer.status_code == 404
        assert "Somebody else has this address by now." in answer.content.decode()


class TestRefusals:
    def refused(self, answer, field: str | None, words: str) -> bool:
        errors = answer.context["form"].errors.get(field or "__all__", [])
        return answer.status_code == 422 and words in " ".join(errors)

    def test_without_the_password(self, as_alice: Client, run_jobs: Callable) -> None:
        assert self.refused(ask(as_alice, password="guess"), "password", "not your password")
        assert run_jobs() == 0

    def test_guesses_of_the_password_are_slowed_down(
        self, as_alice: Client, stopped_clock: None
    ) -> None:
        for _ in range(throttle.FREE_GUESSES + 1):
            ask(as_alice, password="guess")
        assert self.refused(ask(as_alice), "password", "Too many attempts")

    def test_ones_own_address(self, as_alice: Client) -> None:
        assert self.refused(ask(as_alice, "ALICE@example.com"), "email", "your address already")

    def test_that_of_somebody_else(self, as_alice: Client, bob: User) -> None:
        assert self.refused(ask(as_alice, bob.email), "email", "Somebody else has")

    def test_what_is_no_address(self, as_alice: Client) -> None:
        assert self.refused(ask(as_alice, "alice"), "email", "valid")

    def test_more_mails_than_few(
        self, as_alice: Client, run_jobs: Callable, stopped_clock: None
    ) -> None:
        for number in range(throttle.NEW_ADDRESSES):
            ask(as_alice, f"alice{number}@example.com")
        assert self.refused(ask(as_alice), None, "Try again in an hour")
        assert run_jobs() == throttle.NEW_ADDRESSES
