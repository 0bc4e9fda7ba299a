"""A forgotten password: the same answer for everybody, a link that cannot be bent."""

import re
from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import commands, throttle
from accounts.models import User
from core import clock, config
from core.actor import SYSTEM
from tests.cast import PASSWORD, browser_of

pytestmark = [pytest.mark.once, pytest.mark.django_db]
RESET = "/accounts/password/reset/"
NEW = "quite another phrase"


@pytest.fixture
def link_for(client: Client, run_jobs: Callable, mailoutbox: list[EmailMessage]) -> Callable:
    """Asks for a reset and reads the path of the link from the mail."""

    def ask(email: str, **extra) -> str:
        client.post(RESET, {"email": email}, **extra)
        run_jobs()
        return re.search(r"http[^\s]+(/accounts/password/reset/key/\S+)", mailoutbox[-1].body)[1]

    return ask


def choose(client: Client, link: str, password: str = NEW):
    form = client.get(link, follow=True)
    if "action_url" not in form.context or form.context.get("token_fail"):
        return form
    return client.post(form.context["action_url"], {"password1": password, "password2": password})


def test_the_link_sets_a_new_password_once(client: Client, alice: User, link_for: Callable):
    link = link_for("Alice@example.com")
    assert choose(client, link).status_code == 302
    assert Client().login(email=alice.email, password=NEW)
    assert "used up" in choose(Client(), link, "a third password").content.decode()


def test_opening_the_link_changes_nothing(client: Client, alice: User, link_for: Callable):
    link = link_for(alice.email)
    Client().get(link, follow=True)
    assert choose(client, link).status_code == 302


def test_known_and_unknown_get_the_same_answer(client: Client, alice: User):
    answers = [client.post(RESET, {"email": f"{who}@example.com"}) for who in ("alice", "nobody")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, "/accounts/password/reset/done/")
    }


def test_known_and_unknown_cost_the_same_statements(
    client: Client, alice: User, run_jobs: Callable, mailoutbox: list
):
    client.get(RESET)
    costs = []
    for email in ("nobody@example.com", alice.email):
        with CaptureQueriesContext(connection) as queries:
            client.post(RESET, {"email": email})
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert run_jobs() == 2
    assert [mail.to for mail in mailoutbox] == [[alice.email]]


def test_the_host_header_does_not_reach_the_mail(
    client: Client, alice: User, run_jobs: Callable, mailoutbox: list[EmailMessage]
):
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    client.post(RESET, {"email": alice.email}, headers=headers)
    run_jobs()
    mail = mailoutbox[0]
    assert "evil.example" not in str(mail.message())
    assert "http://127.0.0.1:3000/accounts/password/reset/key/" in mail.body


def test_the_link_begins_with_the_configured_origin(
    client: Client, alice: User, run_jobs: Callable, mailoutbox: list[EmailMessage]
):
    config.put("public_url", "https://pager.example.com")
    refused = client.post(RESET, {"email": alice.email}, headers={"host": "evil.example"})
    assert refused.status_code == 400
    client.post(RESET, {"email": alice.email}, headers={"host": "pager.example.com"})
    run_jobs()
    assert "https://pager.example.com/accounts/password/reset/key/" in mailoutbox[0].body


def test_a_reset_ends_all_sessions(client: Client, alice: User, link_for: Callable):
    elsewhere = browser_of(alice)
    choose(client, link_for(alice.email))
    assert elsewhere.get("/profile/").status_code == 302


def test_the_link_of_a_disabled_person_is_dead(
    client: Client, alice: User, root: User, link_for: Callable
):
    link = link_for(alice.email)
    commands.disable(alice, by=root.as_actor("web"), now=clock.now())
    assert "used up" in choose(client, link).content.decode()
    commands.enable(alice, by=SYSTEM, now=clock.now())
    assert "used up" in choose(client, link).content.decode()


def test_the_link_dies_after_an_hour(client: Client, alice: User, link_for: Callable, data_dir):
    link = link_for(alice.email)
    (data_dir / "clock_offset").write_text("3700")
    assert "used up" in choose(client, link).content.decode()


def test_mails_to_one_address_are_limited_and_the_answer_stays_the_same(
    client: Client, alice: User, run_jobs: Callable, mailoutbox: list, stopped_clock: None
):
    answers = {client.post(RESET, {"email": alice.email})["Location"] for _ in range(6)}
    run_jobs()
    assert answers == {"/accounts/password/reset/done/"}
    assert len(mailoutbox) == throttle.RESETS_PER_ACCOUNT


def test_a_weak_password_is_refused(client: Client, alice: User, link_for: Callable):
    page = choose(client, link_for(alice.email), "password")
    assert page.status_code == 200
    assert Client().login(email=alice.email, password=PASSWORD)
