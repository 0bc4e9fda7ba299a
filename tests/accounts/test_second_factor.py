"""Two-factor sign-in: set up, asked for, guessed at, lost; told to its owner each time."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from accounts import throttle
from accounts.models import User
from audit.models import AuditEvent
from core import clock
from tests.cast import PASSWORD

pytestmark = [pytest.mark.once, pytest.mark.django_db]
INDEX = "/accounts/2fa/"


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows, so many half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def confirm(browser: Client, url: str, password: str = PASSWORD):
    """Opens a page that wants to know whether it is still you."""
    asked = browser.get(url)
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    return browser.post(asked["Location"], {"password": password, "next": url}, follow=True)


@pytest.fixture
def secret(as_alice: Client, stopped_clock: None) -> str:
    """alice has set up an authenticator app; the code of the step before now was used for it."""
    page = confirm(as_alice, reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    answer = as_alice.post(reverse("mfa_activate_totp"), {"code": code_of(secret, -1)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    return secret


@pytest.fixture
def half_way(alice: User, secret: str) -> Client:
    """A browser in which alice's password was right."""
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert answer["Location"] == reverse("mfa_authenticate")
    return browser


def enter(browser: Client, code: str):
    return browser.post(reverse("mfa_authenticate"), {"code": code})


def is_in(browser: Client) -> bool:
    return browser.get("/profile/").status_code == 200


def codes_shown(browser: Client) -> list[str]:
    page = browser.get(reverse("mfa_view_recovery_codes")).content.decode()
    return re.findall(r"^(?:.*<code>)?(\d{8})$", page, re.MULTILINE)


PAGES = [
    "mfa_index",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_reauthenticate",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_authenticate",
]


@pytest.mark.parametrize("name", PAGES)
def test_strangers_are_sent_to_the_sign_in_page(client: Client, alice: User, name: str) -> None:
    for answer in (client.get(reverse(name)), client.post(reverse(name))):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", PAGES)
def test_no_post_without_the_token(alice: User, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(reverse(name)).status_code == 403


class TestSetUp:
    def test_takes_the_password_and_a_code_and_gives_recovery_codes(
        self, as_alice: Client, secret: str
    ) -> None:
        assert len(codes_shown(as_alice)) == 10
        assert ">Two-factor<" in as_alice.get(INDEX).content.decode()

    def test_without_the_password_it_does_not_begin(self, as_alice: Client) -> None:
        page = confirm(as_alice, reverse("mfa_activate_totp"), "guess")
        assert page.context["form"].errors["password"] == ["This is not your password."]
        assert as_alice.get(reverse("mfa_activate_totp")).status_code == 302

    def test_a_wrong_code_switches_nothing_on(self, as_alice: Client) -> None:
        confirm(as_alice, reverse("mfa_activate_totp"))
        page = as_alice.post(reverse("mfa_activate_totp"), {"code": "000000"})
        assert "This code is not right" in page.content.decode()
        assert not Authenticator.objects.exists()

    def test_secrets_are_ciphertext_in_the_database(self, secret: str) -> None:
        stored = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert secret not in stored
        assert stored.count("gAAAA") == 2

    def test_its_owner_is_told(
        self,
        as_alice: Client,
        run_jobs: Callable,
        mailoutbox: list[EmailMessage],
        django_capture_on_commit_callbacks: Callable,
    ) -> None:
        page = confirm(as_alice, reverse("mfa_activate_totp"))
        code = code_of(page.context["form"].secret)
        with django_capture_on_commit_callbacks(execute=True):
            as_alice.post(reverse("mfa_activate_totp"), {"code": code})
        run_jobs()
        assert [mail.subject for mail in mailoutbox] == ["Two-factor sign-in is on"]
        assert AuditEvent.objects.filter(action="user.second_factor_on").exists()


class TestSignIn:
    def test_the_password_alone_does_not_open(self, half_way: Client) -> None:
        assert not is_in(half_way)

    def test_with_the_code_it_does(self, half_way: Client, secret: str) -> None:
        assert enter(half_way, code_of(secret))["Location"] == "/"
        assert is_in(half_way)
        assert AuditEvent.objects.filter(action="user.signed_in").count() == 1

    def test_a_code_opens_once_even_for_another_process(
        self, half_way: Client, alice: User, secret: str
    ) -> None:
        code = code_of(secret)
        assert throttle.first_use(alice.pk, code, clock.now())  # elsewhere, a moment ago
        assert "used already" in enter(half_way, code).content.decode()
        assert not is_in(half_way)

    def test_a_used_code_stays_used_over_the_end_of_a_window(self, alice: User) -> None:
        end = clock.now().replace(minute=59, second=50)
        assert throttle.first_use(alice.pk, "123456", end)
        later = end.fromtimestamp(end.timestamp() + 20, end.tzinfo)
        assert not throttle.first_use(alice.pk, "123456", later)

    def test_a_recovery_code_opens_once(self, as_alice: Client, alice: User, half_way: Client):
        [code, *_] = codes_shown(as_alice)
        enter(half_way, code)
        assert is_in(half_way)
        again = Client()
        again.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
        enter(again, code)
        assert not is_in(again)

    def test_guesses_have_to_wait(self, half_way: Client, secret: str) -> None:
        for _ in range(throttle.FREE_GUESSES + 1):
            enter(half_way, "000000")
        assert "Too many attempts" in enter(half_way, code_of(secret)).content.decode()
        assert not is_in(half_way)

    def test_guesses_from_many_addresses_are_limited_too(self, alice: User) -> None:
        now = clock.now()
        waits = [
            throttle.begin_code(alice.pk, f"192.0.2.{n}", now)
            for n in range(throttle.CODES_PER_ACCOUNT + 1)
        ]
        assert [bool(wait) for wait in waits] == [False] * throttle.CODES_PER_ACCOUNT + [True]

    def test_giving_up_leads_back_to_the_start(self, half_way: Client) -> None:
        page = half_way.get(reverse("mfa_authenticate")).content.decode()
        assert 'form="give-up"' in page
        half_way.post("/accounts/logout/", {"next": "/accounts/login/"})
        assert half_way.get(reverse("mfa_authenticate"))["Location"] == "/accounts/login/"

    def test_a_new_password_keeps_the_second_factor(self, alice: User, secret: str) -> None:
        alice.set_password("a reset password")
        alice.save()
        browser = Client()
        answer = browser.post(
            "/accounts/login/", {"login": alice.email, "password": "a reset password"}
        )
        assert answer["Location"] == reverse("mfa_authenticate")


class TestSwitchOff:
    def test_is_one_step_and_told(
        self,
        as_alice: Client,
        secret: str,
        run_jobs: Callable,
        mailoutbox: list[EmailMessage],
    ) -> None:
        assert "Switch" in as_alice.get(reverse("mfa_deactivate_totp")).content.decode()
        as_alice.post(reverse("mfa_deactivate_totp"))
        assert not Authenticator.objects.exists()
        run_jobs()
        [mail] = mailoutbox
        assert (mail.to, mail.subject) == (["alice@example.com"], "Two-factor sign-in is off")
        assert AuditEvent.objects.filter(action="user.second_factor_off").exists()


class TestAdmins:
    def test_see_who_has_one(self, as_root: Client, as_bob: Client, alice: User, secret: str):
        for page in ("/people/", f"/people/{alice.public_id}/", "/admin/accounts/user/"):
            assert as_root.get(page).status_code == 200
        people = as_root.get("/people/").content.decode()
        assert people.count("Two-factor") == 1
        assert people.count("Password only") == 2  # bob and root
        assert "Two-factor" in as_root.get(f"/people/{alice.public_id}/").content.decode()
        assert "Two-factor" not in as_bob.get("/people/").content.decode()
        assert "Two-factor" not in as_bob.get(f"/people/{alice.public_id}/").content.decode()

    def test_remove_it_for_somebody_who_lost_the_phone(
        self,
        as_root: Client,
        alice: User,
        secret: str,
        run_jobs: Callable,
        mailoutbox: list[EmailMessage],
    ) -> None:
        as_root.post(f"/people/{alice.public_id}/second-factor/")
        assert not Authenticator.objects.exists()
        run_jobs()
        assert mailoutbox[-1].subject == "An administrator removed your second factor"
        event = AuditEvent.objects.get(action="user.second_factor_removed")
        assert (event.actor_label, event.target_label) == ("Root", "Alice")

    def test_not_their_own(self, as_root: Client, root: User) -> None:
        assert as_root.post(f"/people/{root.public_id}/second-factor/").status_code == 403

    def test_where_there_is_none_it_is_said(self, as_root: Client, bob: User) -> None:
        answer = as_root.post(f"/people/{bob.public_id}/second-factor/", follow=True)
        assert "Bob has no second factor" in answer.content.decode()


class TestPasswordMail:
    def test_whoever_changes_it_tells_the_owner(
        self, as_alice: Client, run_jobs: Callable, mailoutbox: list[EmailMessage]
    ) -> None:
        new = "another long password"
        form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        as_alice.post("/accounts/password/change/", form)
        run_jobs()
        [mail] = mailoutbox
        assert (mail.to, mail.subject) == (
            ["alice@example.com"],
            "Your OpsKnight password was changed",
        )
        assert "http://127.0.0.1:3000/accounts/password/reset/" in mail.body
        assert new not in mail.body

    def test_the_time_is_that_of_the_owner(
        self, as_alice: Client, alice: User, run_jobs: Callable, mailoutbox: list[EmailMessage]
    ) -> None:
        User.objects.update(time_zone="Asia/Kathmandu")
        new = "another long password"
        form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        as_alice.post("/accounts/password/change/", form)
        run_jobs()
        assert "(Asia/Kathmandu)" in mailoutbox[0].body
