"""When one person may be told again of one cause: the arithmetic of the storm shield."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain import bundle, shield
from incidents.domain.bundle import Item
from incidents.domain.shield import LONGEST, QUIET, Limits

T0 = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
S = timedelta(seconds=1)
M = timedelta(minutes=1)
USUAL = Limits(3, 10 * M)


@pytest.mark.parametrize(
    ("before", "urgent", "free"),
    [
        ([], True, True),
        ([1 * M], True, True),
        ([1 * M, 2 * M], True, False),  # the third one gathers
        ([], False, True),
        ([1 * M], False, False),  # one place is kept for what is urgent
        ([10 * M, 11 * M], False, True),  # the window is over
        ([-1 * M], False, True),  # another clock wrote it
    ],
)
def test_the_last_place_is_for_a_bundle_and_one_more_for_what_is_urgent(before, urgent, free):
    recent = [T0 - ago for ago in before]
    assert shield.at_once(recent, T0, USUAL, urgent=urgent) is free


def test_without_a_limit_everything_leaves_at_once():
    recent = [T0] * 9
    off = Limits(0, 10 * M)
    assert shield.at_once(recent, T0, off, urgent=False)
    assert shield.leaves_at(T0 - LONGEST, recent, T0, off, urgent=False) == T0


@pytest.mark.parametrize(
    ("recent", "opened", "leaves"),
    [
        ([2 * S, 1 * S], 0 * S, QUIET),  # nothing new for a while
        ([80 * S, 70 * S], 70 * S, LONGEST - 70 * S),  # it never stops
        ([80 * S, 70 * S, 1 * S], 60 * S, 10 * M - 80 * S),  # the window is full
    ],
)
def test_a_bundle_leaves_when_it_is_quiet_or_late_and_the_window_allows_it(recent, opened, leaves):
    instants = [T0 - ago for ago in recent]
    found = shield.leaves_at(T0 - opened, instants, T0, USUAL, urgent=True)
    assert found == T0 + leaves


@given(
    waits=st.lists(st.integers(0, 200), min_size=1, max_size=80),
    urgencies=st.lists(st.booleans(), min_size=80, max_size=80),
    pages=st.integers(1, 6),
)
def test_no_window_ever_holds_more_messages_than_allowed_and_nothing_waits_longer(
    waits, urgencies, pages
):
    limits, now = Limits(pages, 10 * M), T0
    sent: list[datetime] = []
    opened: datetime | None = None
    leaves, urgent_inside = T0, False
    for wait, urgent in zip(waits, urgencies, strict=False):
        now += wait * S
        if opened is not None and leaves <= now:
            sent.insert(0, leaves)
            opened, urgent_inside = None, False
        if opened is None and shield.at_once(sent, now, limits, urgent=urgent):
            sent.insert(0, now)
            continue
        opened = opened or now
        urgent_inside = urgent_inside or urgent
        leaves = shield.leaves_at(opened, sent, now, limits, urgent=urgent_inside)
        assert now <= leaves <= max(opened + LONGEST, now + limits.window)
    for at in sent:
        assert len([other for other in sent if at - limits.window < other <= at]) <= pages


def test_instants_survive_being_written_and_new_ones_may_be_put_in_front():
    older, newer = [T0, T0 - M], [T0 + M]
    text = shield.written(newer) + shield.written(older)
    assert shield.read(text) == [*newer, *older]
    assert shield.read(text[: 2 * shield.DIGITS]) == [T0 + M, T0]


ITEMS = [Item(n, f"Host {n}", "HIGH" if n == 9 else "LOW") for n in range(5, 50)]


def test_the_most_urgent_is_named_first_and_the_rest_is_counted():
    items = bundle.ordered(ITEMS)
    assert bundle.in_short(items) == "#9 Host 9; #5 Host 5; #6 Host 6; and 42 more"
    assert bundle.lines(items)[-1] == ("…", "and 15 more")
    assert bundle.highest(item.urgency for item in items) == "HIGH"


@given(st.sets(st.integers(1, 300)))
def test_every_number_is_in_the_ranges(numbers):
    named = set()
    for part in filter(None, bundle.ranges(numbers).split(", ")):
        first, _, last = part.replace("#", "").partition("–")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == numbers
