"""What a vendor's headers and addresses may say, however odd: no sender stumbles over it."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import links
from notifications.domain import health, retry
from notifications.domain.health import Health
from notifications.providers.calls import wait_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("said", ["9" * 20, "9" * 400, "1e999", "-5", "", "soon"])
def test_a_wait_that_means_nothing_ends_within_bounds(said):
    wait = wait_of(said)
    again = retry.next_attempt(1, permanent=False, now=NOW, jitter=0.5, retry_after=wait)
    assert again is not None
    assert NOW < again <= NOW + retry.LONGEST_WAIT
    rested = health.after_failure(Health(), NOW, retry_after=wait)
    assert rested.open_until is None or rested.open_until <= NOW + health.LONGEST_REST


def test_infinity_is_a_long_wait():
    assert retry.asked_wait(float("inf"), timedelta(minutes=5)) == timedelta(minutes=5)


def test_a_date_without_a_zone_is_utc():
    until, since = "Sun, 01 Mar 2026 12:01:00 -0000", "Sun, 01 Mar 2026 12:00:00 GMT"
    assert wait_of(until, since) == 60.0


def test_an_address_with_a_number_without_end_is_nobodys():
    assert links.delivery_of_reply(f"reply+{'9' * 5000}.x@in.example.com") is None
