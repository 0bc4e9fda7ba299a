"""Words for times."""

from datetime import UTC, datetime, timedelta

import pytest

from core import timetext

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3900, "1 h 05 min"),
        (86400, "1 d"),
        (90000, "1 d 1 h"),
        (-300, "5 min"),
        (timedelta(hours=2), "2 h"),
    ],
)
def test_a_span_is_told_in_at_most_two_units(seconds: float, text: str):
    assert timetext.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-44, "just now"),
        (44, "in a moment"),
        (-45, "1 min ago"),
        (-119, "1 min ago"),
        (-3599, "59 min ago"),
        (-1800, "30 min ago"),
        (3600, "in 1 h"),
        (-86400, "1 d ago"),
        (30 * 86400, "in 30 d"),
    ],
)
def test_a_distance_is_told_in_one_unit(seconds: int, text: str):
    assert timetext.relative(NOON + timedelta(seconds=seconds), NOON) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "due"), (0, "due"), (0.4, "due"), (9, "0:09"), (299, "4:59"), (3600, "1 h")],
)
def test_a_countdown_ends_with_due(seconds: float, text: str):
    assert timetext.countdown(NOON + timedelta(seconds=seconds), NOON) == text
