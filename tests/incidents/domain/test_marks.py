"""A press on "Escalate now" means the step that was shown, and no other."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.domain.marks import FRESH, call_of, is_stale, mark, page_key

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("seen", "ago", "first", "stale"),
    [
        ("1.1.1", None, False, False),
        ("1.1.0", None, False, True),
        ("1.1.0", 2 * FRESH, True, True),
        ("", None, False, False),
        ("", SECOND, False, True),
        ("", SECOND, True, False),
        ("", FRESH, False, False),
        ("", -SECOND, False, True),  # it fired while the press waited for its turn
        ("", -FRESH, False, False),  # the clock was set back since
    ],
)
def test_a_press_is_stale_when_its_step_has_fired(seen, ago, first, stale) -> None:
    fired = None if ago is None else NOW - ago
    assert is_stale(seen, mark(1, 1, 1), fired, first, NOW) is stale


def test_only_pages_of_the_escalation_begin_with_its_run() -> None:
    assert page_key("step", 2, 1, 0, 7) == "2.1.0.step.7"
    assert page_key("responder", 2, 1, 0, 7) == "responder.7.2.1"
    assert [call_of(key) for key in ("2.1.0.step.7", "owner.7.2.1")] == ["", "owner"]
