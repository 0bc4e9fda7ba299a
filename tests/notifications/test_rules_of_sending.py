"""Retry, failover and bulkheads as pure rules."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain import slots
from notifications.domain.chain import PATIENCE, Link, released_by_failure
from notifications.domain.retry import (
    ATTEMPT_SECONDS,
    BACKOFF_SECONDS,
    LEASE,
    LONGEST_WAIT,
    MAX_ATTEMPTS,
    next_attempt,
)
from notifications.domain.words import State

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(minutes=10)


def wait(attempts: int, jitter: float = 0.5, **more: object) -> float | None:
    at = next_attempt(attempts, **({"permanent": False} | more), now=NOW, jitter=jitter)
    return (at - NOW).total_seconds() if at else None


def test_waits_grow_and_end_after_five_attempts() -> None:
    assert [wait(n) for n in range(1, MAX_ATTEMPTS + 1)] == [3, 10, 30, 120, None]


def test_jitter_spreads_by_a_quarter_each_way() -> None:
    assert wait(2, jitter=0) == 7.5
    assert wait(2, jitter=0.999999) == pytest.approx(12.5, abs=0.001)


def test_a_permanent_failure_is_never_repeated() -> None:
    assert wait(1, permanent=True) is None


def test_the_provider_may_ask_for_more_time_but_not_for_ever() -> None:
    assert wait(1, retry_after=60) == 60
    assert wait(1, retry_after=1) == 3
    assert wait(1, retry_after=86400) == LONGEST_WAIT.total_seconds()
    assert wait(1, retry_after=-5) == 3


def test_one_attempt_fits_into_the_lease() -> None:
    assert LEASE.total_seconds() > ATTEMPT_SECONDS
    assert len(BACKOFF_SECONDS) == MAX_ATTEMPTS - 1


def link(id: int, state: str, attempts: int = 0, due: datetime = NOW) -> Link:
    return Link(id, id, state, attempts, due)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([link(1, "QUEUED", 1, SOON), link(2, "WAITING"), link(3, "WAITING")], 2),
        ([link(1, "FAILED", 1), link(2, "FAILED", 1), link(3, "WAITING")], 3),
        # a first try elsewhere still has its chance
        ([link(1, "FAILED", 1), link(2, "SENDING", 1), link(3, "WAITING")], None),
        ([link(1, "FAILED", 1), link(2, "QUEUED", 0), link(3, "WAITING")], None),
        # a second try elsewhere, or one that nobody gets to, holds up nobody
        ([link(1, "FAILED", 1), link(2, "SENDING", 2), link(3, "WAITING")], 3),
        ([link(1, "FAILED", 1), link(2, "QUEUED", 0, NOW - PATIENCE), link(3, "WAITING")], 3),
        # reached already
        ([link(1, "FAILED", 1), link(2, "SENT", 1), link(3, "WAITING")], None),
        # a personal rule planned for later is brought forward
        ([link(1, "FAILED", 1), link(2, "QUEUED", 0, LATER)], 2),
        ([link(1, "FAILED", 1), link(2, "QUEUED", 1, LATER)], None),
        ([link(1, "FAILED", 1), link(2, "CANCELLED")], None),
        ([link(1, "FAILED", 5)], None),
    ],
)
def test_a_failure_releases_the_next_untried_channel(
    links: list[Link], expected: int | None
) -> None:
    assert released_by_failure(1, links, NOW) == expected


def test_the_mail_server_and_each_host_have_caps() -> None:
    assert slots.room("smtp", {}) == 8
    assert slots.room("smtp", {"smtp": 8}) == 0
    assert slots.room("hooks.example.com", {"smtp": 8}) == 4


def test_hanging_hosts_leave_room_for_one_that_works() -> None:
    """However they queue up: here nine hosts take turns until none gets a slot any more."""
    candidates = [(n, f"host{n % 9}") for n in range(200)]
    taken = len(slots.fitting(candidates, {}))
    assert taken < slots.POOL
    under_way = {f"host{n}": 0 for n in range(9)}
    for chosen in slots.fitting(candidates, {}):
        under_way[f"host{chosen % 9}"] += 1
    assert slots.room("smtp", under_way) >= 1


def test_what_fits_is_taken_in_order_of_importance() -> None:
    candidates = [(n, "smtp") for n in range(1, 20)] + [(99, "hooks.example.com")]
    assert slots.fitting(candidates, {"smtp": 6}) == [1, 2, 99]
    assert slots.full({"smtp": 8, "hooks.example.com": 1}) == ["smtp"]


def test_a_repetition_by_the_way_that_failed_is_not_brought_forward() -> None:
    later = NOW + timedelta(minutes=5)
    failed = Link(1, 0, State.FAILED, 1, NOW, method=7)
    again, other = Link(2, 1, State.QUEUED, 0, later, 7), Link(3, 2, State.QUEUED, 0, later, 8)
    assert released_by_failure(1, [failed, again], NOW) is None
    assert released_by_failure(1, [failed, again, other], NOW) == 3
