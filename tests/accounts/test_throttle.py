"""Guessing gets slow; nobody is locked out."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts import throttle
from accounts.models import User
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 2, 3, 0, 1, tzinfo=UTC)
HERE, THERE = "192.0.2.1", "198.51.100.7"
LOGIN = "/accounts/login/"


def guess(times: int, at: datetime, ip: str = HERE) -> list[int]:
    return [throttle.begin("alice@example.com", ip, at) for _ in range(times)]


def test_five_guesses_are_free_and_the_sixth_makes_the_seventh_wait():
    assert guess(6, T0) == [0, 0, 0, 0, 0, 0]
    assert guess(1, T0) == [2]


def test_the_wait_doubles_up_to_five_minutes():
    guess(5, T0)
    now, waits = T0, []
    for _ in range(10):
        assert guess(1, now) == [0]
        wait = throttle.begin("alice@example.com", HERE, now)
        waits.append(wait)
        now += timedelta(seconds=wait)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_another_address_is_not_held_up():
    guess(20, T0)
    assert throttle.begin("alice@example.com", THERE, T0) == 0


def test_another_account_is_not_held_up():
    guess(20, T0)
    assert throttle.begin("bob@example.com", HERE, T0) == 0


def test_neighbours_in_one_ipv6_network_count_as_one_address():
    guess(6, T0, "2001:db8:1:2::1")
    assert guess(1, T0, "2001:db8:1:2:ffff::9") == [2]
    assert guess(1, T0, "2001:db8:1:3::1") == [0]


def test_the_right_password_forgives_what_came_before():
    guess(6, T0)
    throttle.succeeded("alice@example.com", HERE)
    assert guess(5, T0) == [0, 0, 0, 0, 0]


def test_an_address_that_fails_for_many_accounts_is_held_back_as_a_whole():
    for _ in range(throttle.ADDRESS_FAILURES):
        throttle.failed(HERE, T0)
    assert throttle.begin("anybody@example.com", HERE, T0) > 0
    assert throttle.begin("anybody@example.com", THERE, T0) == 0
    later = T0 + timedelta(seconds=throttle.ADDRESS_SECONDS)
    assert throttle.begin("anybody@example.com", HERE, later) == 0


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_at_the_same_moment_do_not_slip_through(at_once: Callable):
    answers = at_once(16, throttle.begin, "alice@example.com", HERE, T0)
    assert all(isinstance(answer, int) for answer in answers)
    assert 5 <= answers.count(0) <= 6


def sign_in(client: Client, password: str, email: str = "alice@example.com", ip: str = HERE):
    return client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=ip)


def test_a_stranger_who_hammers_the_account_delays_only_himself(
    client: Client, alice: User, stopped_clock: None
):
    for _ in range(7):
        blocked = sign_in(client, "wrong")
    assert "Too many attempts" in blocked.content.decode()
    assert "Too many attempts" in sign_in(client, PASSWORD).content.decode()
    assert sign_in(client, PASSWORD, ip=THERE).status_code == 302


def test_the_throttle_does_not_tell_who_exists(client: Client, alice: User, stopped_clock: None):
    texts = set()
    for email in ("alice@example.com", "nobody@example.com"):
        for _ in range(7):
            blocked = sign_in(client, "wrong", email)
        texts.add(re.sub(r"\d+ s", "", str(blocked.context["form"].non_field_errors())))
    assert len(texts) == 1


def test_the_address_behind_a_proxy_cannot_be_made_up(
    client: Client, alice: User, stopped_clock: None
):
    for n in range(7):
        blocked = client.post(
            LOGIN,
            {"login": "alice@example.com", "password": "wrong"},
            headers={"x-forwarded-for": f"203.0.113.{n}"},
        )
    assert "Too many attempts" in blocked.content.decode()
