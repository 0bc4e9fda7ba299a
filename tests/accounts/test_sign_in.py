"""Signing in and out: uniform answers, a new session id, no way elsewhere."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts import commands
from accounts.models import User, UserStatus
from audit.models import AuditEvent
from core import clock
from core.actor import SYSTEM
from tests.cast import PASSWORD, browser_of, make_person

pytestmark = [pytest.mark.once, pytest.mark.django_db]
LOGIN = "/accounts/login/"


def sign_in(client: Client, email: str, password: str = PASSWORD, **more):
    return client.post(LOGIN, {"login": email, "password": password} | more)


def error_of(response) -> str:
    return str(response.context["form"].non_field_errors())


def test_the_right_password_opens_whatever_the_case_of_the_address(client: Client, alice: User):
    response = sign_in(client, " ALICE@example.com ")
    assert response["Location"] == "/"
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert AuditEvent.objects.get(action="user.signed_in").actor_id == alice.public_id


def test_the_session_id_changes_at_sign_in(client: Client, alice: User):
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client, alice.email)
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(pk=session.session_key).exists()


def test_wrong_unknown_disabled_and_invited_get_one_and_the_same_answer(client: Client, alice):
    make_person("dora", status=UserStatus.DISABLED)
    make_person("ivan", status=UserStatus.INVITED)
    answers = {
        error_of(sign_in(client, alice.email, "wrong")),
        error_of(sign_in(client, "nobody@example.com")),
        error_of(sign_in(client, "dora@example.com")),
        error_of(sign_in(client, "ivan@example.com")),
    }
    assert len(answers) == 1


def test_an_unknown_account_costs_a_password_hash_too(client: Client, alice: User, monkeypatch):
    hashed = []
    original = User.set_password
    monkeypatch.setattr(
        User, "set_password", lambda self, raw: (hashed.append(raw), original(self, raw))
    )
    sign_in(client, "nobody@example.com", "guess")
    assert hashed == ["guess"]


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "%2f%2fevil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "///evil.example",
    ],
)
def test_sign_in_never_leads_elsewhere(client: Client, alice: User, target: str):
    assert sign_in(client, alice.email, next=target)["Location"] == "/"


def test_sign_in_leads_back_to_where_one_wanted_to_go(client: Client, alice: User):
    asked = client.get("/teams/?q=a b")
    assert asked["Location"].startswith(LOGIN)
    target = client.get(asked["Location"]).context["redirect_field_value"]
    assert sign_in(client, alice.email, next=target)["Location"] == "/teams/?q=a%20b"


def test_signing_out_takes_a_post(as_alice: Client):
    assert as_alice.get("/accounts/logout/").status_code == 200
    assert as_alice.get("/profile/").status_code == 200
    as_alice.post("/accounts/logout/")
    assert as_alice.get("/profile/").status_code == 302


def test_nobody_signs_up(client: Client, alice: User):
    assert client.get("/accounts/signup/").status_code == 404


def test_a_cross_site_post_is_refused(alice: User):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, alice.email).status_code == 403


def test_a_disabled_person_is_a_stranger_at_the_next_request(as_bob: Client, bob: User, root: User):
    assert as_bob.get("/profile/").status_code == 200
    commands.disable(bob, by=root.as_actor("web"), now=clock.now())
    assert as_bob.get("/profile/").status_code == 302
    commands.enable(bob, by=root.as_actor("web"), now=clock.now())
    assert as_bob.get("/profile/").status_code == 302, "an old session must not wake up again"


def test_a_new_role_ends_the_sessions_of_the_old_one(as_bob: Client, bob: User):
    commands.set_role(bob, "ADMIN", by=SYSTEM, now=clock.now())
    assert as_bob.get("/profile/").status_code == 302


def test_sign_out_everywhere_else_keeps_this_browser(as_alice: Client, alice: User):
    elsewhere = browser_of(alice)
    as_alice.post("/profile/sessions/end/")
    assert as_alice.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


def test_changing_the_password_ends_the_other_sessions(as_alice: Client, alice: User):
    elsewhere = browser_of(alice)
    new = "another long password"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    response = as_alice.post("/accounts/password/change/", form)
    assert response["Location"] == reverse("account:profile")
    assert as_alice.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    assert AuditEvent.objects.filter(action="user.password_changed").exists()


def test_whoever_must_change_the_password_is_led_there(client: Client, alice: User):
    User.objects.update(must_change_password=True)
    assert sign_in(client, alice.email)["Location"] == "/accounts/password/change/"
